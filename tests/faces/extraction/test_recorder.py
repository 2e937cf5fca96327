from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.faces.extraction.parts import part_path
from mmfer.faces.extraction.recorder import Recorder, encode_crop
from mmfer.faces.ledger import main_people, read_ledger
from mmfer.faces.settings import CropFormat
from mmfer.faces.structures import FrameFaces, TrackedFace, VideoFrame

from .conftest import make_pipeline

IMAGE = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
POINTS = np.array([[.36, .45], [.64, .45], [.5, .6], [.4, .74], [.6, .74]])


def face(person, shot=0, side=20., status='found', x=4.):
    box = np.array([x, 5, x + side, 5 + side], np.float32)
    landmarks = (box[:2] + side * POINTS).astype(np.float32)
    return TrackedFace(person, shot, box, landmarks, .5, status)


def frame(number, *faces, shot=0):
    shot = faces[0].shot if faces else shot
    return FrameFaces(VideoFrame(IMAGE, number, number / 5), faces, shot)


@pytest.fixture(scope='module')
def pipeline():
    return make_pipeline()


statuses = st.sampled_from(['found', 'tracked', 'interpolated', 'too small', 'blurred'])
seen = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([16., 20., 25.]), statuses),
                max_size=3, unique_by=lambda one: one[0])


@settings(max_examples=30, deadline=None)
@given(st.lists(seen, min_size=1, max_size=8), st.integers(0, 8))
def test_main_people_are_those_that_the_ledger_tells(pipeline, tmp_path_factory, frames, stop):
    """Also when the recorder went on from a state, and across shots."""
    folder = tmp_path_factory.mktemp('work')
    recorder = Recorder('c', folder, pipeline)
    for number, faces in enumerate(frames, 1):
        shot = number // 4
        if number == stop:
            recorder.save_part()
            state = json.loads(json.dumps(recorder.state()))
            recorder = Recorder('c', folder, pipeline)
            recorder.restore(state)
        recorder.add(frame(number, *(face(person + 3 * shot, shot, side, status)
                                     for person, side, status in sorted(faces)), shot=shot))
    recorder.save_part()
    assert recorder.frames == len(frames)
    tables = [read_ledger(part_path(folder, n)).table for n in range(1, recorder.parts + 1)]
    import pyarrow as pa
    assert recorder.main_people() == main_people(pa.concat_tables(tables))


def test_everybody_has_crops_where_they_can_be_used(pipeline, tmp_path):
    recorder = Recorder('c', tmp_path, pipeline)
    recorder.add(frame(1, face(1), face(2, status='too small', x=30.)))
    recorder.add(frame(2, face(1, status='tracked'), face(2, status='interpolated')))
    recorder.add(frame(3, face(1, status='blurred')))
    recorder.add(frame(4))
    recorder.save_part()
    assert sorted(path.relative_to(tmp_path / 'crops').as_posix()
                  for path in tmp_path.rglob('*.jpg')) == ['1/000001.jpg', '1/000002.jpg',
                                                           '2/000002.jpg']
    rows = [(row.frame, row.id, row.crop) for row in read_ledger(part_path(tmp_path, 1)).rows()]
    assert rows == [(1, 1, True), (1, 2, False), (2, 1, True), (2, 2, True), (3, 1, False),
                    (4, 0, False)]


def test_a_frame_without_anybody_is_in_its_shot(pipeline, tmp_path):
    recorder = Recorder('c', tmp_path, pipeline)
    for number, faces in enumerate([(), (face(1, 2), ), ()], 1):
        recorder.add(frame(number, *faces, shot=number))
    again = Recorder('c', tmp_path, pipeline)
    recorder.save_part()
    again.restore(recorder.state())
    again.add(frame(4, shot=4))
    again.save_part()
    rows = [row.shot for n in (1, 2) for row in read_ledger(part_path(tmp_path, n)).rows()]
    assert rows == [1, 2, 3, 4]


def decoded(content):
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_png_keeps_every_pixel_and_jpg_its_quality():
    np.testing.assert_array_equal(decoded(encode_crop(IMAGE, CropFormat('png'))), IMAGE)
    sizes = [len(encode_crop(IMAGE, CropFormat('jpg', quality))) for quality in (20, 60, 95)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2] / 2
    flat = cv2.GaussianBlur(IMAGE, (0, 0), 8)
    again = decoded(encode_crop(flat, CropFormat()))
    assert np.abs(again.astype(int) - flat).max() <= 12
