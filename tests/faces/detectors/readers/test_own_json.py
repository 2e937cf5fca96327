from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.own_json import read_own_json
from mmfer.faces.structures import CORNERS5

POINTS = [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]
FLAT = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def write(folder: Path, content: Any) -> Path:
    path = folder / 'a.json'
    path.write_text(json.dumps(content))
    return path


def test_one_clip(tmp_path: Path) -> None:
    path = write(tmp_path, {'7': [{'box': [0, 1, 2, 3], 'score': .5}, {'box': [4, 4, 5.5, 5]}],
                            '2': []})
    assert list(read_own_json(path, None))[1:] == [FaceRow(None, 7, [0, 1, 2, 3], .5),
                                                   FaceRow(None, 7, [4, 4, 5.5, 5], 1.)]


def test_several_clips(tmp_path: Path) -> None:
    face = {'box': [0, 1, 2, 3], 'landmarks': POINTS}
    path = write(tmp_path, {'clips': {'a/b': {'1': [face]}, 'c': {},
                                      'd': {'2': [{'landmarks': POINTS}]}}})
    rows = list(read_own_json(path, CORNERS5))
    assert {row.clip for row in rows} == {'a/b', 'c', 'd'}
    assert [row for row in rows if row.number is not None] == [
        FaceRow('a/b', 1, [0, 1, 2, 3], 1., FLAT), FaceRow('d', 2, None, 1., FLAT)]


@pytest.mark.parametrize('content, scheme, message', [
    ([], None, 'a.json: is no object of frames'),
    ({'clips': []}, None, "a.json, field 'clips'"),
    ({'clips': {'x': 3}}, None, "a.json, clip 'x': is no object of frames"),
    ({'1': 3}, None, "frame '1': is no list"),
    ({'1': [3]}, None, "frame '1', face 1: is no object"),
    ({'1': [{}]}, None, "frame '1', face 1, field 'box': None"),
    ({'1': [{'box': [1, 2, 3]}]}, None, "field 'box'.* no list of 4 numbers"),
    ({'1': [{'box': [1, 2, 3, 'x']}]}, None, "field 'box': 'x' is not a number"),
    ({'1': [{'box': [1, 2, 1, 3]}]}, None, "field 'box'.*empty"),
    ({'1': [{'box': [0, 0, 1, 1], 'score': 'high'}]}, None, "field 'score'"),
    ({'1': [{'box': [0, 0, 1, 1], 'conf': 1}]}, None, "field 'conf'"),
    ({'1': [{'box': [0, 0, 1, 1], 'landmarks': POINTS}]}, None, "field 'landmarks': say with"),
    ({'one': [{'box': [0, 0, 1, 1]}]}, None, "field 'frame': 'one'"),
    ({'0': [{'box': [0, 0, 1, 1]}]}, None, "field 'frame': '0'.* the first one is 1"),
    ({'0': []}, None, "frame '0', field 'frame'"),
    ({'1': [{'landmarks': POINTS[1:]}]}, CORNERS5, "field 'landmarks': is no list of the 5"),
    ({'1': [{'landmarks': [*POINTS[1:], [1]]}]}, CORNERS5, "field 'landmarks'.*2 numbers"),
    ({'1': [{'box': [0, 0, 1, 1]}]}, CORNERS5, "field 'landmarks'")])
def test_malformed(tmp_path: Path, content: Any, scheme: str | None, message: str) -> None:
    with pytest.raises(DetectorError, match=message):
        list(read_own_json(write(tmp_path, content), scheme))


def test_no_json(tmp_path: Path) -> None:
    path = write(tmp_path, {'1': []})
    path.write_text(path.read_text()[:-1])
    with pytest.raises(DetectorError, match='a.json: not valid JSON, it may be truncated'):
        list(read_own_json(path, None))
