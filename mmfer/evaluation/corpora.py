"""Scores across corpora: of one corpus among several, and of a model on each of them.

A cell of the table is one method, trained on the corpus of its row and tested on that of its
column. All cells of a column score the same clips, with the same classes.
"""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.folds import Pool, notes, pool_predictions
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.missed_frames import MissedFrames
from mmfer.evaluation.predictions import ClipPrediction, Predictions
from mmfer.evaluation.rendering import table
from mmfer.evaluation.report import denominator, format_score, part_warnings
from mmfer.evaluation.statistics import RESAMPLES
from mmfer.evaluation.summary import scored

Entry = TypeVar('Entry', ClipPrediction, FramePredictions, FacelessClip, MissedFrames)
Files = Mapping[tuple[str, str], Sequence[Predictions]]
"""By (trained on, tested on) the predictions of all splits and seeds."""
SHOWN = ('WAR', 'UAR')
COMMONEST = 'always the commonest class'


def of_corpus(predictions: Predictions, name: str) -> Predictions:
    """The answers for the clips of one of several corpora, as if it had been tested alone.

    Clips and subjects have the ids of its own file, and the metadata name its own annotation
    and protocol; so the answers compare with those of a model of this corpus alone.

    Raises:
        PredictionError: There are none.
    """
    start = f'{name}/'
    own_facts: dict[str, Any] = next((one for one in predictions.metadata.get('corpora') or ()
                      if one['name'] == name), {})

    def own(entry: Entry) -> Entry:
        subject = entry.subject
        return replace(entry, clip=entry.clip.removeprefix(start),
                       subject=None if subject is None else subject.removeprefix(start))

    found = replace(
        predictions,
        metadata={**predictions.metadata,
                  **{key: value for key, value in own_facts.items() if key != 'name'}},
        rows=tuple(own(row) for row in predictions.rows if row.clip.startswith(start)),
        tracks=tuple(own(track) for track in predictions.tracks if track.clip.startswith(start)),
        faceless=tuple(own(clip) for clip in predictions.faceless
                       if clip.clip.startswith(start)),
        missed=tuple(own(clip) for clip in predictions.missed if clip.clip.startswith(start)))
    found.metadata.pop('coverage', None)  # of all corpora together
    if not found.rows and not found.tracks:
        names = [one['name'] for one in predictions.metadata.get('corpora') or ()]
        raise PredictionError(f"{predictions.path}: no clip of a corpus '{name}'; there are: "
                              f'{", ".join(names) or "no several corpora"}')
    return found


def only_clips(predictions: Predictions, clips: Collection[str]) -> Predictions:
    """The answers for some clips, and nothing else."""
    metadata = {key: value for key, value in predictions.metadata.items() if key != 'coverage'}
    return replace(predictions, metadata=metadata,
                   rows=tuple(row for row in predictions.rows if row.clip in clips),
                   tracks=tuple(t for t in predictions.tracks if t.clip in clips), faceless=(),
                   missed=())


def clip_ids(files: Sequence[Predictions]) -> frozenset[str]:
    """All clips that some files have an answer for."""
    return frozenset(clip for file in files for clip in (
        *(row.clip for row in file.rows), *(track.clip for track in file.tracks)))


def cross_table(files: Files, rows: Sequence[str], columns: Sequence[str],
                resamples: int = RESAMPLES) -> dict[str, Any]:
    """All cells, each column on the clips that its own corpus's protocol tested.

    Args:
        files: Predictions of all cells.
        rows: What was trained on, in order.
        columns: What was tested on, in order; each is among the rows as well.
        resamples: Of the bootstrap.

    Returns:
        ``classes``, ``rows``, ``columns``; ``cells``: those of
        :func:`~mmfer.evaluation.summary.scored` with ``trained``, ``tested`` and ``within``;
        ``commonest``: by column the scores of answering its commonest class; ``faceless``: by
        column its tested clips without a face, which are in no cell; ``notes``.

    Raises:
        PredictionError: Cells differ in their classes or a column's cells in their clips.
    """
    cells, remarks, baseline = [], [], {}
    classes: list[str] | None = None
    for column in columns:
        clips = clip_ids(files[column, column])
        for row in rows:
            pool = pool_predictions([only_clips(file, clips) for file in files[row, column]])
            classes = classes or pool.metadata['classes']
            if pool.metadata['classes'] != classes:
                raise PredictionError(
                    f'trained on {row}, tested on {column}: classes {pool.metadata["classes"]} '
                    f'against {classes}; cells of other classes do not compare')
            found = scored(pool, resamples)
            if found['clips'] != len(clips):
                raise PredictionError(
                    f'trained on {row}, tested on {column}: {found["clips"]} clips, but the '
                    f'protocol of {column} tests {len(clips)}; test again')
            cells.append({'trained': row, 'tested': column, 'within': row == column, **found})
            if row == column:
                remarks += [f'{row}: {note}' for note in notes(pool.metadata)]
                baseline[column] = _commonest(pool)
    return {'classes': classes, 'rows': list(rows), 'columns': list(columns), 'cells': cells,
            'commonest': baseline, 'notes': remarks, 'faceless': {
                column: len({clip.clip for file in files[column, column]
                             for clip in file.faceless}) for column in columns}}


def _commonest(pool: Pool) -> dict[str, float]:
    counts = np.bincount(pool.labels)
    return {'WAR': float(counts.max() / counts.sum()), 'UAR': 1 / np.count_nonzero(counts)}


def format_cross_table(result: Mapping[str, Any], markdown: bool = False) -> str:
    """WAR and UAR as two tables, with what they are of."""
    lines = [f'{len(result["classes"])} classes in all cells: {", ".join(result["classes"])}', '']
    named = [(f'{one["trained"]} on {one["tested"]}', _shown(one)) for one in result['cells']]
    remarks = [*result['notes'], *part_warnings(named)]
    for note in remarks:
        lines += [f'**{note}**', ''] if markdown else [f'!! {note}']
    if remarks and not markdown:
        lines.append('')
    found = {(one['trained'], one['tested']): one for one in result['cells']}
    for score in SHOWN:
        header = [f'{score}: trained on \\ tested on', *result['columns']]
        body = [[row, *(_cell_text(found[row, column], score) for column in result['columns'])]
                for row in result['rows']]
        base = [COMMONEST, *(f'{result["commonest"][column][score]:.3f}'
                             for column in result['columns'])]
        lines += [table([header, *body, base], markdown), '']
    star = '\\*' if markdown else '*'
    lines += ['[95% interval, bootstrap over the units of a column]. '
              f'{star}: within the corpus, by its protocol.',
              'Each column is scored on the same clips; a model of each split that was trained '
              'answers for all of those of another corpus:', '']
    lines += [_column_line(result, column) for column in result['columns']]
    return '\n'.join(lines) + '\n'


def _column_line(result: Mapping[str, Any], column: str) -> str:
    """What the cells of a column are of."""
    cells = [one for one in result['cells'] if one['tested'] == column]
    own, = (one for one in cells if one['within'])
    others = sorted({one['predictions'] for one in cells
                     if not one['within'] and one['trained'] in result['columns']})
    text = f'- {column}: {denominator(own)}; {", ".join(map(str, others))} answers from elsewhere'
    without = result['faceless'][column]
    return f'{text}; {without} more clips have no face, and are in no cell' if without else text


def _shown(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**found, 'scores': {name: found['scores'][name] for name in SHOWN}}


def _cell_text(found: Mapping[str, Any], score: str) -> str:
    return format_score(found['scores'][score]) + (' *' if found['within'] else '')
