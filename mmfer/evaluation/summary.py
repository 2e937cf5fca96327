"""All numbers of a pool, as plain data.

Three numbers are easily confused and are kept apart, each with its denominator: the score
of one split, the mean and spread over splits, and the pooled score of all test clips
together. Runs that differ in their seed only are averaged. All three are given over the
clips with a face and, where some have none, over all clips.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.folds import Pool, notes
from mmfer.evaluation.functional import per_class_recall
from mmfer.evaluation.intervals import (
    RESAMPLES,
    interval_warnings,
    mean_interval,
    score_intervals,
)
from mmfer.evaluation.localization import measure_attention
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.evaluation.units import group_units

__all__ = ['scored', 'summarize']


def summarize(pool: Pool, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """All numbers of a pool.

    Args:
        pool: Predictions of one method.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Returns:
        ``name``, ``metadata``, ``notes``, ``seeds``; ``answers``: 'clips' or 'frames', what
        is scored; ``splits``: scores per split; ``over_splits``: mean and sample standard
        deviation (None for one split); ``over_seeds``: the same of the pooled score (None
        for one seed); ``pooled``: scores of all test clips, per-class recall, confusion
        matrix (summed over seeds) and ``worth``, what one answer adds to WAR and to UAR;
        ``faceless``: how many clips have no face, each counted once; ``missed_frames``: how
        many labelled frames have none; ``coverage``: None where it is not known, otherwise
        ``mean`` over so many ``clips``;
        ``all_clips``: None where all clips, or frames, that are scored have a face, otherwise
        ``splits``, ``over_splits``, ``over_seeds`` and ``pooled`` over all of them, those
        without one counted as missed (the last column of the confusion matrix);
        ``localization``: attention against the apex, or None. A score is {'value',
        'interval', 'warnings'}: the interval a pair or None, the warnings those of
        :func:`~mmfer.evaluation.intervals.interval_warnings`.
    """
    all_clips = None
    if pool.unanswered:
        all_clips = _section(pool.over_all_clips(), resamples, seed)
    return {
        'name': pool.name, 'metadata': pool.metadata, 'notes': notes(pool.metadata),
        'seeds': list(pool.seeds), 'answers': 'frames' if pool.per_frame else 'clips',
        'faceless': len({clip.clip for clip in pool.faceless}),
        'missed_frames': sum({clip.clip: len(clip.labels) for clip in pool.missed}.values()),
        'coverage': None if pool.coverage is None else dict(zip(('mean', 'clips'), pool.coverage)),
        **_section(pool, resamples, seed), 'all_clips': all_clips,
        'localization': _localization(pool, resamples, seed),
    }


def scored(pool: Pool, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """The pooled scores of a pool alone, over its clips with a face.

    Returns:
        ``predictions`` (answers of all splits, of one seed), ``clips``, of answers per frame
        ``frames``, ``units``, ``unit`` and ``scores``, each as :func:`summarize` gives them.
    """
    return _scores(pool, resamples, seed)[0]


def _section(pool: Pool, resamples: int, seed: int) -> dict[str, Any]:
    """Scores per split, their spread, and pooled."""
    splits = [{'split': split, **_scores(pool.only(split), resamples, seed)[0]}
              for split in pool.splits]
    pooled, total = _scores(pool, resamples, seed)
    over_splits = over_seeds = None
    if len(splits) > 1:
        over_splits = {
            name: _spread(split['scores'][name]['value'] for split in splits)
            for name in pool.scores
        }
    if len(pool.seeds) > 1:
        over_seeds = {name: _spread(score(total)) for name, score in pool.scores.items()}
    summed = total.sum(0)
    classes, answers = pool.metadata['classes'], 'frames' if pool.per_frame else 'clips'
    sizes = summed.sum(1) // len(pool.seeds)
    pooled['confusion'] = summed.tolist()
    pooled['recall'] = [
        {'class': name, 'recall': None if np.isnan(value) else float(value), answers: int(size)}
        for name, value, size in zip(classes, per_class_recall(summed), sizes, strict=True)
    ]
    present = np.count_nonzero(sizes)
    pooled['worth'] = {
        'WAR': 1 / int(sizes.sum()),
        'UAR': {name: 1 / (present * int(size))
                for name, size in zip(classes, sizes, strict=True) if size}}
    return {'splits': splits, 'over_splits': over_splits, 'over_seeds': over_seeds,
            'pooled': pooled}


def _scores(pool: Pool, resamples: int, seed: int) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Scores with intervals and denominators, averaged over the seeds; (S, C, C) counts."""
    units, counts = pool.units, pool.unit_confusions
    total = counts.sum(1)
    intervals = score_intervals(counts, pool.scores, resamples, seed)
    scores = {}
    for name, score in pool.scores.items():
        value = float(score(total).mean())
        scores[name] = {'value': value, 'interval': intervals[name],
                        'warnings': interval_warnings(value, intervals[name], units.count)}
    return {
        'predictions': len(pool.labels),
        'clips': len({clip for _, clip in pool.keys}), **_frame_counts(pool),
        'units': units.count, 'unit': units.name, 'scores': scores,
    }, total


def _frame_counts(pool: Pool) -> dict[str, int]:
    """``frames``, each once however many splits tested it; nothing for answers per clip."""
    if not pool.per_frame:
        return {}
    counts = {(type(entry), entry.clip): len(entry.labels) for entry in pool.entries
              if not isinstance(entry, (ClipPrediction, FacelessClip))}
    return {'frames': sum(counts.values())}


def _spread(values: Iterable[float]) -> dict[str, float | int]:
    """Mean and sample standard deviation."""
    table = np.array(list(values), np.float64)
    return {'mean': float(table.mean()), 'std': float(table.std(ddof=1)), 'n': len(table)}


def _localization(pool: Pool, resamples: int, seed: int) -> dict[str, Any] | None:
    """Attention against apex and time, averaged over seeds; None without attention."""
    table: dict[str, list[list[float]]] = {}
    members: dict[str, list[ClipPrediction]] = {}
    for runs in zip(*pool.rows, strict=True):
        found = [measure_attention(row.attention, row.frame_numbers, runs[0].apex)
                 for row in runs]
        for name in set.intersection(*map(set, found)):
            pairs = [measures[name] for measures in found]
            table.setdefault(name, []).append(np.mean(pairs, axis=0).tolist())
            members.setdefault(name, []).append(runs[0])
    result = {}
    for name in sorted(table):
        values_, rows = np.array(table[name]), members[name]
        units = group_units([row.subject for row in rows], [row.clip for row in rows])
        value = float(values_[:, 0].mean())
        interval = mean_interval(values_[:, 0], units, resamples, seed)
        result[name] = {
            'value': value, 'chance': float(values_[:, 1].mean()), 'interval': interval,
            'warnings': interval_warnings(value, interval, units.count),
            'predictions': len(rows), 'units': units.count, 'unit': units.name,
        }
    return result or None
