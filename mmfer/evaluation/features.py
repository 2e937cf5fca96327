"""The features file: what the head of a model gets of each clip, without the model.

One row per clip, or per sampled frame of it, sorted by split, clip and position. Columns:

    clip, subject, split      str; subject may be null
    label                     int, index into the classes; -1 where a frame has none
    frame                     int, 1-based number of the frame; null at video level
    features                  list of float32, equally long in every row

A Parquet file has these columns and, in the schema's metadata under ``mmfer``, a JSON
object with the keys of :data:`METADATA_KEYS`. An ``.npz`` file has one array per column
(``subject`` empty and ``frame`` 0 where null) and the JSON in ``metadata``; it holds no
Python objects and is read without pickle.

Shape legend: M rows, D channels.
"""
from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.fileio import atomic_write

__all__ = ['LEVELS', 'METADATA_KEYS', 'Features', 'feature_file_kind', 'read_features',
           'write_features']

VERSION = 1
LEVELS = ('video', 'frame')
METADATA_KEYS = ('classes', 'level', 'part', 'config_name', 'config_hash', 'annotation_hash',
                 'protocol_name', 'protocol_hash', 'split', 'selection', 'subject_disjoint',
                 'checkpoint', 'seed')
"""Keys of the metadata beside ``version``; unknown values are null, but never ``classes`` and
``level``."""

_COLUMNS = {
    'clip': pa.string(), 'subject': pa.string(), 'split': pa.string(), 'label': pa.int64(),
    'frame': pa.int64(), 'features': pa.list_(pa.float32()),
}
_NULLABLE = ('subject', 'frame')


@dataclass(frozen=True)
class Features:
    """The rows of one file, column by column, and its metadata.

    Attributes:
        metadata: See :data:`METADATA_KEYS`.
        clips: M unique ids; at frame level each as often as it has frames.
        subjects: M, None where unknown.
        splits: M.
        labels: (M,) int64.
        values: (M, D) float32.
        frames: (M,) int64 1-based numbers at frame level, None at video level.
        path: Named in error messages.
    """

    metadata: dict[str, Any]
    clips: tuple[str, ...]
    subjects: tuple[str | None, ...]
    splits: tuple[str, ...]
    labels: NDArray[np.int64]
    values: NDArray[np.float32]
    frames: NDArray[np.int64] | None = None
    path: str = '<memory>'

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(self.metadata['classes'])


def check_features(features: Features) -> None:
    """Raises PredictionError, naming what, where the content cannot be right."""
    metadata, path, rows = features.metadata, features.path, len(features.clips)
    classes, level = metadata.get('classes'), metadata.get('level')
    if not isinstance(classes, list) or not classes:
        raise PredictionError(f'{path}: metadata "classes" must list names, not {classes!r}')
    if level not in LEVELS or (level == 'frame') != (features.frames is not None):
        raise PredictionError(f'{path}: metadata "level" is {level!r}; it is "frame" where rows '
                              'have frame numbers, else "video"')
    if not rows:
        raise PredictionError(f'{path}: there are no rows')
    if features.values.ndim != 2 or len(features.values) != rows:
        raise PredictionError(f'{path}: features of shape {features.values.shape} for {rows} '
                              'rows')
    if not np.isfinite(features.values).all():
        row = int(np.flatnonzero(~np.isfinite(features.values).all(1))[0])
        raise PredictionError(f'{path}: clip {features.clips[row]!r}: features: not finite')
    lowest = 0 if level == 'video' else -1
    wrong = (features.labels < lowest) | (features.labels >= len(classes))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise PredictionError(f'{path}: clip {features.clips[row]!r}: label '
                              f'{features.labels[row]} is outside {lowest}..{len(classes) - 1}')
    if level == 'video':
        pairs = list(zip(features.splits, features.clips))
        if len(set(pairs)) < rows:
            twice = next(pair for pair in pairs if pairs.count(pair) > 1)
            raise PredictionError(f'{path}: clip {twice[1]!r} occurs twice in split '
                                  f'{twice[0]!r}')


def write_features(path: str | os.PathLike[str], features: Features) -> None:
    """Writes a features file whole, as ``.parquet`` or ``.npz`` by its name.

    Raises:
        PredictionError: The content is not valid, or the name is of neither kind.
    """
    kind = feature_file_kind(path)
    metadata = {**dict.fromkeys(METADATA_KEYS), **features.metadata, 'version': VERSION}
    metadata['classes'] = list(metadata['classes'] or [])
    features = replace(features, metadata=metadata, path=str(path))
    check_features(features)
    features = _sorted(features)
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
    with atomic_write(path) as temporary:
        if kind == '.parquet':
            pq.write_table(_table(features, text), temporary, compression='zstd')
        else:
            with open(temporary, 'wb') as file:
                np.savez_compressed(file, allow_pickle=False, **_arrays(features, text))


def read_features(path: str | os.PathLike[str]) -> Features:
    """Reads and validates a features file.

    Raises:
        PredictionError: The file is missing, damaged, or its content not valid.
    """
    kind = feature_file_kind(path)
    if not Path(path).is_file():
        raise PredictionError(f'{path}: no such file; tools/extract_features.py writes one')
    try:
        features = _from_parquet(path) if kind == '.parquet' else _from_npz(path)
    except (pa.ArrowException, OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, PredictionError):
            raise
        raise PredictionError(f'{path}: not a readable features file ({error})') from error
    check_features(features)
    return features


def feature_file_kind(path: str | os.PathLike[str]) -> str:
    """``'.parquet'`` or ``'.npz'``.

    Raises:
        PredictionError: The name is of neither kind.
    """
    suffix = Path(path).suffix
    if suffix not in ('.parquet', '.npz'):
        raise PredictionError(f'{path}: features are written as *.parquet or *.npz')
    return suffix


def _sorted(features: Features) -> Features:
    order = sorted(range(len(features.clips)),
                   key=lambda row: (features.splits[row], features.clips[row]))
    frames = features.frames
    return Features(
        features.metadata, tuple(features.clips[row] for row in order),
        tuple(features.subjects[row] for row in order),
        tuple(features.splits[row] for row in order),
        np.asarray(features.labels, np.int64)[order],
        np.asarray(features.values, np.float32)[order],
        None if frames is None else np.asarray(frames, np.int64)[order], features.path)


def _table(features: Features, metadata: str) -> pa.Table:
    columns = {
        'clip': list(features.clips), 'subject': list(features.subjects),
        'split': list(features.splits), 'label': features.labels,
        'frame': [None] * len(features.clips) if features.frames is None else features.frames,
        'features': list(features.values),
    }
    arrays = {name: pa.array(columns[name], kind) for name, kind in _COLUMNS.items()}
    return pa.table(arrays).replace_schema_metadata({'mmfer': metadata})


def _arrays(features: Features, metadata: str) -> dict[str, Any]:
    frames = features.frames
    return {
        'clip': np.array(features.clips, np.str_), 'split': np.array(features.splits, np.str_),
        'subject': np.array([subject or '' for subject in features.subjects], np.str_),
        'label': features.labels, 'features': features.values,
        'frame': np.zeros(len(features.clips), np.int64) if frames is None else frames,
        'metadata': np.array(metadata, np.str_),
    }


def _from_parquet(path: str | os.PathLike[str]) -> Features:
    table = pq.read_table(path)
    metadata = _metadata(path, (table.schema.metadata or {}).get(b'mmfer'))
    for name in _COLUMNS:
        if name not in table.column_names:
            raise PredictionError(f'{path}: column {name} is missing')
        if table[name].null_count and name not in _NULLABLE:
            raise PredictionError(f'{path}: column {name}: a null')
    flat = table['features'].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return _features(path, metadata, table['clip'].to_pylist(), table['subject'].to_pylist(),
                     table['split'].to_pylist(), table['label'].to_numpy(),
                     table['frame'].to_pylist(), flat.reshape(table.num_rows, -1))


def _from_npz(path: str | os.PathLike[str]) -> Features:
    with np.load(path, allow_pickle=False) as archive:
        missing = [name for name in (*_COLUMNS, 'metadata') if name not in archive]
        if missing:
            raise PredictionError(f'{path}: array {missing[0]} is missing')
        arrays = {name: archive[name] for name in (*_COLUMNS, 'metadata')}
    metadata = _metadata(path, str(arrays['metadata']).encode())
    return _features(path, metadata, arrays['clip'].tolist(),
                     [subject or None for subject in arrays['subject'].tolist()],
                     arrays['split'].tolist(), arrays['label'],
                     [frame or None for frame in arrays['frame'].tolist()], arrays['features'])


def _features(path: str | os.PathLike[str], metadata: dict[str, Any], clips: list[str],
              subjects: list[str | None], splits: list[str], labels: NDArray,
              frames: list[int | None], values: NDArray) -> Features:
    numbered = None
    if any(frame is not None for frame in frames):
        if any(frame is None for frame in frames):
            raise PredictionError(f'{path}: column frame: null in some rows only')
        numbered = np.array(frames, np.int64)
    return Features(metadata, tuple(clips), tuple(subjects), tuple(splits),
                    np.asarray(labels, np.int64), np.asarray(values, np.float32), numbered,
                    str(path))


def _metadata(path: str | os.PathLike[str], raw: bytes | None) -> dict[str, Any]:
    metadata = json.loads(raw) if raw else None
    if not isinstance(metadata, dict) or 'level' not in metadata:
        raise PredictionError(f'{path}: without the metadata of features; '
                              'tools/extract_features.py writes them')
    if metadata.get('version') != VERSION:
        raise PredictionError(f'{path}: format version {metadata.get("version")!r}, expected '
                              f'{VERSION}; extract again with this version of mmfer')
    return metadata
