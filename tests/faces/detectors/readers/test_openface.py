from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.openface import read_openface
from mmfer.faces.structures import IBUG68

# as the program writes it: blanks behind the commas, further columns between
HEADER = ', '.join(['frame', 'face_id', 'timestamp', 'confidence', 'success', 'gaze_0_x',
                    *(f'x_{i}' for i in range(68)), *(f'y_{i}' for i in range(68)), 'AU01_r'])


def row(frame: object = 1, confidence: object = .98, success: object = 1,
        xs: list | None = None) -> str:
    xs = xs or [100.5 + i for i in range(68)]
    return ', '.join(map(str, [frame, 0, 0.04, confidence, success, .1, *xs,
                               *(200.25 + 2 * i for i in range(68)), 0.0]))


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / 'a.csv'
    path.write_text('\n'.join([header, *rows]) + '\n')
    return path


def test_faces(tmp_path: Path) -> None:
    faces = list(read_openface(write(tmp_path, row(1), row(2, success=0), row(2, .5), row(3)),
                               IBUG68))
    assert [(face.number, face.score) for face in faces] == [(1, .98), (2, .5), (3, .98)]
    assert faces[0].clip is None and faces[0].box is None
    assert faces[0].points[:4] == [100.5, 200.25, 101.5, 202.25] and len(faces[0].points) == 136


@pytest.mark.parametrize('line, field', [
    (row('x'), 'frame'), (row(0), 'frame'), (row(confidence='nan'), 'confidence'),
    (row(success='yes'), 'success'), (row(xs=[*range(67), 'a']), 'x_67')])
def test_malformed_rows(tmp_path: Path, line: str, field: str) -> None:
    with pytest.raises(DetectorError, match=f"a.csv, line 3, field '{field}'"):
        list(read_openface(write(tmp_path, row(), line), IBUG68))


def test_what_is_no_face_may_hold_anything(tmp_path: Path) -> None:
    assert not list(read_openface(write(tmp_path, row(success=0, xs=['-nan(ind)'] * 68)), IBUG68))


def test_missing_columns(tmp_path: Path) -> None:
    path = write(tmp_path, '1, .9, 1', header='frame, confidence, success')
    with pytest.raises(DetectorError, match="field 'x_0': there is no such column.*-2Dfp"):
        list(read_openface(path, IBUG68))
