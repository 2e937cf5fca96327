"""What is resampled or swapped: subjects, or clips whose subject is unknown, never frames.

Clips of one subject resemble each other, and the frames of a clip are as good as copies, so
neither tells as much of other people as its number suggests.

Shape legend: S seeds, M predictions (clip by split), G units, B resamples, C classes.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ['Units', 'group_units', 'resample_units', 'unit_confusions']

_BATCH = 1000  # resamples at a time, so that memory stays small for many units


@dataclass(frozen=True)
class Units:
    """What is resampled: the unit of each prediction.

    Attributes:
        index: (M,) int64, 0..G-1.
        count: G.
        name: 'subjects', 'clips' (no subject is known), or 'subjects and clips'.
    """

    index: NDArray[np.int64]
    count: int
    name: str


def group_units(subjects: Sequence[str | None], clips: Sequence[str]) -> Units:
    """The subject of each prediction, or its clip where the subject is unknown.

    Args:
        subjects: M subjects, None where unknown.
        clips: M clips; a clip that occurs in several splits is one unit.
    """
    keys = [('clip', clip) if subject is None else ('subject', subject)
            for subject, clip in zip(subjects, clips, strict=True)]
    names = {key: number for number, key in enumerate(sorted(set(keys)))}
    kinds = sorted({f'{kind}s' for kind, _ in names}, reverse=True)
    return Units(np.array([names[key] for key in keys], np.int64), len(names),
                 ' and '.join(kinds))


def unit_confusions(labels: ArrayLike, predicted: ArrayLike, units: Units, num_classes: int,
                    missed: bool = False) -> NDArray[np.int64]:
    """Confusion matrix of each unit in each seed.

    Args:
        labels: (M,) true classes.
        predicted: (S, M) predicted classes; with ``missed``, C where there is no answer.
        units: Unit of each prediction.
        num_classes: C.
        missed: Whether to count clips without an answer, in a further column.

    Returns:
        (S, G, C, C) counts, (S, G, C, C + 1) with ``missed``.
    """
    given = np.asarray(predicted, np.int64)
    columns = num_classes + missed
    seeds, size = len(given), units.count * num_classes * columns
    cells = (units.index * num_classes + np.asarray(labels)) * columns + given
    cells += np.arange(seeds)[:, None] * size
    counts = np.bincount(cells.ravel(), minlength=seeds * size)
    return counts.reshape(seeds, units.count, num_classes, columns)


def resample_units(num_units: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yields (B', G) how often each unit was drawn, G draws with replacement per row."""
    rng = np.random.default_rng(seed)
    for first in range(0, resamples, _BATCH):
        size = min(_BATCH, resamples - first)
        draws = rng.integers(num_units, size=(size, num_units))
        draws += np.arange(size)[:, None] * num_units
        counts = np.bincount(draws.ravel(), minlength=size * num_units)
        yield counts.reshape(size, num_units).astype(np.float64)
