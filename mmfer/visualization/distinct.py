"""Sampled frames as a figure shows them: each frame once, in the order of time.

Clips may overlap and short videos repeat frames, so one frame can be sampled several times,
and not in ascending order. Shape legend: T sampled frames, U distinct ones.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class DistinctFrames:
    """The distinct frames among the sampled ones.

    Attributes:
        numbers: (U,) their numbers, ascending.
        counts: (U,) how often each was sampled.
        inverse: (T,) position in ``numbers`` of each sampled frame.
    """

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]
    inverse: NDArray[np.int64]

    @classmethod
    def of(cls, frame_numbers: ArrayLike) -> DistinctFrames:
        """Of the (T,) numbers of the sampled frames."""
        numbers, inverse, counts = np.unique(np.asarray(frame_numbers, np.int64),
                                             return_inverse=True, return_counts=True)
        return cls(numbers, counts, inverse)

    @property
    def uniform(self) -> NDArray[np.float64]:
        """(U,) share of each frame if all sampled entries weighed the same."""
        return self.counts / self.counts.sum()

    def total(self, values: ArrayLike) -> NDArray[np.float64]:
        """Sums the values (T, ...) of equal frames: what weights do. (U, ...)."""
        entries = np.asarray(values, np.float64)
        sums = np.zeros((len(self.numbers), *entries.shape[1:]))
        np.add.at(sums, self.inverse, entries)
        return sums

    def mean(self, values: ArrayLike) -> NDArray[np.float64]:
        """Averages the values (T, ...) of equal frames: what answers and maps do. (U, ...)."""
        sums = self.total(values)
        return sums / self.counts.reshape(-1, *[1] * (sums.ndim - 1))
