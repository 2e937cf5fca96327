"""Scores of the slices of a test set, each with its denominator and its interval, as text."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mmfer.annotations import Annotations
from mmfer.evaluation.calibration_summary import denominators
from mmfer.evaluation.folds import Pool
from mmfer.evaluation.rendering import Block, Form, Table, Text, render
from mmfer.evaluation.report import denominator, format_score
from mmfer.evaluation.slice_gap import slice_gap, unit_slices
from mmfer.evaluation.slices import (
    QUANTILES,
    UNKNOWN,
    Slices,
    check_annotations,
    column_values,
    slice_values,
)
from mmfer.evaluation.statistics import RESAMPLES, score_interval, unit_confusions

__all__ = ['FEW_UNITS', 'format_slices', 'slice_summary']

FEW_UNITS = 30
"""A slice of fewer units is marked: its interval is too narrow, and says little."""
_KINDS = {'values': '', 'quantiles': ', cut at quantiles of the tested clips',
          'edges': ', cut at the edges given'}


def slice_summary(pool: Pool, annotations: Annotations, column: str,
                  quantiles: int = QUANTILES, edges: Sequence[float] | None = None,
                  resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """Scores by the values of a column of the annotation.

    Answers for frames are sliced by the values of their clips.

    Args:
        pool: Predictions of one method.
        annotations: The file that they were made with.
        column: Any further field of its rows, ``'subject'``, or one of
            :data:`~mmfer.evaluation.slices.COMPUTED`.
        quantiles: See :func:`~mmfer.evaluation.slices.slice_values`.
        edges: See there.
        resamples: Of the bootstrap over the units of each slice.
        seed: Of the bootstrap.

    Returns:
        ``column``, ``kind``, ``config_name``, and ``slices``, each with ``slice``, the keys of
        :func:`~mmfer.evaluation.calibration_summary.denominators`, ``scores`` ({'value',
        'interval'}, averaged over the seeds), ``absent``, the classes that no clip of it has,
        and ``few``, whether it has fewer than :data:`FEW_UNITS` units; ``gap``: for WAR and
        UAR the largest ``difference`` between slices of a known value, the slices ``high`` and
        ``low``, and ``p`` (:func:`~mmfer.evaluation.slice_gap.slice_gap`), or None where there
        is one slice, or where clips of one unit are in several.

    Raises:
        PredictionError: The predictions were made with another annotation file.
        AnnotationError: There is no such column, or it takes no edges.
    """
    check_annotations(pool.metadata, annotations)
    values, tested = column_values(annotations, column), {clip for _, clip in pool.keys}
    slices = slice_values({clip: values[clip] for clip in sorted(tested)}, quantiles, edges)
    classes = pool.metadata['classes']
    result = []
    for name in slices.names:
        part = _part(pool, {clip for clip, of in slices.of_clip.items() if of == name})
        counts = unit_confusions(part.labels, part.predicted, part.units, len(classes))
        total = counts.sum(1)
        present = set(np.unique(part.labels).tolist())
        facts = denominators(part)
        result.append({
            'slice': name, **facts,
            'scores': {score: {'value': float(function(total).mean()),
                               'interval': score_interval(counts, function, resamples, seed)}
                       for score, function in part.scores.items()},
            'absent': [label for index, label in enumerate(classes) if index not in present],
            'few': facts['units'] < FEW_UNITS})
    return {'column': column, 'kind': slices.kind, 'config_name': pool.metadata['config_name'],
            'slices': result, 'gap': _gap(pool, slices, resamples, seed)}


def _gap(pool: Pool, slices: Slices, resamples: int, seed: int) -> dict[str, Any] | None:
    names = [name for name in slices.names if name != UNKNOWN]
    part = _part(pool, {clip for clip, of in slices.of_clip.items() if of != UNKNOWN})
    if len(names) < 2:
        return None
    places = np.array([names.index(slices.of_clip[clip]) for _, clip in part.keys])
    if part.per_frame:
        places = np.repeat(places, [len(track.labels) for track in part.tracks[0]])
    units = part.units
    of_unit = unit_slices(places, units)
    if of_unit is None:
        return None
    correct = (part.predicted == part.labels).mean(0)
    gaps = slice_gap(part.labels, correct, units, of_unit, len(pool.metadata['classes']),
                     resamples, seed)
    return {score: {'difference': gap.difference, 'high': names[gap.high],
                    'low': names[gap.low], 'p': gap.p} for score, gap in gaps.items()}


def _part(pool: Pool, clips: set[str]) -> Pool:
    rows = tuple(tuple(row for row in rows if row.clip in clips) for rows in pool.rows)
    tracks = tuple(tuple(t for t in tracks if t.clip in clips) for tracks in pool.tracks)
    return replace(pool, rows=rows, tracks=tracks)


def format_slices(summary: dict[str, Any], form: Form = 'text') -> str:
    """The slices of :func:`slice_summary` as a table."""
    slices = summary['slices']
    names = list(slices[0]['scores'])
    rows = [[summary['column'], *names, 'of']]
    for part in slices:
        mark = ' *' if part['few'] else ''
        rows.append([part['slice'], *(format_score(part['scores'][name]) for name in names),
                     denominator(part) + mark])
    blocks: list[Block] = [
        Text(f'By {summary["column"]}{_KINDS[summary["kind"]]} [95% interval, bootstrap within '
             'the slice]:'), Table(rows)]
    gaps = [f'Largest gap in {score}: {gap["difference"]:.3f}, {gap["high"]} above '
            f'{gap["low"]}, p = {gap["p"]:.4f} (permuting whole {slices[0]["unit"]}).'
            for score, gap in (summary['gap'] or {}).items()]
    few = ([f'* fewer than {FEW_UNITS} units: the interval is too narrow to be relied on.']
           if any(part['few'] for part in slices) else [])
    absent = [f'{part["slice"]}: no {", ".join(part["absent"])}; UAR and F1 are over the other '
              'classes.' for part in slices if part['absent']]
    unknown = ([f'{UNKNOWN}: the annotation does not say.']
               if slices[-1]['slice'] == UNKNOWN else [])
    blocks += [Text('\n'.join(lines)) for lines in (gaps, few, absent, unknown) if lines]
    return render(blocks, form)
