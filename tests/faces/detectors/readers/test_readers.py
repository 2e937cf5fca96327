"""Whatever a file holds, a reader gives faces or says what is wrong with it."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers import READERS, build_tables
from mmfer.faces.structures import CENTRES5

POINTS = [[i, i + 1] for i in range(5)]
NAMES = ('right_eye', 'left_eye', 'nose', 'mouth_right', 'mouth_left')
SOUND = {
    'csv': 'clip,frame,left,top,right,bottom,score,x_0,y_0,x_1,y_1,x_2,y_2,x_3,y_3,x_4,y_4\n'
           'a,1,0,0,9,9,0.5,1,2,3,4,5,6,7,8,9,10\nb' + ',' * 16 + '\n',
    'json': json.dumps({'clips': {'a': {'1': [{'box': [0, 0, 9, 9], 'landmarks': POINTS}]}}}),
    'openface': ','.join(['frame', 'confidence', 'success', *(
        f'{axis}_{i}' for axis in 'xy' for i in range(68))]) + '\n1,.9,1' + ',3' * 136 + '\n',
    'retinaface_json': json.dumps({'1.jpg': {'face_1': {
        'score': 1, 'facial_area': [0, 1, 4, 5],
        'landmarks': dict(zip(NAMES, POINTS, strict=True))}}}),
    'retinaface_txt': 'a/000001.jpg\n1\n0 0 4 4 0.5\na/000002.jpg\n0\n'}


def read(path: Path, name: str):  # noqa: ANN201
    reader = READERS[name]
    scheme = CENTRES5 if reader.own else reader.scheme
    return build_tables(reader.read(path, scheme), scheme)


@pytest.mark.parametrize('name', READERS)
def test_sound_files_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / 'a'
    path.write_text(SOUND[name])
    tables = read(path, name)
    assert sum(len(table.numbers) for table in tables.values()) == 1


@pytest.mark.parametrize('name', READERS)
@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_named(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(SOUND[name].encode())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(start, min(start + 8, len(content))))
        content[start:stop] = data.draw(st.one_of(
            st.binary(max_size=4), st.sampled_from([b',', b'\n', b'"', b'[]', b'{}', b'null',
                                                    b'-1', b'1e999', b'NaN', b'0', b'\0'])))
    path = tmp_path / 'damaged'
    path.write_bytes(content)
    try:
        tables = read(path, name)
    except DetectorError as error:
        assert str(path) in str(error)
        return
    for table in tables.values():
        assert np.isfinite(table.boxes).all() and np.isfinite(table.scores).all()
        assert table.landmarks is None or np.isfinite(table.landmarks).all()
