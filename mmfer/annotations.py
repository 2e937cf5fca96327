"""The annotation file: facts about clips, one row each, no splits.

JSON in MMEngine's layout::

    {"metainfo": {"format": 1, "corpus": str, "classes": [names], "counts": {...},
                  "ledger_hash": null},
     "data_list": [row, ...]}

A row holds

- ``clip``: unique id; rows are sorted by it.
- ``frames``: a folder of frames, a video, or one image (a clip of one frame), as a POSIX
  path relative to a root that the config names.
- ``num_frames``: the number of frames present; 0 for a clip in none of whose frames a face
  was found, which no model can answer and which counts as missed in scores over all clips.
- ``filename_tmpl``, ``start_index``: the names of the files in a folder; ``start_index`` is
  the number in the name of frame 1. Defaults ``'{:06d}.jpg'`` and 1; 0 for videos.
- ``frame_numbers``: the numbers of the frames present, only where some are missing.
- ``label``: index into ``classes``; or ``frame_labels``: one index per frame number, -1 to
  ignore (``frame_labels[n - 1]`` belongs to frame n). Without either, a row is unlabelled.
- ``label_distribution``: beside ``label``, the share of annotators who chose each class; one
  number per class, which sum to 1.
- ``face_status``: of rows of face crops, the status of every frame 1..N of the video, run by run
  (:mod:`mmfer.faces.status_runs`), ``found*12 absent*5``; frame labels then reach frame N.
  ``coverage`` beside it: the share of frames found or tracked.
- ``subject``: who is seen; ``apex``: ``[first, last]`` frame numbers, both included.
- any further field: a column to slice results by.

Frame numbers are 1-based everywhere: file index = number - 1 + ``start_index``, position in
a video = number - 1.
"""
from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from mmfer.annotation_canonical import canonical_rows
from mmfer.annotation_rows import FIELDS, check_metainfo, check_relative
from mmfer.annotation_screen import RowScreen
from mmfer.annotation_table import Columns, Row, RowTable
from mmfer.errors import AnnotationError
from mmfer.fileio import atomic_write
from mmfer.jsonfile import (
    OtherLayoutError,
    canonical_json,
    json_hash,
    read_json,
    read_json_blocks,
)

FORMAT = 1
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.flv')
IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.bmp', '.webp', '.tif', '.tiff')
# rows that are checked at a time
_BLOCK = 8192


@dataclass(frozen=True)
class Annotations:
    """A validated annotation file; its content is not to be changed.

    Attributes:
        metainfo: see the module's text.
        rows: sorted by clip. Those of a file are a
            :class:`~mmfer.annotation_table.RowTable`, which makes a new dict at each access:
            go through it once, or keep what is needed.
        path: where it was read from.
    """

    metainfo: dict[str, Any]
    rows: Sequence[Row]
    path: Path

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the labels."""
        return tuple(self.metainfo['classes'])

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, see :func:`annotation_hash`."""
        return annotation_hash(self.metainfo, self.rows)

    @cached_property
    def table(self) -> RowTable:
        """The rows in columns."""
        return RowTable.of(self.rows)

    @cached_property
    def places(self) -> dict[str, int]:
        """Index in ``rows`` by clip id."""
        return dict(zip(self.table.column('clip').to_pylist(), range(len(self.rows))))

    @property
    def by_clip(self) -> Mapping[str, Row]:
        """Rows by clip id."""
        return _RowsByClip(self)

    @cached_property
    def labelled(self) -> list[Row]:
        """Rows with a label of the clip or of at least one frame."""
        return [row for row, labelled in zip(self.rows, self.table.labelled()) if labelled]


class _RowsByClip(Mapping[str, Row]):

    def __init__(self, annotations: Annotations) -> None:
        self._annotations = annotations

    def __getitem__(self, clip: str) -> Row:
        return self._annotations.rows[self._annotations.places[clip]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._annotations.places)

    def __len__(self) -> int:
        return len(self._annotations.places)


def is_labelled(row: Mapping[str, Any]) -> bool:
    """Whether a row has a clip label or at least one frame label that counts."""
    return 'label' in row or any(label >= 0 for label in row.get('frame_labels', ()))


def media_kind(row: Mapping[str, Any]) -> str:
    """``'folder'``, ``'video'`` or ``'image'``: what the row's ``frames`` names."""
    if 'filename_tmpl' not in row:
        suffix = os.path.splitext(row['frames'])[1].lower()
        if suffix in VIDEO_SUFFIXES:
            return 'video'
        if suffix in IMAGE_SUFFIXES:
            return 'image'
    return 'folder'


def make_metainfo(corpus: str, classes: Sequence[str], rows: Sequence[Row],
                  ledger_hash: str | None = None) -> dict[str, Any]:
    """The metainfo of ``rows``, counts included."""
    per_class = Counter(row['label'] for row in rows if 'label' in row)
    for row in rows:
        per_class.update(label for label in row.get('frame_labels', ()) if label >= 0)
    counts = {
        'clips': len(rows),
        'labelled': sum(is_labelled(row) for row in rows),
        'subjects': len({row['subject'] for row in rows if 'subject' in row}),
        'frames': sum(row['num_frames'] for row in rows),
        'per_class': {name: per_class[index] for index, name in enumerate(classes)},
    }
    return {'format': FORMAT, 'corpus': corpus, 'classes': list(classes), 'counts': counts,
            'ledger_hash': ledger_hash}


def annotation_hash(metainfo: Mapping[str, Any], rows: Iterable[Row]) -> str:
    """SHA-256 of the canonical JSON of the content; layout and key order do not matter."""
    if not isinstance(rows, RowTable):
        return json_hash({'metainfo': metainfo,
                          'data_list': sorted(rows, key=lambda row: row['clip'])})
    digest = hashlib.sha256(b'{"data_list":[')  # the same text, never whole
    for piece in canonical_rows(rows):
        digest.update(piece)
    digest.update(f'],"metainfo":{canonical_json(metainfo)}}}'.encode())
    return digest.hexdigest()


def read_annotations(path: str | os.PathLike[str]) -> Annotations:
    """Reads and validates an annotation file.

    A million rows take seconds and some 300 MB at most, provided that there are line breaks
    between rows, as :func:`write_annotations` makes them. Another layout is read whole before
    it is checked, which takes several times the memory.

    Raises:
        AnnotationError: naming file, row and field.
    """
    path = Path(path)
    try:
        with path.open('rb') as file:
            return _annotations(read_json_blocks(file, 'data_list'), path)
    except OSError as error:
        raise AnnotationError(f'{path}: cannot be read: {error.strerror}') from error
    except OtherLayoutError:
        content = read_json(path, AnnotationError)
    if not isinstance(content, dict) or not isinstance(content.get('data_list'), list):
        raise AnnotationError(f'{path}: not an annotation file: it must be a JSON object with '
                              '"metainfo" and a list "data_list" (tools/prepare.py writes one)')
    return _annotations(iter([content, content['data_list']]), path)


def write_annotations(path: str | os.PathLike[str], metainfo: Mapping[str, Any],
                      rows: Iterable[Row]) -> None:
    """Validates and writes an annotation file, whole, one row a line, sorted by clip.

    The same content gives the same bytes, whatever the order of rows and fields.

    Raises:
        AnnotationError: naming file, row and field, as on reading.
    """
    rows = list(rows)
    blocks = (rows[start:start + _BLOCK] for start in range(0, len(rows), _BLOCK))
    for _ in _checked(metainfo, blocks, str(path)):
        pass
    _check_ids([row['clip'] for row in rows], str(path))
    rank = {field: index for index, field in enumerate(FIELDS)}

    def line(row: Row) -> str:
        fields = sorted(row, key=lambda field: (rank.get(field, len(rank)), field))
        return _dumps({field: row[field] for field in fields})

    with atomic_write(path) as temporary, temporary.open('wb') as file:
        try:
            file.write(f'{{"metainfo": {_dumps(metainfo)},\n"data_list": [\n'.encode())
            for index, row in enumerate(sorted(rows, key=lambda row: row['clip'])):
                file.write((',\n' if index else '').encode() + line(row).encode())
            file.write(b'\n]}\n')
        except (TypeError, ValueError) as error:
            raise AnnotationError(f'{path}: cannot be written as JSON: {error}') from error


def resolve_inside(root: str | os.PathLike[str], relative: str) -> Path:
    """The real path of ``root``/``relative``, which need not exist.

    Raises:
        AnnotationError: if ``relative`` is absolute, has a ``..`` part, or leads out of
            ``root`` through a symbolic link (the root itself may be one).
    """
    problem = check_relative(relative)
    if problem:
        raise AnnotationError(f'path {relative!r} {problem}; paths stay inside the root {root}')
    base = os.path.realpath(root)
    path = os.path.realpath(os.path.join(base, relative))
    if path != base and not path.startswith(base.rstrip(os.sep) + os.sep):
        raise AnnotationError(f'path {relative!r} leads out of the root {root} through a '
                              f'symbolic link (to {path}); copy the files into the root')
    return Path(path)


def check_root(annotations: Annotations, root: str | os.PathLike[str]) -> None:
    """Checks that the media of every row exist and lie inside ``root``.

    Links among the files of a frame folder are followed too.

    Raises:
        AnnotationError: naming the first rows that fail.
    """
    problems = []
    for row in annotations.rows:
        try:
            path = resolve_inside(root, row['frames'])
            if not path.exists():
                raise AnnotationError(f'{path} does not exist')
            if path.is_dir():
                for entry in os.scandir(path):
                    if entry.is_symlink():
                        resolve_inside(root, f'{row["frames"]}/{entry.name}')
        except AnnotationError as error:
            problems.append(f'clip {row["clip"]!r}: {error}')
    if problems:
        more = f' (and {len(problems) - 5} more)' if len(problems) > 5 else ''
        raise AnnotationError(f'{annotations.path}: {"; ".join(problems[:5])}{more}')


def _dumps(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _annotations(parts: Iterator[Any], path: Path) -> Annotations:
    """Checks the content of a file: the object that holds metainfo, then lists of rows."""
    metainfo = next(parts).get('metainfo')
    table = RowTable.build(_checked(metainfo, parts, str(path)))
    clips = table.column('clip')
    if not pc.all(pc.less(clips[:-1], clips[1:]), min_count=0).as_py():
        _check_ids(clips.to_pylist(), str(path))
        table = table.take(pc.sort_indices(clips).to_numpy())
    return Annotations(metainfo, table, path)


def _checked(metainfo: Any, blocks: Iterable[list[Any]], where: str
             ) -> Iterator[tuple[int, Columns]]:
    """Number and columns of the rows in each block, after all checks but that of unique ids."""
    problem = check_metainfo(metainfo, FORMAT)
    if problem:
        raise AnnotationError(f'{where}: metainfo: {problem}')
    screen = RowScreen(len(metainfo['classes']))
    first = 0
    for rows in blocks:
        columns, fault, index = screen.columns(rows)
        if fault:
            row = rows[index]
            clip = f' (clip {row["clip"]!r})' if isinstance(row, dict) and 'clip' in row else ''
            raise AnnotationError(f'{where}: row {first + index}{clip}: {fault}')
        yield len(rows), columns
        first += len(rows)


def _check_ids(clips: list[str], where: str) -> None:
    if len(set(clips)) == len(clips):
        return
    first_row: dict[str, int] = {}
    for index, clip in enumerate(clips):
        earlier = first_row.setdefault(clip, index)
        if earlier != index:
            raise AnnotationError(f"{where}: row {index}: field 'clip': {clip!r} is already "
                                  f'the id of row {earlier}; ids must be unique')
