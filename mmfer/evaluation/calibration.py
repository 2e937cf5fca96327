"""Calibration: whether the probability of an answer is the share of such answers that are right.

Source: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017,
Eq. (2) and (3). Bins of equal mass: Nguyen and O'Connor, EMNLP 2015.

Shape legend: S seeds, M predictions, G units, B bins, C classes.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.statistics import LEVEL, RESAMPLES, Units, resample_units

__all__ = ['BINNINGS', 'BINS', 'SUM_TOLERANCE', 'BinnedAnswers', 'bin_answers', 'bin_edges',
           'brier_scores', 'calibration_error', 'check_probabilities', 'confidences',
           'error_if_calibrated', 'error_interval', 'expected_calibration_error',
           'log_losses']

BINS = 15
BINNINGS = ('width', 'mass')
SUM_TOLERANCE = 1e-3
"""How far probabilities may be from a sum of 1: they may be from half precision."""
_SMALLEST = float(np.finfo(np.float32).tiny)

Floats = NDArray[np.float64]


def check_probabilities(scores: ArrayLike, what: str = 'scores') -> Floats:
    """The scores (..., C) in float64, after a check that they are probabilities.

    Args:
        scores: (..., C).
        what: Named in the message.

    Raises:
        PredictionError: A score is negative, or those of an answer do not sum to 1.
    """
    values = np.asarray(scores, np.float64)
    sums = values.sum(-1)
    wrong = (values < 0).any(-1) | ~(np.abs(sums - 1) <= SUM_TOLERANCE)
    if wrong.any():
        raise PredictionError(
            f'{what}: no probabilities, they sum to {sums[wrong].flat[0]:.4g} with '
            f'{values[wrong].min():.4g} as the lowest; apply a softmax over the classes, or test '
            "again with average_clips='prob'")
    return values


def confidences(scores: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    """Probability (...) of the answer, which is the most probable class, and that class (...)."""
    values = np.asarray(scores, np.float64)
    return np.minimum(values.max(-1), 1.), values.argmax(-1)


def bin_edges(confidence: ArrayLike, bins: int = BINS, binning: str = 'width') -> Floats:
    """Edges (B + 1,) of bins (low, high]; the first one holds its low edge too.

    Args:
        confidence: Any shape.
        bins: B.
        binning: ``'width'``: equally wide bins of [0, 1]. ``'mass'``: bins of equally many
            confidences, between their quantiles; equal confidences are never torn apart, so
            that many of them make the bins fewer.
    """
    if bins < 1 or binning not in BINNINGS:
        raise ValueError(f'{bins} bins of equal {binning!r}: give at least one bin, of equal '
                         f'{" or ".join(BINNINGS)}')
    if binning == 'width':
        return np.linspace(0, 1, bins + 1)
    edges = np.unique(np.quantile(np.asarray(confidence, np.float64), np.linspace(0, 1, bins + 1)))
    return edges if len(edges) > 1 else np.repeat(edges, 2)


@dataclass(frozen=True)
class BinnedAnswers:
    """Sums over the answers in each bin of confidence; any leading axes.

    Attributes:
        edges: (B + 1,).
        counts: (..., B) answers.
        hits: (..., B) right ones.
        confidence: (..., B) sum of their confidences.
    """

    edges: Floats
    counts: Floats
    hits: Floats
    confidence: Floats

    def total(self, axis: int | tuple[int, ...]) -> BinnedAnswers:
        """Summed over some of the leading axes."""
        return BinnedAnswers(self.edges, *(values.sum(axis) for values in (
            self.counts, self.hits, self.confidence)))


def bin_answers(confidence: ArrayLike, correct: ArrayLike, edges: ArrayLike,
                units: Units | None = None) -> BinnedAnswers:
    """Sorts answers into bins.

    Args:
        confidence: (S, M) or (M,).
        correct: The same shape, whether the answer is right.
        edges: (B + 1,) of :func:`bin_edges`.
        units: Unit of each of the M predictions.

    Returns:
        Sums with the axes (S, B) or (B,); with units (S, G, B) or (G, B).
    """
    values, limits = np.asarray(confidence, np.float64), np.asarray(edges, np.float64)
    bins, groups = len(limits) - 1, 1 if units is None else units.count
    place = np.clip(np.searchsorted(limits, values, side='left') - 1, 0, bins - 1)
    cells = place if units is None else units.index * bins + place
    size = groups * bins
    cells = cells + np.arange(np.prod(values.shape[:-1], dtype=int)).reshape(
        *values.shape[:-1], 1) * size
    shape = (*values.shape[:-1], *(() if units is None else (groups, )), bins)

    def sums(weights: NDArray) -> Floats:
        total = np.bincount(cells.ravel(), weights.ravel().astype(np.float64),
                            int(np.prod(shape)))
        return total.reshape(shape)

    return BinnedAnswers(limits, sums(np.ones(values.shape)), sums(np.asarray(correct)),
                         sums(values))


def calibration_error(binned: BinnedAnswers) -> Floats:
    """Expected calibration error, Eq. (3): (..., B) -> (...), in [0, 1].

    The mean distance between confidence and share of hits of a bin, weighted by its answers.
    """
    distance = np.abs(binned.hits - binned.confidence).sum(-1)
    return distance / binned.counts.sum(-1)


def expected_calibration_error(labels: ArrayLike, scores: ArrayLike, bins: int = BINS,
                               binning: str = 'width') -> float:
    """Expected calibration error of M answers, in [0, 1]; 0 is calibrated.

    Args:
        labels: (M,) true classes.
        scores: (M, C) probabilities.
        bins: B.
        binning: See :func:`bin_edges`.

    Raises:
        PredictionError: The scores are no probabilities.
    """
    confidence, given = confidences(check_probabilities(scores))
    edges = bin_edges(confidence, bins, binning)
    return float(calibration_error(bin_answers(confidence, given == np.asarray(labels), edges)))


def brier_scores(labels: ArrayLike, scores: ArrayLike) -> Floats:
    """Brier (1950): sum over the classes of (p - 1[true])^2, (..., M, C) -> (..., M), in [0, 2]."""
    values = np.asarray(scores, np.float64)
    true = np.eye(values.shape[-1])[np.asarray(labels)]
    return ((values - true)**2).sum(-1)


def log_losses(labels: ArrayLike, scores: ArrayLike) -> Floats:
    """-log p(true class), (..., M, C) -> (..., M); at most 87, for a p of float32's smallest."""
    values = np.asarray(scores, np.float64)
    true = np.take_along_axis(
        values, np.broadcast_to(np.asarray(labels)[..., None], (*values.shape[:-1], 1)), -1)
    return -np.log(np.maximum(true[..., 0], _SMALLEST))


def error_interval(binned: BinnedAnswers, resamples: int = RESAMPLES, seed: int = 0,
                   level: float = LEVEL) -> tuple[float, float] | None:
    """Interval of the calibration error by a cluster bootstrap, averaged over the seeds.

    It is the *basic* interval, 2 e - q of the quantiles q of the resampled errors, kept in
    [0, 1]. Distances add up whatever their sign, so the error of a sample is too large, and
    that of its resamples again as much: their quantiles themselves can lie above the truth
    altogether.

    Args:
        binned: (S, G, B).
        resamples: Number of resamples.
        seed: Of the draws.
        level: Coverage.

    Returns:
        Low and high end, or None with fewer than two units.
    """
    seeds, units, bins = binned.counts.shape
    if units < 2:
        return None
    value = float(calibration_error(binned.total(1)).mean())
    table = np.stack([binned.counts, binned.hits - binned.confidence], 2)  # (S, G, 2, B)
    flat = table.transpose(1, 0, 2, 3).reshape(units, -1)
    errors = []
    for drawn in resample_units(units, resamples, seed):
        counts, distance = np.moveaxis((drawn @ flat).reshape(-1, seeds, 2, bins), 2, 0)
        errors.append((np.abs(distance).sum(-1) / counts.sum(-1)).mean(-1))
    low, high = np.quantile(np.concatenate(errors), [(1 - level) / 2, (1 + level) / 2])
    return max(0., float(2 * value - high)), min(1., max(0., float(2 * value - low)))


def error_if_calibrated(confidence: ArrayLike, edges: ArrayLike, draws: int = 200,
                        seed: int = 0) -> float:
    """What the calibration error would be if each answer were right with its own confidence.

    No finite sample has an error of zero: this is the mean error of ``draws`` samples whose
    answers are independent and calibrated.

    Args:
        confidence: (S, M) or (M,); the seeds are averaged.
        edges: (B + 1,).
        draws: Number of samples.
        seed: Of the draws.
    """
    values = np.atleast_2d(np.asarray(confidence, np.float64))
    rng = np.random.default_rng(seed)
    errors = [calibration_error(bin_answers(values, rng.random(values.shape) < values,
                                            edges)).mean() for _ in range(draws)]
    return float(np.mean(errors))
