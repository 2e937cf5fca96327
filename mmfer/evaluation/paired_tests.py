"""Paired tests of two methods on the same clips, and several comparisons at once.

The answers of A and B are swapped in whole units (subjects, or clips whose subject is
unknown), for those of one unit are not independent. Runs with other seeds on the same clips
are averaged first.

Shape legend: M predictions (clip by split), G units, C classes.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from mmfer.evaluation.intervals import RESAMPLES
from mmfer.evaluation.units import Units

__all__ = ['PairedTest', 'holm', 'mcnemar', 'paired_test', 'score_contributions',
           'sign_flip_test']

_BATCH = 1000  # swaps at a time, so that memory stays small for many units


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
