"""Do slices of a test set differ? A permutation test of the largest gap between their scores.

Shape legend: S seeds, M predictions, G units, K slices, C classes, B permutations.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.evaluation.statistics import RESAMPLES, Units

__all__ = ['Gap', 'slice_gap', 'unit_slices']

_CELLS = 4_000_000  # of a batch of permutations, so that memory stays small for many units


@dataclass(frozen=True)
class Gap:
    """The largest gap between slices in one score.

    Attributes:
        difference: Highest minus lowest score of a slice.
        high: Index of the slice with the highest score.
        low: That with the lowest.
        p: Share of the permutations with a gap as large, the observed one among them.
    """

    difference: float
    high: int
    low: int
    p: float


def unit_slices(slices: ArrayLike, units: Units) -> NDArray[np.int64] | None:
    """Slice (G,) of each unit, or None where the predictions of one are in several slices.

    Args:
        slices: (M,) slice of each prediction.
        units: Unit of each prediction.
    """
    given = np.asarray(slices, np.int64)
    result = np.empty(units.count, np.int64)
    result[units.index] = given
    return result if (result[units.index] == given).all() else None


def slice_gap(labels: ArrayLike, correct: ArrayLike, units: Units, slices: ArrayLike,
              num_classes: int, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Gap]:
    """Tests whether slices differ in WAR or in UAR.

    Which slice a unit is in is permuted among the units, so that each slice keeps its number
    of units, and the predictions of a unit stay together. Units are compared, not the same
    clips: a gap may come from harder clips or other classes in a slice as well as from the
    model.

    Args:
        labels: (M,) true classes.
        correct: (M,) share of the seeds that were right.
        units: Unit of each prediction.
        slices: (G,) slice 0..K-1 of each unit, each of which occurs; K is at least 2.
        num_classes: C.
        resamples: B.
        seed: Of the permutations.

    Returns:
        The gaps in ``'WAR'`` and ``'UAR'``.
    """
    true, of_unit = np.asarray(labels, np.int64), np.asarray(slices, np.int64)
    cells = units.index * num_classes + true
    size = units.count * num_classes
    counts = np.concatenate([
        np.bincount(cells, weights, size).reshape(units.count, num_classes)
        for weights in (np.asarray(correct, np.float64), np.ones(len(true)))], axis=1)
    number = int(of_unit.max()) + 1
    observed = _scores(of_unit[None], counts, number)
    rng = np.random.default_rng(seed)
    batch = max(1, _CELLS // (number * units.count))
    extreme = dict.fromkeys(observed, 0)
    for first in range(0, resamples, batch):
        rows = min(batch, resamples - first)
        permuted = rng.permuted(np.tile(of_unit, (rows, 1)), axis=1)
        for name, values in _scores(permuted, counts, number).items():
            # gaps that are equal on paper differ in the last bits, and must count as equal
            extreme[name] += int(np.count_nonzero(
                np.ptp(values, axis=1) >= np.ptp(observed[name]) - 1e-9))
    return {name: Gap(float(np.ptp(values)), int(values.argmax()), int(values.argmin()),
                      (1 + extreme[name]) / (1 + resamples))
            for name, values in observed.items()}


def _scores(slices: NDArray[np.int64], counts: NDArray[np.float64],
            number: int) -> dict[str, NDArray[np.float64]]:
    """WAR and UAR (B, K) of slices (B, G) from hits and answers (G, 2C) per class."""
    members = (slices[:, None] == np.arange(number)[:, None]).astype(np.float64)
    hits, total = np.split(members @ counts, 2, axis=-1)
    recall = np.divide(hits, total, out=np.zeros_like(hits), where=total > 0)
    return {'WAR': hits.sum(-1) / total.sum(-1),
            'UAR': recall.sum(-1) / np.count_nonzero(total, axis=-1)}
