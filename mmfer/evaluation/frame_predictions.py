"""Answers per frame: one object per clip in memory, one row per frame in the file.

A corpus with labels of frames has millions of them, so everything here works on arrays.
Axes: T frames of a clip, M frames of all clips, C classes.
"""
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmfer.errors import PredictionError

__all__ = ['FramePredictions', 'frame_columns', 'read_tracks', 'track_problem']

# what all rows of a clip share
_SHARED = ('clip', 'subject', 'split', 'frames', 'filename_tmpl', 'start_index')


@dataclass(frozen=True)
class FramePredictions:
    """What a model said of the labelled frames of one clip.

    Attributes:
        clip: Unique id of the clip.
        split: Split of the protocol in which it was tested.
        frame_numbers: (T,) int32, the labelled frames, 1-based, ascending.
        labels: (T,) int64 true classes.
        scores: (T, C) float32.
        frames: Folder or video, relative to the data root.
        subject: Who is seen, where known.
        filename_tmpl: Template of the file names in the folder; None for a video.
        start_index: Number in the first file name.
    """

    clip: str
    split: str
    frame_numbers: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    frames: str
    subject: str | None = None
    filename_tmpl: str | None = None
    start_index: int = 1


def track_problem(track: FramePredictions, num_classes: int) -> str | None:
    """What is wrong with the answers for a clip, led by the column; None where nothing is."""
    numbers, count = track.frame_numbers, len(track.frame_numbers)
    if not track.clip:
        return 'clip: is empty'
    if not count or numbers.min() < 1:
        return 'frame: must be numbers from 1 on, at least one'
    steps = np.diff(numbers)
    if (steps == 0).any():
        return f'frame: {numbers[:-1][steps == 0][0]} occurs twice'
    if (steps < 0).any():
        return 'frame: the numbers are not ascending'
    wrong = (track.labels < 0) | (track.labels >= num_classes)
    if len(track.labels) != count or wrong.any():
        what = track.labels[wrong][0] if wrong.any() else f'{len(track.labels)} of {count}'
        return f'label: {what} is outside 0..{num_classes - 1}'
    if track.scores.shape != (count, num_classes):
        return f'scores: shape {list(track.scores.shape)}, not {[count, num_classes]}'
    if not np.isfinite(track.scores).all():
        return 'scores: not finite'
    return None


def frame_columns(tracks: Sequence[FramePredictions],
                  kinds: dict[str, pa.DataType]) -> dict[str, pa.Array]:
    """The columns of a predictions file, one row per frame.

    Args:
        tracks: Valid ones, in the order of the file.
        kinds: Names and types of the columns.
    """
    index = pa.array(np.repeat(np.arange(len(tracks)), [len(t.labels) for t in tracks]))
    numbers = np.concatenate([track.frame_numbers for track in tracks]).astype(np.int32)
    scores = np.concatenate([track.scores for track in tracks]).astype(np.float32)
    columns = {name: pa.array([getattr(track, name) for track in tracks], kinds[name]).take(index)
               for name in _SHARED}
    columns |= {
        'frame': pa.array(numbers, kinds['frame']),
        'label': pa.array(np.concatenate([track.labels for track in tracks]), kinds['label']),
        'scores': _lists(scores), 'frame_numbers': _lists(numbers[:, None]),
        'apex': pa.nulls(len(numbers), kinds['apex']),
    }
    return {name: columns[name] for name in kinds}


def _lists(rows: np.ndarray) -> pa.ListArray:
    """(M, n) as a column of lists of n."""
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * np.int32(rows.shape[1])
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(rows.ravel()))


def read_tracks(path: str | os.PathLike[str], table: pa.Table,
                num_classes: int) -> tuple[FramePredictions, ...]:
    """The clips of a table with one row per frame, sorted by split and clip.

    Raises:
        PredictionError: A value is null, lists have a wrong length, or the rows of a clip do
            not agree; names file, column and row.
    """
    numbers, labels = (_numbers(path, table, name) for name in ('frame', 'label'))
    scores = _rows(path, table, 'scores', num_classes)
    if not np.array_equal(_rows(path, table, 'frame_numbers', 1)[:, 0], numbers):
        raise PredictionError(f'{path}: column frame_numbers: a row of a frame holds that frame')
    codes, values = {}, {}
    for name in _SHARED:
        codes[name], values[name] = _encoded(table[name])
        if name in ('clip', 'split', 'frames', 'start_index') and None in values[name]:
            raise PredictionError(f'{path}: row {_first_null(table[name])}, column {name}: is null')
    order = np.lexsort((numbers, codes['clip'], codes['split']))
    key = codes['split'][order] * len(values['clip']) + codes['clip'][order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    counts = np.diff(first, append=len(order))
    tracks = []
    for start, count in zip(first.tolist(), counts.tolist()):
        rows = order[start:start + count]
        facts: dict[str, Any] = {}
        for name in _SHARED:
            there = codes[name][rows]
            facts[name] = values[name][there[0]]
            if (there != there[0]).any():
                raise PredictionError(f'{path}: clip {facts["clip"]!r}: column {name} differs '
                                      'between its frames')
        tracks.append(FramePredictions(frame_numbers=numbers[rows].astype(np.int32),
                                       labels=labels[rows], scores=scores[rows], **facts))
    return tuple(tracks)


def _numbers(path: str | os.PathLike[str], table: pa.Table, name: str) -> np.ndarray:
    if table[name].null_count:
        why = '; rows of clips and of frames do not mix' if name == 'frame' else ''
        raise PredictionError(
            f'{path}: row {_first_null(table[name])}, column {name}: is null{why}')
    return table[name].to_numpy().astype(np.int64)


def _rows(path: str | os.PathLike[str], table: pa.Table, name: str, width: int) -> np.ndarray:
    """A column of lists of ``width`` numbers as (M, width)."""
    lists = table[name].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), -1).to_numpy()
    flat = pc.list_flatten(lists)
    wrong = np.flatnonzero(lengths != width)
    if wrong.size or flat.null_count:
        row = int(wrong[0]) if wrong.size else _first_null(flat) // width
        raise PredictionError(f'{path}: row {row + 1}, column {name}: not {width} numbers')
    return flat.to_numpy().reshape(-1, width)


def _encoded(column: pa.ChunkedArray) -> tuple[np.ndarray, list[Any]]:
    """Each row's place (M,) among the sorted distinct values, null before all; the values."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding='encode')
    values = encoded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=lambda i: (values[i] is not None, values[i]))
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    return rank[encoded.indices.to_numpy()], [values[i] for i in order]


def _first_null(column: pa.ChunkedArray | pa.Array) -> int:
    """1-based row of the first null."""
    return int(pc.index(pc.is_null(column), True).as_py()) + 1
