"""The predictions file: what a model said of each test clip, without the model.

One Parquet row per clip or, where a model answers for every frame, per labelled frame;
sorted by split, clip and frame. Every number and figure can be recomputed from it. Columns:

    clip, subject, split      str; subject may be null
    frame                     int, the frame, 1-based; null in all rows of answers per clip
    frames                    str, folder or video relative to the data root
    filename_tmpl             str, null for videos
    start_index               int, the number in the first file name (0 for videos)
    label                     int, index into the classes
    scores                    list of float32, one per class
    frame_numbers             list of int32, the sampled frames, 1-based
    apex                      list of int32 [first, last] or null (always, for a frame)
    attention.<name>          list of float32 or null, the weights flattened
    attention_shape.<name>    list of int32 or null, their shape

Rows of frames have no attention. The schema's metadata holds, under ``mmfer``, a JSON object
with the keys of :data:`METADATA_KEYS` and ``faceless``, the test clips without a face
(:mod:`mmfer.evaluation.faceless`); where there are any also ``missed_frames``, labelled frames
without a face (:mod:`mmfer.evaluation.missed_frames`); and where the annotation says it
``coverage``, {"mean", "clips"} of the tested clips.
"""
from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import (
    FacelessClip,
    faceless_clips,
    faceless_problem,
    faceless_records,
)
from mmfer.evaluation.frame_predictions import (
    FramePredictions,
    frame_columns,
    read_tracks,
    track_problem,
)
from mmfer.evaluation.missed_frames import (
    MissedFrames,
    coverage_problem,
    missed_frames,
    missed_problem,
    missed_records,
)
from mmfer.fileio import atomic_write
from mmfer.structures import CLIP_SCORES, FRAME_WEIGHTS, RELATION_WEIGHTS, SELF_WEIGHTS

VERSION = 3
READABLE = (1, 2, 3)
"""Versions that are read; 1 has no column ``frame``, 1 and 2 name no clips without a face."""
PER_FRAME = (FRAME_WEIGHTS, SELF_WEIGHTS, RELATION_WEIGHTS)
"""Attention with one non-negative weight per sampled frame."""
METADATA_KEYS = ('classes', 'config_name', 'config_hash', 'annotation_hash', 'protocol_name',
                 'protocol_hash', 'split', 'selection', 'subject_disjoint', 'checkpoint',
                 'seed', 'data_root')
"""Keys of the metadata beside ``version``; unknown values are null, but never ``classes``."""
OPTIONAL_KEYS = ('corpora', 'corpus_splits', 'trained_on', 'tested_on', 'left_out')
"""Further keys, only where they apply: several corpora at once, a test on another corpus, and
the labels that were left out because their class was not among the wanted ones."""

_WEIGHTS, _SHAPE = 'attention.', 'attention_shape.'
_COLUMNS = {
    'clip': pa.string(), 'subject': pa.string(), 'split': pa.string(), 'frames': pa.string(),
    'filename_tmpl': pa.string(), 'start_index': pa.int64(), 'label': pa.int64(),
    'scores': pa.list_(pa.float32()), 'frame_numbers': pa.list_(pa.int32()),
    'apex': pa.list_(pa.int32()), 'frame': pa.int64(),
}
_NULLABLE = ('subject', 'filename_tmpl', 'apex', 'frame')


@dataclass(frozen=True)
class ClipPrediction:
    """What a model said of one clip.

    Attributes:
        clip: Unique id of the clip.
        split: Split of the protocol in which it was tested.
        label: True class.
        scores: (C,) float32.
        frame_numbers: (T,) int32, the sampled frames, 1-based.
        frames: Folder or video, relative to the data root.
        subject: Who is seen, where known.
        filename_tmpl: Template of the file names in the folder; None for a video.
        start_index: Number in the first file name.
        apex: First and last frame number of the apex, where annotated.
        attention: Weights by stable name, float32 of any shape.
    """

    clip: str
    split: str
    label: int
    scores: np.ndarray
    frame_numbers: np.ndarray
    frames: str
    subject: str | None = None
    filename_tmpl: str | None = None
    start_index: int = 1
    apex: tuple[int, int] | None = None
    attention: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Predictions:
    """What one file holds, sorted by split and clip, and its metadata.

    Attributes:
        metadata: See :data:`METADATA_KEYS`.
        rows: The clips, where the answers are for clips.
        path: Named in error messages.
        tracks: The clips, where the answers are for frames; then there are no ``rows``.
        faceless: The clips of the same splits in which no face was found.
        missed: Labelled frames without a face, of answers for frames.
    """

    metadata: dict[str, Any]
    rows: tuple[ClipPrediction, ...]
    path: str = '<memory>'
    tracks: tuple[FramePredictions, ...] = ()
    faceless: tuple[FacelessClip, ...] = ()
    missed: tuple[MissedFrames, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(self.metadata['classes'])

    @cached_property
    def labels(self) -> np.ndarray:
        """(M,) int64 true classes of clips, or of all frames."""
        return true_classes(self.rows, self.tracks)

    @cached_property
    def predicted(self) -> np.ndarray:
        """(M,) int64 classes of the highest score (the first one of a tie)."""
        return predicted_classes(self.rows, self.tracks)


def true_classes(rows: Sequence[ClipPrediction],
                 tracks: Sequence[FramePredictions]) -> np.ndarray:
    """(M,) int64 labels of clips, or of the frames of all tracks one after the other."""
    if tracks:
        return np.concatenate([track.labels for track in tracks])
    return np.array([row.label for row in rows], np.int64)


def predicted_classes(rows: Sequence[ClipPrediction],
                      tracks: Sequence[FramePredictions]) -> np.ndarray:
    """(M,) int64 classes of the highest score, as :func:`true_classes` orders them."""
    if tracks:
        return np.concatenate([track.scores.argmax(1) for track in tracks])
    return np.array([row.scores.argmax() for row in rows], np.int64)


def check_predictions(predictions: Predictions) -> None:
    """Raises PredictionError, naming row and column, where the content cannot be right."""
    path, metadata = predictions.path, predictions.metadata
    missing = [key for key in METADATA_KEYS if key not in metadata]
    if missing:
        raise PredictionError(f'{path}: the metadata lacks {", ".join(missing)}')
    classes = metadata['classes']
    if (not isinstance(classes, list) or not classes or len(set(map(str, classes))) < len(classes)
            or not all(isinstance(name, str) for name in classes)):
        raise PredictionError(f'{path}: metadata "classes" must list distinct names, '
                              f'not {classes!r}')
    if not predictions.rows and not predictions.tracks:
        raise PredictionError(f'{path}: there are no rows; test a split that has clips')
    if predictions.rows and predictions.tracks:
        raise PredictionError(f'{path}: rows of clips and of frames do not mix')
    problems = [(row.split, row.clip, _row_problem(row, len(classes))) for row in predictions.rows]
    problems += [(track.split, track.clip, track_problem(track, len(classes)))
                 for track in predictions.tracks]
    seen: set[tuple[str, str]] = set()
    for split, clip, problem in problems:
        if (split, clip) in seen:
            problem = 'clip: occurs twice in one split'
        if problem:
            raise PredictionError(f'{path}: clip {clip!r} of split {split!r}: {problem}')
        seen.add((split, clip))
    wrong = (faceless_problem(predictions.faceless, seen, len(classes))
             or missed_problem(predictions.missed, len(classes), bool(predictions.tracks))
             or coverage_problem(metadata.get('coverage')))
    if wrong:
        raise PredictionError(f'{path}: {wrong}')


def _row_problem(row: ClipPrediction, num_classes: int) -> str | None:
    """What is wrong with a row, led by its column; None where nothing is."""
    if not row.clip:
        return 'clip: is empty'
    if not 0 <= row.label < num_classes:
        return f'label: {row.label} is outside 0..{num_classes - 1}'
    if row.scores.shape != (num_classes, ):
        return f'scores: {row.scores.size} scores for {num_classes} classes'
    if not np.isfinite(row.scores).all():
        return 'scores: not finite'
    numbers = row.frame_numbers
    if numbers.ndim != 1 or not numbers.size or numbers.min() < 1:
        return 'frame_numbers: must be numbers from 1 on, at least one'
    if row.apex is not None and not 1 <= row.apex[0] <= row.apex[1]:
        return f'apex: {list(row.apex)} is not [first, last] with 1 <= first <= last'
    for name, weights in row.attention.items():
        if not np.isfinite(weights).all():
            return f'{_WEIGHTS}{name}: not finite'
        if name in PER_FRAME and weights.shape != numbers.shape:
            return (f'{_WEIGHTS}{name}: shape {list(weights.shape)} for {numbers.size} '
                    'sampled frames')
        if name in PER_FRAME and (weights.min() < 0 or not weights.sum() > 0):
            return f'{_WEIGHTS}{name}: negative, or zero for every frame'
        if name == CLIP_SCORES and (weights.ndim != 1 or not weights.size
                                    or numbers.size % weights.size):
            return (f'{_WEIGHTS}{name}: shape {list(weights.shape)} for {numbers.size} sampled '
                    'frames, which must divide evenly into clips')
        if name == CLIP_SCORES and (weights.min() < 0 or not weights.sum() > 0):
            return f'{_WEIGHTS}{name}: negative, or zero for every clip'
    return None


def write_predictions(path: str | os.PathLike[str], predictions: Predictions) -> None:
    """Writes a predictions file whole; equal content gives equal bytes.

    Raises:
        PredictionError: The content is not valid.
    """
    metadata = {**dict.fromkeys(METADATA_KEYS), **predictions.metadata, 'version': VERSION}
    metadata['classes'] = list(metadata['classes'] or [])
    rows = tuple(sorted(predictions.rows, key=lambda row: (row.split, row.clip)))
    tracks = tuple(sorted(predictions.tracks, key=lambda track: (track.split, track.clip)))
    check_predictions(Predictions(metadata, rows, str(path), tracks, predictions.faceless,
                                  predictions.missed))
    metadata['faceless'] = faceless_records(predictions.faceless)
    if predictions.missed:
        metadata['missed_frames'] = missed_records(predictions.missed)
    columns = frame_columns(tracks, _COLUMNS) if tracks else {
        name: pa.array([getattr(row, name, None) for row in rows], kind)
        for name, kind in _COLUMNS.items()
    }
    for name in sorted({name for row in rows for name in row.attention}):
        weights = [row.attention.get(name) for row in rows]
        columns[_WEIGHTS + name] = pa.array(
            [None if w is None else np.ravel(w) for w in weights], pa.list_(pa.float32()))
        columns[_SHAPE + name] = pa.array(
            [None if w is None else list(w.shape) for w in weights], pa.list_(pa.int32()))
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
    table = pa.table(columns).replace_schema_metadata({'mmfer': text})
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression='zstd')


def read_predictions(path: str | os.PathLike[str]) -> Predictions:
    """Reads and validates a predictions file.

    Raises:
        PredictionError: The file is missing, damaged, or its content not valid; the
            message names file, column and row.
    """
    if not Path(path).is_file():
        raise PredictionError(f'{path}: no such file; tools/test.py --dump writes one')
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise PredictionError(f'{path}: not a readable Parquet file ({error})') from error
    metadata = _read_metadata(path, table.schema.metadata or {})
    if metadata['version'] == 1 and 'frame' not in table.column_names:
        table = table.append_column('frame', pa.nulls(table.num_rows, _COLUMNS['frame']))
    faceless = faceless_clips(str(path), metadata.pop('faceless', []))  # from version 3 on
    missed = missed_frames(str(path), metadata.pop('missed_frames', []))
    names = _check_columns(path, table)
    if table['frame'].null_count < table.num_rows:
        if names:
            raise PredictionError(f'{path}: column {_WEIGHTS}{names[0]}: rows of frames have no '
                                  'attention')
        tracks = read_tracks(path, table, len(metadata.get('classes') or ()))
        predictions = Predictions(metadata, (), str(path), tracks, faceless, missed)
        check_predictions(predictions)
        return predictions
    columns = {name: table[name].to_pylist() for name in _COLUMNS}
    attention = {
        name: _read_attention(path, name, table) for name in names
    }
    rows = []
    for index in range(table.num_rows):
        value = {name: column[index] for name, column in columns.items()}
        empty = [name for name in _COLUMNS if value[name] is None and name not in _NULLABLE]
        if empty:
            raise PredictionError(f'{path}: row {index + 1}, column {empty[0]}: is null')
        if value['apex'] is not None and (len(value['apex']) != 2 or None in value['apex']):
            raise PredictionError(f'{path}: row {index + 1}, column apex: {value["apex"]} is '
                                  'not [first, last]')
        if None in value['frame_numbers'] or None in value['scores']:
            raise PredictionError(f'{path}: row {index + 1}: a null in scores or frame_numbers')
        value['scores'] = np.array(value['scores'], np.float32)
        value['frame_numbers'] = np.array(value['frame_numbers'], np.int32)
        value['apex'] = None if value['apex'] is None else tuple(value['apex'])
        del value['frame']
        value['attention'] = {
            name: weights[index] for name, weights in attention.items()
            if weights[index] is not None
        }
        rows.append(ClipPrediction(**value))
    predictions = Predictions(metadata, tuple(rows), str(path), faceless=faceless, missed=missed)
    check_predictions(predictions)
    return predictions


def _read_metadata(path: str | os.PathLike[str], raw: dict[bytes, bytes]) -> dict[str, Any]:
    if b'mmfer' not in raw:
        raise PredictionError(f'{path}: a Parquet file, but without the metadata "mmfer"; '
                              'tools/test.py --dump writes predictions')
    try:
        metadata = json.loads(raw[b'mmfer'])
    except ValueError as error:
        raise PredictionError(f'{path}: metadata "mmfer" is not JSON ({error})') from error
    if not isinstance(metadata, dict) or metadata.get('version') not in READABLE:
        found = metadata.get('version') if isinstance(metadata, dict) else metadata
        raise PredictionError(f'{path}: format version {found!r}, expected {VERSION}; test '
                              'again with this version of mmfer')
    return metadata


def _check_columns(path: str | os.PathLike[str], table: pa.Table) -> list[str]:
    """Checks names and types of all columns; the names of the attention."""
    expected = dict(_COLUMNS)
    names = [name.removeprefix(_WEIGHTS) for name in table.column_names
             if name.startswith(_WEIGHTS)]
    for name in names:
        expected[_WEIGHTS + name] = pa.list_(pa.float32())
        expected[_SHAPE + name] = pa.list_(pa.int32())
    found = {column.name: column.type for column in table.schema}
    for name, kind in expected.items():
        if name not in found:
            raise PredictionError(f'{path}: column {name} is missing')
        if not _same_type(found[name], kind):
            raise PredictionError(f'{path}: column {name} holds {found[name]}, expected {kind}')
    unknown = sorted(set(found) - set(expected))
    if unknown:
        raise PredictionError(f'{path}: unknown column {unknown[0]}')
    return names


def _same_type(found: pa.DataType, expected: pa.DataType) -> bool:
    if pa.types.is_list(expected):
        return pa.types.is_list(found) and found.value_type == expected.value_type
    return bool(found == expected)


def _read_attention(path: str | os.PathLike[str], name: str,
                    table: pa.Table) -> list[np.ndarray | None]:
    weights: list[np.ndarray | None] = []
    pairs = zip(table[_WEIGHTS + name], table[_SHAPE + name].to_pylist(), strict=True)
    for index, (flat, shape) in enumerate(pairs):
        if not flat.is_valid or shape is None:
            if flat.is_valid or shape is not None:
                raise PredictionError(f'{path}: row {index + 1}, column {_WEIGHTS}{name}: '
                                      'values without a shape, or a shape without values')
            weights.append(None)
            continue
        values = flat.values.to_numpy(zero_copy_only=False)
        if None in shape or min(shape, default=0) < 0 or int(np.prod(shape)) != values.size:
            raise PredictionError(f'{path}: row {index + 1}, column {_SHAPE}{name}: {shape} '
                                  f'does not fit {values.size} values')
        weights.append(values.astype(np.float32).reshape(shape))
    return weights


def find_predictions(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Expands folders to the ``predictions.parquet`` files anywhere below them, sorted.

    Raises:
        PredictionError: A path does not exist, a folder holds no such file, or a file is
            reached twice.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            below = sorted(path.rglob('predictions.parquet'))
            if not below:
                raise PredictionError(f'{path}: no predictions.parquet in it or below')
            found.extend(below)
        elif path.is_file():
            found.append(path)
        else:
            raise PredictionError(f'{path}: no such file or folder')
    real = [path.resolve() for path in found]
    for index, path in enumerate(real):
        if path in real[:index]:
            raise PredictionError(f'{found[index]}: named twice; its clips would count twice')
    return found
