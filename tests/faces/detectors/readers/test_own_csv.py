from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.own_csv import read_own_csv
from mmfer.faces.structures import CENTRES5

POINTS = ','.join(f'{axis}_{i}' for i in range(5) for axis in 'xy')


def write(folder: Path, text: str) -> Path:
    path = folder / 'a.csv'
    path.write_text(text)
    return path


def test_boxes(tmp_path: Path) -> None:
    path = write(tmp_path, 'frame,left,top,right,bottom,score\n3,1.5,-2,30,40,0.5\n1,0,0,9,9,1\n')
    assert list(read_own_csv(path, None)) == [FaceRow(None, 3, [1.5, -2, 30, 40], .5),
                                              FaceRow(None, 1, [0, 0, 9, 9], 1.)]


def test_several_clips_and_landmarks(tmp_path: Path) -> None:
    path = write(tmp_path, f'{POINTS},clip,frame\n1,2,3,4,5,6,7,8,9,10,a/b,7\n{"," * 10}c,\n')
    assert list(read_own_csv(path, CENTRES5)) == [
        FaceRow('a/b', 7, None, 1., [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), FaceRow('c', None)]


def test_boxes_and_landmarks(tmp_path: Path) -> None:
    path = write(tmp_path, f'frame,left,top,right,bottom,{POINTS}\n1,0,0,9,9{",5" * 10}\n')
    assert list(read_own_csv(path, CENTRES5)) == [FaceRow(None, 1, [0, 0, 9, 9], 1., [5] * 10)]


@pytest.mark.parametrize('header, field', [
    ('frame,left,top,right', 'bottom'), ('left,top,right,bottom', 'frame'), ('frame', 'left'),
    (f'frame,left,{POINTS}', 'top'), (f'frame,{POINTS[:-4]}', 'y_4')])
def test_missing_columns(tmp_path: Path, header: str, field: str) -> None:
    scheme = CENTRES5 if 'x_0' in header else None
    path = write(tmp_path, f'{header}\n{",".join("1" * (header.count(",") + 1))}\n')
    with pytest.raises(DetectorError, match=f"a.csv, line 1, field '{field}': there is no such"):
        list(read_own_csv(path, scheme))


@pytest.mark.parametrize('extra, hint', [
    ('scor', "is it 'score'"), ('x_0', 'say with scheme'), ('id', 'no column has this name')])
def test_unknown_columns(tmp_path: Path, extra: str, hint: str) -> None:
    path = write(tmp_path, f'frame,left,top,right,bottom,{extra}\n1,0,0,9,9,1\n')
    with pytest.raises(DetectorError, match=f"line 1, field '{extra}': .*{hint}"):
        list(read_own_csv(path, None))


@pytest.mark.parametrize('row, field', [
    ('a,x,0,0,9,9,1', 'frame'), ('a,0,0,0,9,9,1', 'frame'), ('a,1,0,0,9,,1', 'bottom'),
    ('a,1,0,0,9,9,', 'score'), ('a,1,9,0,9,9,1', 'left, top, right, bottom'),
    (',1,0,0,9,9,1', 'clip'), ('a,,0,0,9,9,1', 'frame')])
def test_malformed_rows(tmp_path: Path, row: str, field: str) -> None:
    path = write(tmp_path, f'clip,frame,left,top,right,bottom,score\na,1,0,0,9,9,1\n{row}\n')
    with pytest.raises(DetectorError, match=f"a.csv, line 3, field '{field}'"):
        list(read_own_csv(path, None))
