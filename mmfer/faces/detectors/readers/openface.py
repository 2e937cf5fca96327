"""What OpenFace's FeatureExtraction and FaceLandmarkVidMulti write of a video."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmfer.faces.detectors.readers.csv_rows import read_csv_rows
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.fields import fault, frame_number, to_float
from mmfer.faces.structures import IBUG68, SCHEMES

__all__ = ['read_openface']

_NEEDED = ('frame', 'confidence', 'success')
_POINTS = tuple(f'{axis}_{index}' for index in range(SCHEMES[IBUG68]) for axis in 'xy')


def read_openface(path: Path, scheme: str | None) -> Iterator[FaceRow]:
    """Faces of one video out of OpenFace's CSV (Baltrusaitis et al., FG 2018).

    Columns: ``frame`` (1-based), ``confidence``, ``success``, ``x_0`` to ``x_67`` and ``y_0`` to
    ``y_67`` in pixels; all others are passed over. A row with ``success`` 0 is no face.

    Raises:
        DetectorError: The file is malformed; names line and field.
    """
    for where, cells in read_csv_rows(path):
        missing = [name for name in (*_NEEDED, *_POINTS) if name not in cells]
        if missing:
            raise fault(where, missing[0], 'there is no such column; write it with '
                        'FeatureExtraction -2Dfp')
        number = frame_number(cells['frame'], where)
        if cells['success'] not in ('0', '1'):
            raise fault(where, 'success', f'{cells["success"]!r} is neither 0 nor 1')
        if cells['success'] == '1':
            yield FaceRow(None, number, None, to_float(cells['confidence'], where, 'confidence'),
                          [to_float(cells[name], where, name) for name in _POINTS])
