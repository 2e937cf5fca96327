"""Faithfulness over many clips: means with intervals, as numbers and as text."""
from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.evaluation.localization import Localization
from mmfer.evaluation.report import format_score, table
from mmfer.evaluation.statistics import RESAMPLES, group_units, mean_interval
from mmfer.explain.faithfulness import CURVES, Faithfulness

__all__ = ['ClipFaithfulness', 'format_faithfulness', 'summarize_faithfulness', 'write_clips']

UNITS = ('frames', 'regions')
_POINTS = 21  # of a mean curve
_ORDERS = {'attention': ('deletion', 'insertion'),
           'evenly spread': ('uniform_deletion', 'uniform_insertion'),
           'random': ('random', 'random')}


@dataclass(frozen=True)
class ClipFaithfulness:
    """What was measured on one clip.

    Attributes:
        clip: Its id.
        subject: Who is seen, where known.
        label: True class.
        target: Class whose probability is looked at.
        probability: Of that class, with nothing taken away.
        distinct_frames: Number of distinct frames.
        frames: Curves over frames; None where there is one frame only, or no weights.
        regions: Curves over regions; None where there are no spatial maps.
        localization: Attention against the apex, where annotated.
    """

    clip: str
    subject: str | None
    label: int
    target: int
    probability: float
    distinct_frames: int
    frames: Faithfulness | None = None
    regions: Faithfulness | None = None
    localization: Localization | None = None


def summarize_faithfulness(clips: Sequence[ClipFaithfulness], resamples: int = RESAMPLES,
                           seed: int = 0) -> dict[str, Any]:
    """Means over clips with 95% bootstrap intervals over subjects.

    Args:
        clips: What was measured.
        resamples: Of the bootstrap.
        seed: Of the resamples.

    Returns:
        ``clips``, ``probability``, and under ``frames`` and ``regions`` (None without
        any): ``clips``, ``units``, ``unit``, ``areas`` by name of the curve, ``gains`` of
        attention over the other orders, positive where attention is the more faithful, and
        ``curves``, the mean curves at 21 shares from 0 to 1. Under ``localization`` the
        mean ``hit``, ``mass`` and ``chance`` of the clips whose apex is known.
    """

    def mean(rows: Sequence[ClipFaithfulness], values: Sequence[float]) -> dict[str, Any]:
        units = group_units([row.subject for row in rows], [row.clip for row in rows])
        return {'value': float(np.mean(values)),
                'interval': mean_interval(values, units, resamples, seed)}

    summary: dict[str, Any] = {'clips': len(clips),
                               'probability': mean(clips, [row.probability for row in clips])}
    for name in UNITS:
        rows = [row for row in clips if getattr(row, name) is not None]
        if not rows:
            summary[name] = None
            continue
        found: list[Faithfulness] = [getattr(row, name) for row in rows]
        areas = {curve: np.array([result.areas[curve] for result in found]) for curve in CURVES}
        units = group_units([row.subject for row in rows], [row.clip for row in rows])
        gains = {
            'deletion over random': areas['random'] - areas['deletion'],
            'insertion over random': areas['insertion'] - areas['random'],
            'deletion over evenly spread': areas['uniform_deletion'] - areas['deletion'],
            'insertion over evenly spread': areas['insertion'] - areas['uniform_insertion'],
        }
        summary[name] = {
            'clips': len(rows), 'units': units.count, 'unit': units.name,
            'areas': {curve: mean(rows, values.tolist()) for curve, values in areas.items()},
            'gains': {gain: mean(rows, values.tolist()) for gain, values in gains.items()},
            'curves': {curve: _mean_curve([getattr(result, curve) for result in found]).tolist()
                       for curve in CURVES}}
    known = [row for row in clips if row.localization is not None]
    summary['localization'] = {
        'clips': len(known),
        **{part: mean(known, [getattr(row.localization, part) for row in known])
           for part in ('hit', 'mass', 'chance')}} if known else None
    return summary


def _mean_curve(curves: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean of curves with different numbers of steps, at equally spaced shares."""
    shares = np.linspace(0, 1, _POINTS)
    return np.mean([np.interp(shares, np.linspace(0, 1, len(curve)), curve)
                    for curve in curves], axis=0)


def format_faithfulness(summary: dict[str, Any], markdown: bool = False) -> str:
    """The summary as tables, every number with its interval."""
    lines = [f'Probability of the class with nothing taken away: '
             f'{format_score(summary["probability"])}, {summary["clips"]} clips', '']
    for name in UNITS:
        part = summary[name]
        if part is None:
            continue
        of = f'{part["clips"]} clips'
        of += '' if part['unit'] == 'clips' else f', {part["units"]} {part["unit"]}'
        rows = [['area under the curve', 'deletion (low)', 'insertion (high)']]
        rows += [[order, *(format_score(part['areas'][curve]) for curve in pair)]
                 for order, pair in _ORDERS.items()]
        rows += [[f'gain over {other}',
                  *(_signed(part['gains'][f'{curve} over {other}'])
                    for curve in ('deletion', 'insertion'))]
                 for other in ('random', 'evenly spread')]
        lines += [f'Faithfulness over {name} [95% interval], {of}:', '', table(rows, markdown), '']
    where = summary['localization']
    if where is not None:
        rows = [['attention on the apex', 'score', 'chance']]
        rows += [[title, format_score(where[key]), format_score(where['chance'])]
                 for title, key in (('hit rate', 'hit'), ('attention mass', 'mass'))]
        lines += [f'Localisation [95% interval], {where["clips"]} clips with a known apex:', '',
                  table(rows, markdown), '']
    return '\n'.join(lines)


def _signed(score: dict[str, Any]) -> str:
    if score['interval'] is None:
        return f'{score["value"]:+.3f} [no interval]'
    low, high = score['interval']
    return f'{score["value"]:+.3f} [{low:+.3f}, {high:+.3f}]'


def write_clips(path: Path, clips: Sequence[ClipFaithfulness], classes: Sequence[str]) -> None:
    """Writes one row per clip as CSV; empty where there is nothing."""
    header = ['clip', 'subject', 'label', 'target', 'probability', 'distinct_frames',
              *(f'{name}_{curve}' for name in UNITS for curve in CURVES), 'apex_hit',
              'apex_mass', 'apex_chance']
    with open(path, 'w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in clips:
            areas: list[Any] = []
            for name in UNITS:
                found = getattr(row, name)
                areas += [''] * len(CURVES) if found is None else found.areas.values()
            where = row.localization
            writer.writerow([
                row.clip, row.subject or '', classes[row.label], classes[row.target],
                row.probability, row.distinct_frames, *areas,
                *(['', '', ''] if where is None else [where.hit, where.mass, where.chance])])
