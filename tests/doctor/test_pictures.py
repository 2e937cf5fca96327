import sys

import cv2
import dlib
import numpy as np
import pytest

from mmfer.annotations import Annotations
from mmfer.doctor.pictures import face_detector, look, read_frames
from mmfer.errors import DetectorError, MediaError
from mmfer.synthetic.identity import sample_identity
from mmfer.synthetic.rendering import Renderer


@pytest.fixture(scope='module')
def face():
    return Renderer(sample_identity(np.random.default_rng(3)), 112).render({})


def put(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode('.png', image[..., ::-1])[1].tobytes())


def folder(clip, frames, **fields):
    return {'clip': clip, 'frames': clip, 'num_frames': frames, 'filename_tmpl': '{:d}.png',
            'start_index': 0, 'label': 0, **fields}


def test_frames_at_evenly_spaced_places(tmp_path):
    numbers = [2, 3, 5, 9, 10]
    for number in numbers:
        put(tmp_path / f'a/{number - 1}.png', np.full((8 + number, 8, 3), number, np.uint8))
    frames = list(read_frames(folder('a', 5, frame_numbers=numbers), tmp_path))
    assert [int(frame[0, 0, 0]) for frame in frames] == [2, 5, 10]
    assert [frame.shape[0] for frame in frames] == [10, 13, 18]  # sizes may differ
    with pytest.raises(MediaError):
        list(read_frames(folder('a', 9), tmp_path))


def test_looking_at_clips(tmp_path, face):
    for clip, image in (('face', face), ('again', face), ('none', face[::-1] // 4)):
        put(tmp_path / f'{clip}/0.png', image)
    put(tmp_path / 'cut/0.png', face)
    (tmp_path / 'cut/0.png').write_bytes((tmp_path / 'cut/0.png').read_bytes()[:90])
    rows = [folder('again', 1), folder('cut', 1), folder('empty', 0), folder('face', 1),
            folder('none', 1)]
    counts = []
    seen = look(Annotations({}, rows, 'x'), tmp_path, True, counts.append)
    assert counts == [1, 2, 3, 4, 5]
    assert [clip for clip, _ in seen.unreadable] == ['cut']
    assert 'cut/0.png' in seen.unreadable[0][1]
    assert seen.faceless == ['none']
    assert seen.clips == ['again', 'face', 'none']
    assert [(pair.first, pair.second, pair.bits) for pair in seen.pairs()] == [
        ('again', 'face', 0)]
    assert [len(finding.problems) for finding in seen.findings(faces=True)] == [1, 1]
    assert len(seen.findings(faces=False)) == 1
    assert look(Annotations({}, rows[2:3], 'x'), tmp_path).pairs() == []


def test_small_faces_are_enlarged(face):
    detect = face_detector()
    assert detect(face) and detect(cv2.resize(face, (56, 56), interpolation=cv2.INTER_AREA))
    assert not detect(np.zeros((60, 60, 3), np.uint8))


@pytest.mark.parametrize('side, doublings', [(112, 1), (80, 1), (56, 2), (39, 3), (9, 3), (200, 0)])
def test_it_is_dlibs_detector(face, side, doublings):
    image = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    expected = len(dlib.get_frontal_face_detector()(image, doublings)) > 0
    assert face_detector()(image) == expected


def test_without_dlib(monkeypatch):
    monkeypatch.setitem(sys.modules, 'dlib', None)
    with pytest.raises(DetectorError, match=r'dlib cannot be imported.*"mmfer\[faces\]"'):
        face_detector()
