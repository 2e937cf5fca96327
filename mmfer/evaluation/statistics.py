"""Uncertainty of scores: intervals over subjects, paired tests, several comparisons.

Clips of one subject resemble each other, so the unit that is resampled or swapped is the
subject; a clip whose subject is unknown is a unit of its own. Runs with other seeds on the
same clips are no new clips: they are averaged, and never add to the number of units.

Shape legend: S seeds, M predictions (clip by split), G units, B resamples, C classes.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

RESAMPLES = 10_000
LEVEL = 0.95
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


def unit_confusions(labels: ArrayLike, predicted: ArrayLike, units: Units,
                    num_classes: int) -> NDArray[np.int64]:
    """Confusion matrix of each unit in each seed.

    Args:
        labels: (M,) true classes.
        predicted: (S, M) predicted classes.
        units: Unit of each prediction.
        num_classes: C.

    Returns:
        (S, G, C, C) counts.
    """
    given = np.asarray(predicted, np.int64)
    seeds, size = len(given), units.count * num_classes**2
    cells = (units.index * num_classes + np.asarray(labels)) * num_classes + given
    cells += np.arange(seeds)[:, None] * size
    counts = np.bincount(cells.ravel(), minlength=seeds * size)
    return counts.reshape(seeds, units.count, num_classes, num_classes)


def resample_units(num_units: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yields (B', G) how often each unit was drawn, G draws with replacement per row."""
    rng = np.random.default_rng(seed)
    for first in range(0, resamples, _BATCH):
        size = min(_BATCH, resamples - first)
        draws = rng.integers(num_units, size=(size, num_units))
        draws += np.arange(size)[:, None] * num_units
        counts = np.bincount(draws.ravel(), minlength=size * num_units)
        yield counts.reshape(size, num_units).astype(np.float64)


def score_interval(confusions: ArrayLike, score: Callable[[NDArray], NDArray],
                   resamples: int = RESAMPLES, seed: int = 0,
                   level: float = LEVEL) -> tuple[float, float] | None:
    """Cluster bootstrap percentile interval of a score, averaged over the seeds.

    In a resample that misses a class, the score averages over the classes that it has.

    Args:
        confusions: (S, G, C, C) of :func:`unit_confusions`.
        score: Maps confusion matrices (..., C, C) to scores (...).
        resamples: B.
        seed: Of the draws; equal seeds give equal intervals.
        level: Coverage.

    Returns:
        Low and high end, or None with fewer than two units, which say nothing about others.
    """
    counts = np.asarray(confusions, np.float64)
    seeds, units, classes = counts.shape[:3]
    if units < 2:
        return None
    flat = counts.transpose(1, 0, 2, 3).reshape(units, -1)
    values = [
        score((drawn @ flat).reshape(-1, seeds, classes, classes)).mean(-1)
        for drawn in resample_units(units, resamples, seed)
    ]
    return _percentiles(np.concatenate(values), level)


def mean_interval(values: ArrayLike, units: Units, resamples: int = RESAMPLES, seed: int = 0,
                  level: float = LEVEL) -> tuple[float, float] | None:
    """Cluster bootstrap percentile interval of a mean over clips.

    Args:
        values: (M,), one per clip (the mean over its seeds).
        units: Unit of each clip.
        resamples: B.
        seed: Of the draws.
        level: Coverage.

    Returns:
        Low and high end, or None with fewer than two units.
    """
    if units.count < 2:
        return None
    sums = np.bincount(units.index, np.asarray(values, np.float64), units.count)
    sizes = np.bincount(units.index, minlength=units.count)
    means = [drawn @ sums / (drawn @ sizes)
             for drawn in resample_units(units.count, resamples, seed)]
    return _percentiles(np.concatenate(means), level)


def _percentiles(values: NDArray[np.float64], level: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class PairedTest:
    """Result of a paired test of A against B.

    Attributes:
        difference: Score of A minus score of B.
        p: Two-sided p-value.
        units: Units whose answers differ between A and B; the others carry no information.
        exact: Whether all swaps were enumerated.
    """

    difference: float
    p: float
    units: int
    exact: bool


def score_contributions(labels: ArrayLike, num_classes: int) -> dict[str, NDArray[np.float64]]:
    """What a correct answer adds to WAR and to UAR, per prediction: (M,) each.

    Both scores are sums over predictions: 1/M per hit for WAR, and 1/(classes present *
    clips of the class) for UAR. That is why swapping the answers of A and B for a unit
    changes the difference by exactly this unit's share.
    """
    true = np.asarray(labels, np.int64)
    sizes = np.bincount(true, minlength=num_classes)
    return {
        'WAR': np.full(len(true), 1 / len(true)),
        'UAR': 1 / (np.count_nonzero(sizes) * sizes[true].astype(np.float64)),
    }


def sign_flip_test(differences: ArrayLike, resamples: int = RESAMPLES,
                   seed: int = 0) -> PairedTest:
    """Paired permutation test: swaps A and B in whole units, which flips a unit's sign.

    All 2^G' swaps of the G' units that differ are enumerated where that takes no more than
    ``resamples``; otherwise ``resamples`` random ones are drawn and the observed one counts
    among them, so p is never zero.

    Args:
        differences: (G,) share of each unit in the score of A minus the score of B.
        resamples: Number of random swaps.
        seed: Of the random swaps.
    """
    shares = np.asarray(differences, np.float64)
    shares = shares[np.abs(shares) > 1e-12]
    observed = float(shares.sum())
    # sums that are equal on paper differ in the last bits, and must count as equal
    limit = abs(observed) - 1e-9 * float(np.abs(shares).sum())
    count = len(shares)
    exact = 2**count <= resamples
    if exact:
        codes = np.arange(2**count)[:, None] >> np.arange(count)
        sums = (1 - 2. * (codes & 1)) @ shares
        p = float(np.mean(np.abs(sums) >= limit))
    else:
        rng = np.random.default_rng(seed)
        extreme = 0
        for first in range(0, resamples, _BATCH):
            size = min(_BATCH, resamples - first)
            signs = 1 - 2. * rng.integers(2, size=(size, count))
            extreme += int(np.count_nonzero(np.abs(signs @ shares) >= limit))
        p = (1 + extreme) / (1 + resamples)
    return PairedTest(observed, p, count, exact)


def paired_test(labels: ArrayLike, correct_a: ArrayLike, correct_b: ArrayLike, units: Units,
                num_classes: int, resamples: int = RESAMPLES,
                seed: int = 0) -> dict[str, PairedTest]:
    """Tests whether A and B differ in WAR and in UAR on the same clips.

    Args:
        labels: (M,) true classes.
        correct_a: (M,) share of the seeds of A that were right.
        correct_b: (M,) share of the seeds of B that were right.
        units: Unit of each prediction; swapped as a whole.
        num_classes: C.
        resamples: See :func:`sign_flip_test`.
        seed: See :func:`sign_flip_test`.
    """
    gain = np.asarray(correct_a, np.float64) - np.asarray(correct_b, np.float64)
    return {
        name: sign_flip_test(np.bincount(units.index, gain * worth, units.count), resamples, seed)
        for name, worth in score_contributions(labels, num_classes).items()
    }


def mcnemar(correct_a: ArrayLike, correct_b: ArrayLike) -> float:
    """Exact two-sided McNemar test; the clips must be independent of each other.

    Args:
        correct_a: (M,) bool.
        correct_b: (M,) bool.

    Returns:
        The p-value; 1 where A and B are right on the same clips.
    """
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    if only_a + only_b == 0:
        return 1.
    return float(binomtest(only_a, only_a + only_b).pvalue)


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values adjusted for several comparisons (Holm, 1979), in the order given."""
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind='stable')
    factors = np.arange(len(p), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(p[order] * factors), 1.)
    result = np.empty_like(p)
    result[order] = adjusted
    return result
