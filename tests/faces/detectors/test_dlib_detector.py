from __future__ import annotations

import json
from pathlib import Path

import dlib
import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.faces.detectors.dlib_models import HogFinder, ShapePredictor
from mmfer.faces.structures import CORNERS5, IBUG68, SCHEMES, VideoFrame
from mmfer.registry import FACE_DETECTORS

from .conftest import make_frame


def build(**settings: object):  # noqa: ANN201
    return FACE_DETECTORS.build(dict(type='dlib', **settings))


@pytest.mark.parametrize('landmarks, scheme', [(5, CORNERS5), (68, IBUG68)])
def test_faces_where_they_are_drawn(landmarks: int, scheme: str) -> None:
    detector = build(landmarks=landmarks)
    assert detector.scheme == scheme
    frames = [make_frame((0, 0), (210, 20), shape=(220, 420)), make_frame(),
              make_frame((5, 7), shape=(210, 210), number=3)]
    two, none, one = detector.detect(frames)
    assert (len(two), len(none), len(one)) == (2, 0, 1)
    assert none.landmarks.shape == (0, SCHEMES[scheme], 2)
    for box, points in zip(two.boxes, two.landmarks, strict=True):
        left = 210 if box[0] > 200 else 0
        assert left < box[0] < box[2] < left + 200
        margin = .25 * (box[2] - box[0])  # dlib's box ends above the chin
        assert ((points > box[:2] - margin) & (points < box[2:] + margin)).all()
    assert np.all(np.diff(two.scores) <= 0)
    assert detector.detect([]) == []


def test_left_and_right_are_the_pictures(one_face: VideoFrame) -> None:
    # dlib's order: the picture's right eye first, outer then inner corner; then the left; nose
    points = build().detect([one_face])[0].landmarks[0]
    assert points[0, 0] > points[1, 0] > points[3, 0] > points[2, 0]
    assert points[4, 1] > points[:4, 1].max()
    points = build(landmarks=68).detect([one_face])[0].landmarks[0]
    assert points[36, 0] < points[45, 0] and points[8, 1] == points[:, 1].max()


@pytest.mark.parametrize('settings', [dict(), dict(max_side_px=110), dict(model='cnn')])
def test_batch_equals_one_by_one(settings: dict) -> None:
    detector = build(**settings)
    frames = [make_frame((3, 4), number=n, shape=(134, 134 + 3 * (n == 2)), size_px=130)
              for n in (1, 2, 3)]
    for frame, together in zip(frames, detector.detect(frames), strict=True):
        alone = detector.detect([frame])[0]
        assert len(alone) == 1
        assert np.array_equal(together.boxes, alone.boxes)
        assert np.array_equal(together.scores, alone.scores)
        assert np.array_equal(together.landmarks, alone.landmarks)
        assert np.array_equal(detector.fit_landmarks(frame, alone.boxes), alone.landmarks)


def test_smaller_copies_give_boxes_of_the_frame(one_face: VideoFrame) -> None:
    large = VideoFrame(np.repeat(np.repeat(one_face.image, 3, 0), 3, 1), 1, 0.)
    small = build(max_side_px=200).detect([large])[0]
    expected, scores = HogFinder(0, 0.)([one_face.image])[0]
    # a pixel is three wide, so the centre of pixel x lies at 3 x + 1
    assert np.array_equal(small.boxes, 3 * expected + 1)
    assert np.array_equal(small.scores, scores)
    assert np.array_equal(small.landmarks, ShapePredictor(5)(large.image, small.boxes))


def test_upsampling_finds_small_faces() -> None:
    frame = make_frame((30, 40), size_px=64)
    assert len(build().detect([frame])[0]) == 0
    found = build(upsample=1).detect([frame])[0]
    assert len(found) == 1
    assert (found.boxes[0] > [30, 40, 30, 40]).all() and (found.boxes[0] < [94, 104] * 2).all()


@pytest.mark.parametrize('settings, message', [
    (dict(model='haar'), "model is 'haar'"), (dict(upsample=-1), 'upsample is -1'),
    (dict(landmarks=6), 'landmarks is 6'), (dict(max_side_px=0), 'max_side_px is 0'),
    (dict(batch_size=0), 'batch_size is 0'),
    (dict(threshold='abc'), "threshold is 'abc'"),
    (dict(model='cnn', threshold=-1.), 'threshold is -1')])
def test_settings_out_of_range(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(**settings)


def test_identity_tells_what_decides() -> None:
    variants = [dict(), dict(landmarks=68), dict(model='cnn'), dict(upsample=1),
                dict(threshold=.2), dict(max_side_px=300)]
    identities = [build(**settings).identity() for settings in variants]
    assert len({json.dumps(identity, sort_keys=True) for identity in identities}) == len(variants)
    assert build(batch_size=3).identity() == identities[0]
    first, cnn = identities[0], identities[2]
    assert first['name'] == 'dlib' and first['version'] == dlib.__version__
    # as published with face-recognition-models 0.3.0
    assert first['weights'] == {'shape_predictor_5_face_landmarks.dat': FIVE_SHA256}
    assert cnn['weights'] == first['weights'] | {'mmod_human_face_detector.dat': CNN_SHA256}


FIVE_SHA256 = 'c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888'
CNN_SHA256 = '4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6'


@pytest.mark.parametrize('name', ['d0', 'd11', 'd18', 'd19', 'd20'])
def test_real_faces(shared_data: Path, name: str) -> None:
    av = pytest.importorskip('av')
    with av.open(str(shared_data / 'videos' / f'{name}.mp4')) as container:
        frames = [VideoFrame(frame.to_ndarray(format='rgb24'), number, 0.)
                  for number, frame in enumerate(container.decode(video=0), 1)
                  if number % 70 == 1]
    detector = build()
    for found in detector.detect(frames):
        assert len(found) == 1
        x0, y0, x1, y1 = found.boxes[0]
        eyes = found.landmarks[0, :4]
        assert (eyes > (x0, y0)).all() and (eyes < (x1, (y0 + y1) / 2)).all()


@pytest.mark.parametrize('model, cuda, worth', [
    ('hog', True, 1), ('cnn', False, 1), ('cnn', True, 5)])
def test_frames_are_read_ahead_for_a_gpu(monkeypatch: pytest.MonkeyPatch, model: str, cuda: bool,
                                         worth: int) -> None:
    monkeypatch.setattr(dlib, 'DLIB_USE_CUDA', cuda)
    detector = FACE_DETECTORS.build(dict(type='dlib', model=model, batch_size=5))
    assert detector.batch_size == worth and detector.device == ('cuda' if worth > 1 else 'cpu')
