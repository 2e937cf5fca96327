"""mmfer's own CSV of boxes and landmarks."""
from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from pathlib import Path

from mmfer.faces.detectors.readers.csv_rows import read_csv_rows
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.fields import check_box, fault, frame_number, to_float
from mmfer.faces.structures import SCHEMES

__all__ = ['read_own_csv']

_BOX = ('left', 'top', 'right', 'bottom')


def read_own_csv(path: Path, scheme: str | None) -> Iterator[FaceRow]:
    """Faces out of a CSV with one row per face.

    Columns: ``frame``, from 1; ``left``, ``top``, ``right`` and ``bottom``, which may be left out
    where there are landmarks; ``score`` (1 where there is no such column); ``x_0``, ``y_0``,
    ``x_1``, ... of the landmarks of ``scheme``; ``clip`` in a file of several clips. A row with a
    clip and nothing else says that the clip has no face.

    Raises:
        DetectorError: The file is malformed; names line and field.
    """
    points = tuple(f'{axis}_{index}' for index in range(SCHEMES[scheme] if scheme else 0)
                   for axis in 'xy')
    checked = False
    for where, cells in read_csv_rows(path):
        if not checked:
            _check_columns(f'{path}, line 1', cells, points)
            checked = True
        clip = cells.get('clip')
        if clip == '':
            raise fault(where, 'clip', 'is empty')
        if clip and not any(cell for name, cell in cells.items() if name != 'clip'):
            yield FaceRow(clip, None)
            continue
        box = [to_float(cells[name], where, name) for name in _BOX] if _BOX[0] in cells else None
        yield FaceRow(clip, frame_number(cells['frame'], where),
                      box and check_box(box, where, 'left, top, right, bottom'),
                      to_float(cells.get('score', 1), where, 'score'),
                      [to_float(cells[name], where, name) for name in points] or None)


def _check_columns(where: str, columns: Collection[str], points: Collection[str]) -> None:
    needed = ['frame', *points]
    if not points or set(_BOX) & set(columns):
        needed += _BOX
    for name in needed:
        if name not in columns:
            raise fault(where, name, 'there is no such column')
    known = {'clip', 'score', *needed}
    for name in columns:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f' (is it {near[0]!r}?)' if near else ''
            if name[:2] in ('x_', 'y_'):
                hint = ' (say with scheme what the landmarks are)'
            raise fault(where, name, f'no column has this name{hint}')
