"""Calibration of pooled predictions: numbers with their denominators and intervals, as text."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.evaluation.calibration import (
    BINS,
    bin_answers,
    bin_edges,
    brier_scores,
    calibration_error,
    check_probabilities,
    confidences,
    error_if_calibrated,
    error_interval,
    log_losses,
)
from mmfer.evaluation.folds import Pool
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.evaluation.rendering import Block, Form, Table, Text, render
from mmfer.evaluation.report import denominator, format_score
from mmfer.evaluation.statistics import RESAMPLES, mean_interval

__all__ = ['calibration_summary', 'denominators', 'format_calibration', 'pool_scores']

_TITLES = {'ECE': 'expected calibration error', 'overconfidence': 'confidence - accuracy',
           'Brier': 'Brier score', 'NLL': 'negative log-likelihood'}


def pool_scores(pool: Pool) -> NDArray[np.float64]:
    """Probabilities (S, M, C) of all answers, in the order of ``pool.labels``.

    Raises:
        PredictionError: Scores are no probabilities; names the clip.
    """
    runs: Sequence[Sequence[ClipPrediction | FramePredictions]] = pool.tracks or pool.rows
    return np.stack([np.concatenate([
        check_probabilities(np.atleast_2d(entry.scores),
                            f'{pool.metadata["config_name"] or "predictions"}, clip '
                            f'{entry.clip!r} of split {entry.split!r}: scores')
        for entry in entries]) for entries in runs])


def denominators(pool: Pool) -> dict[str, Any]:
    """``predictions``, ``clips``, ``frames`` of answers per frame, ``units`` and ``unit``."""
    units = pool.units
    result: dict[str, Any] = {'predictions': len(pool.labels),
                              'clips': len({clip for _, clip in pool.keys}),
                              'units': units.count, 'unit': units.name}
    if pool.per_frame:
        counts = {track.clip: len(track.labels) for track in pool.tracks[0]}
        result['frames'] = sum(counts.values())
    return result


def calibration_summary(pool: Pool, bins: int = BINS, binning: str = 'width',
                        resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """Calibration of all predictions of a pool, as plain data.

    Args:
        pool: Predictions of one method.
        bins: Number of bins of confidence.
        binning: ``'width'`` or ``'mass'``, see :func:`~mmfer.evaluation.calibration.bin_edges`.
        resamples: Of the bootstrap over units.
        seed: Of the bootstrap.

    Returns:
        The keys of :func:`denominators`; ``config_name``, ``seeds``, ``bins``, ``binning``;
        ``scores``: ``ECE``, ``overconfidence`` (mean confidence minus WAR), ``Brier`` and
        ``NLL``, each {'value', 'interval'}, averaged over the seeds; ``if_calibrated``: the
        ECE that calibrated answers of the same confidences would have, None of answers for
        frames, which are not independent; ``reliability``: for each bin 'low', 'high' and,
        summed over the seeds, 'count', and 'confidence' and 'accuracy', None where the bin is
        empty.

    Raises:
        PredictionError: Scores are no probabilities.
    """
    scores, labels, units = pool_scores(pool), pool.labels, pool.units
    confidence, given = confidences(scores)
    edges = bin_edges(confidence, bins, binning)
    binned = bin_answers(confidence, given == labels, edges, units)
    numbers = {'ECE': {'value': float(calibration_error(binned.total(1)).mean()),
                       'interval': error_interval(binned, resamples, seed)}}
    for name, values in (('overconfidence', confidence - (given == labels)),
                         ('Brier', brier_scores(labels, scores)),
                         ('NLL', log_losses(labels, scores))):
        means = values.mean(0)
        numbers[name] = {'value': float(means.mean()),
                         'interval': mean_interval(means, units, resamples, seed)}
    total = binned.total((0, 1))
    rows = zip(edges[:-1], edges[1:], total.counts, total.hits, total.confidence, strict=True)
    return {
        **denominators(pool), 'config_name': pool.metadata['config_name'],
        'seeds': list(pool.seeds), 'bins': len(edges) - 1, 'binning': binning,
        'scores': numbers,
        'if_calibrated': None if pool.per_frame else error_if_calibrated(
            confidence, edges, seed=seed),
        'reliability': [
            {'low': float(low), 'high': float(high), 'count': int(count),
             'confidence': float(sure / count) if count else None,
             'accuracy': float(hits / count) if count else None}
            for low, high, count, hits, sure in rows],
    }


def format_calibration(summary: dict[str, Any], form: Form = 'text') -> str:
    """The numbers of :func:`calibration_summary`, and its bins, as tables."""
    numbers = [['calibration', 'value', 'of']]
    numbers += [[_TITLES[name], format_score(score), denominator(summary)]
                for name, score in summary['scores'].items()]
    bins = [['confidence', 'answers', 'mean confidence', 'accuracy']]
    for entry in summary['reliability']:
        if entry['count']:
            bins.append([f'{entry["low"]:.3f} to {entry["high"]:.3f}', str(entry['count']),
                         f'{entry["confidence"]:.3f}', f'{entry["accuracy"]:.3f}'])
    blocks: list[Block] = [
        Text(f'Calibration, {summary["bins"]} bins of equal {summary["binning"]} '
             f'[95% interval, bootstrap over {summary["unit"]}]:'), Table(numbers)]
    if summary['if_calibrated'] is not None:
        blocks.append(Text('Calibrated answers of the same confidences would show an error of '
                           f'{summary["if_calibrated"]:.3f} on as many predictions.'))
    over = f', summed over {len(summary["seeds"])} seeds' if summary['seeds'][1:] else ''
    return render([*blocks, Text(f'Bins with answers{over}:'), Table(bins)], form)
