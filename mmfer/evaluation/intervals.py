"""Intervals of scores by bootstrap over subjects, and when not to rely on them.

The interval is Efron's bias-corrected and accelerated one (BCa; Efron, JASA 82, 1987), of a
level widened for few units (Hesterberg, The American Statistician 69, 2015): the percentile
interval covers too seldom. ``docs/evaluation.md``
has the simulated coverage, and ``benchmarks/interval_coverage.py`` simulates it.

Runs with other seeds on the same clips are no new clips: their scores are averaged, and
never add to the number of units.

Shape legend: S seeds, M predictions (clip by split), G units, B resamples, C classes.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from scipy.stats import t as student

from mmfer.evaluation.units import Units, resample_units

__all__ = ['FEW_UNITS', 'LEVEL', 'NEAR_BOUND', 'RESAMPLES', 'bca_interval', 'interval_warnings',
           'mean_interval', 'score_interval', 'score_intervals']

RESAMPLES = 10_000
LEVEL = 0.95
FEW_UNITS = 30
"""With fewer units than this an interval is too narrow to be relied on."""
NEAR_BOUND = 0.05
"""A score as near to 0 or 1 as this leaves too few errors, or hits, to resample."""
_SAME = 1e-12  # scores in [0, 1] that differ by less are equal on paper

Score = Callable[[NDArray], NDArray]
Interval = tuple[float, float] | None


def score_intervals(confusions: ArrayLike, scores: Mapping[str, Score],
                    resamples: int = RESAMPLES, seed: int = 0,
                    level: float = LEVEL) -> dict[str, Interval]:
    """Cluster bootstrap intervals of scores, averaged over the seeds, on the same resamples.

    In a resample that misses a class, a score averages over the classes that it has.

    Args:
        confusions: (S, G, C, C) of :func:`~mmfer.evaluation.units.unit_confusions`, or
            (S, G, C, C + 1).
        scores: By name: maps confusion matrices (..., C, C) to scores (...).
        resamples: B.
        seed: Of the draws; equal seeds give equal intervals.
        level: Coverage.

    Returns:
        By name the low and high end, or None with fewer than two units, which say nothing
        about others.
    """
    counts = np.asarray(confusions, np.float64)
    seeds, units = counts.shape[:2]
    flat = counts.transpose(1, 0, 2, 3).reshape(units, -1)

    def values(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        matrices = sums.reshape(-1, seeds, *counts.shape[2:])
        return np.stack([score(matrices).mean(-1) for score in scores.values()])

    return dict(zip(scores, _bootstrap(flat, values, resamples, seed, level), strict=True))


def score_interval(confusions: ArrayLike, score: Score, resamples: int = RESAMPLES,
                   seed: int = 0, level: float = LEVEL) -> Interval:
    """The interval of one score, see :func:`score_intervals`."""
    return score_intervals(confusions, {'score': score}, resamples, seed, level)['score']


def mean_interval(values: ArrayLike, units: Units, resamples: int = RESAMPLES, seed: int = 0,
                  level: float = LEVEL) -> Interval:
    """Cluster bootstrap interval of a mean over clips.

    Args:
        values: (M,), one per clip (the mean over its seeds).
        units: Unit of each clip.
        resamples: B.
        seed: Of the draws.
        level: Coverage.

    Returns:
        Low and high end, or None with fewer than two units.
    """
    flat = np.stack([np.bincount(units.index, np.asarray(values, np.float64), units.count),
                     np.bincount(units.index, minlength=units.count)],
                    axis=1).astype(np.float64)
    return _bootstrap(flat, lambda sums: (sums[:, 0] / sums[:, 1])[None], resamples, seed,
                      level)[0]


def _bootstrap(flat: NDArray[np.float64], values: Callable[[NDArray], NDArray], resamples: int,
               seed: int, level: float) -> list[Interval]:
    """Intervals of functions of sums over units.

    Args:
        flat: (G, K) what each unit adds to the sums.
        values: Maps sums (N, K) to the values of F functions, (F, N).
        resamples: B.
        seed: Of the draws.
        level: Coverage.
    """
    total = flat.sum(0, keepdims=True)
    observed = values(total)[:, 0]
    if len(flat) < 2:
        return [None] * len(observed)
    left_out = values(total - flat)
    # scipy.stats.bootstrap would draw anew for each score, and take each unit out in turn by
    # a loop over G x G indices; products of counts do both at once
    drawn = np.concatenate([values(times @ flat) for times in
                            resample_units(len(flat), resamples, seed)], axis=1)
    return [bca_interval(*parts, level) for parts in zip(observed, drawn, left_out, strict=True)]


def bca_interval(observed: float, resampled: ArrayLike, left_out: ArrayLike,
                 level: float = LEVEL) -> tuple[float, float]:
    """Bias-corrected and accelerated interval, widened for few units.

    The quantiles are those of Efron's interval with the normal quantile z replaced by
    t s / b: t is Student's quantile with G - 1 degrees of freedom, s the jackknife's
    standard error and b the bootstrap's, which is too small by sqrt((G - 1) / G) or more
    (the more, the more unequal units and the rarer classes are).

    Args:
        observed: The score.
        resampled: (B,) scores of resamples.
        left_out: (G,) scores without each unit in turn.
        level: Coverage.

    Returns:
        Low and high end; twice the same where no resample differs from the others.
    """
    values, without = np.asarray(resampled, np.float64), np.asarray(left_out, np.float64)
    if np.ptp(values) < _SAME:
        return float(values.min()), float(values.max())
    count, influence = len(without), without.mean() - without
    spread = float(np.sum(influence**2))
    width = float(student.ppf((1 + level) / 2, count - 1)
                  * np.sqrt(spread * (count - 1) / count) / values.std())
    acceleration = float(np.sum(influence**3)) / (6 * spread**1.5) if spread > _SAME**2 else 0.
    below = np.mean(values < observed - _SAME) + np.mean(np.abs(values - observed) <= _SAME) / 2
    bias = float(norm.ppf(np.clip(below, .5 / len(values), 1 - .5 / len(values))))
    moved = bias + np.array([-width, width])
    slowed = 1 - acceleration * moved
    # beyond the pole the quantile has reached its end
    places = np.where(slowed > 0, norm.cdf(bias + moved / np.where(slowed > 0, slowed, 1.)),
                      moved > 0)
    low, high = np.quantile(values, places)
    return float(low), float(high)


def interval_warnings(value: float, interval: Interval, units: int) -> list[str]:
    """Why the interval of a score is not to be relied on.

    Args:
        value: The score, in [0, 1].
        interval: Its interval, or None.
        units: G.

    Returns:
        Any of ``'no_interval'`` (a single unit), ``'few_units'`` (fewer than
        :data:`FEW_UNITS`), ``'near_bound'`` (the score is above 1 - :data:`NEAR_BOUND`, or
        below :data:`NEAR_BOUND`) and ``'no_width'`` (every resample gives the same score).
    """
    if interval is None:
        return ['no_interval']
    found = {'few_units': units < FEW_UNITS,
             'near_bound': not NEAR_BOUND <= value <= 1 - NEAR_BOUND,
             'no_width': interval[0] == interval[1]}
    return [name for name, applies in found.items() if applies]
