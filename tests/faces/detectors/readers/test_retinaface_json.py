from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.retinaface_json import read_retinaface_json
from mmfer.faces.structures import CENTRES5

# the example in the documentation of the package retina-face
FACES = {'face_1': {
    'score': 0.9993440508842468, 'facial_area': [155, 81, 434, 443],
    'landmarks': {'right_eye': [257.82974, 209.64787], 'left_eye': [374.93427, 251.78687],
                  'nose': [303.4773, 299.91144], 'mouth_right': [228.37329, 338.73193],
                  'mouth_left': [320.21982, 374.58798]}}}


def read(folder: Path, content: Any) -> list[FaceRow]:
    path = folder / 'a.json'
    path.write_text(json.dumps(content))
    return [row for row in read_retinaface_json(path, CENTRES5) if row.box is not None]


def test_faces(tmp_path: Path) -> None:
    rows = read(tmp_path, {'5': FACES, 'frames/000006.jpg': {}, '000007.png': [FACES['face_1']],
                           '8': []})
    assert [row.number for row in rows] == [5, 7]
    assert rows[0] == FaceRow(None, 5, [155, 81, 434, 443], 0.9993440508842468, [
        257.82974, 209.64787, 374.93427, 251.78687, 303.4773, 299.91144, 228.37329, 338.73193,
        320.21982, 374.58798])
    # the first eye is the left one of the picture, as the scheme has it
    assert rows[0].points[0] < rows[0].points[2]


@pytest.mark.parametrize('change, field', [
    (dict(score='x'), 'score'), (dict(score=None), 'score'),
    (dict(facial_area=[1, 2, 3]), 'facial_area'), (dict(facial_area=[3, 2, 1, 4]), 'facial_area'),
    (dict(landmarks=[]), 'landmarks'), (dict(landmarks={'right_eye': [1, 2]}), 'left_eye')])
def test_malformed(tmp_path: Path, change: dict, field: str) -> None:
    content = copy.deepcopy(FACES)
    content['face_1'].update(change)
    with pytest.raises(DetectorError, match=f"frame '5', face 'face_1', field '{field}'"):
        read(tmp_path, {'5': content})


def test_key_without_number(tmp_path: Path) -> None:
    for faces in (FACES, {}):
        with pytest.raises(DetectorError, match="'first.jpg' has no number"):
            read(tmp_path, {'first.jpg': faces})


def test_frames_without_a_face_are_listed(tmp_path: Path) -> None:
    (tmp_path / 'a.json').write_text(json.dumps({'0.jpg': {}, '1.jpg': []}))
    rows = list(read_retinaface_json(tmp_path / 'a.json', CENTRES5))
    assert {row.number for row in rows} == {None, 0, 1}
    assert all(row.box is None for row in rows)
