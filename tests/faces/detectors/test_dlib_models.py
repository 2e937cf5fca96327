from __future__ import annotations

import shutil
import sys
from pathlib import Path

import dlib
import numpy as np
import pytest

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.detectors import dlib_models
from mmfer.faces.detectors.dlib_models import CnnFinder, HogFinder, ShapePredictor
from mmfer.faces.detectors.weights import packaged_file

from .conftest import drawn_face, make_frame

MODELS = packaged_file('face_recognition_models', extra='faces',
                       *('models', 'mmod_human_face_detector.dat')).parent
TWO = make_frame((0, 0), (210, 20), shape=(220, 420)).image


def corners(rectangle: dlib.rectangle) -> list[int]:
    return [rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom()]


def test_hog_is_dlibs() -> None:
    (boxes, scores), (none, no_scores) = HogFinder(0, 0.)([TWO, TWO[:50]])
    rectangles, expected, _ = dlib.get_frontal_face_detector().run(TWO, 0, 0.)
    assert len(boxes) == 2 and boxes.dtype == scores.dtype == np.float32
    assert boxes.tolist() == [corners(r) for r in rectangles]
    np.testing.assert_array_equal(scores, np.float32(expected))
    assert none.shape == (0, 4) and no_scores.shape == (0,)


def test_hog_threshold_and_upsampling() -> None:
    small = drawn_face(1, 64)  # dlib's box is about 45 px wide
    assert len(HogFinder(0, 0.)([small])[0][0]) == 0
    boxes, scores = HogFinder(1, 0.)([small])[0]
    assert len(boxes) == 1 and 35 < boxes[0, 2] - boxes[0, 0] < 50
    assert len(HogFinder(1, float(scores[0]) + .1)([small])[0][0]) == 0
    assert len(HogFinder(1, float(scores[0]) - .1)([small])[0][0]) == 1


def test_cnn_is_dlibs_whatever_is_in_the_batch() -> None:
    images = [drawn_face(1, 120), TWO[:120, :150], drawn_face(2, 120), drawn_face(3, 120)]
    together = CnnFinder(0, 0., batch_size=2)(images)
    network = dlib.cnn_face_detection_model_v1(str(MODELS / 'mmod_human_face_detector.dat'))
    for image, (boxes, scores) in zip(images, together, strict=True):
        expected = list(network(np.ascontiguousarray(image), 0))
        assert boxes.tolist() == [corners(face.rect) for face in expected]
        np.testing.assert_array_equal(scores, np.float32([f.confidence for f in expected]))
    assert len(together[0][0]) == 1


def test_cnn_threshold() -> None:
    image = drawn_face(1, 150)
    score = float(CnnFinder(0, 0., 1)([image])[0][1][0])
    assert len(CnnFinder(0, score, 1)([image])[0][0]) == 1
    assert len(CnnFinder(0, score + .01, 1)([image])[0][0]) == 0
    with pytest.raises(ConfigError, match='threshold is -0.1'):
        CnnFinder(0, -.1, 1)


@pytest.mark.parametrize('shape', [(1, 1), (1, 300), (9, 2), (40, 5)])
def test_tiny_images_have_no_face(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    for finder in (HogFinder(0, 0.), HogFinder(2, 0.), CnnFinder(0, 0., 4)):
        assert finder([image])[0][0].shape == (0, 4)


@pytest.mark.parametrize('landmarks', [5, 68])
def test_landmarks_are_dlibs(landmarks: int) -> None:
    predict = ShapePredictor(landmarks)
    boxes = np.array([[37, 51, 162, 176], [200.4, 60.6, 350, 205], [-20, -30, 90, 80]], np.float32)
    points = predict(TWO, boxes)
    own = dlib.shape_predictor(str(MODELS / f'shape_predictor_{landmarks}_face_landmarks.dat'))
    for face, box in zip(points, boxes, strict=True):
        shape = own(TWO, dlib.rectangle(*(int(round(x)) for x in box.tolist())))
        assert face.tolist() == [[p.x, p.y] for p in shape.parts()]
    assert points.shape == (3, landmarks, 2) and predict(TWO, boxes[:0]).shape[0] == 0


def test_views_are_read_as_they_look() -> None:
    mirrored = drawn_face(1)[:, ::-1]
    found = HogFinder(0, 0.)([mirrored, mirrored.copy()])
    assert np.array_equal(found[0][0], found[1][0]) and len(found[0][0]) == 1
    predict = ShapePredictor(5)
    assert np.array_equal(predict(mirrored, found[0][0]), predict(mirrored.copy(), found[0][0]))


def test_unknown_landmarks() -> None:
    with pytest.raises(ConfigError, match='landmarks is 7.*5 and 68'):
        ShapePredictor(7)


@pytest.mark.parametrize('size', [0, 1000])
def test_damaged_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                   size: int) -> None:
    name = 'shape_predictor_5_face_landmarks.dat'
    shutil.copy(MODELS / name, tmp_path / name)
    with open(tmp_path / name, 'r+b') as file:
        file.truncate(size)
    monkeypatch.setattr(dlib_models, '_weights', tmp_path.joinpath)
    with pytest.raises(DetectorError, match=f'{name} cannot be loaded.*face-recognition-models'):
        ShapePredictor(5)


def test_without_dlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'dlib', None)
    with pytest.raises(DetectorError, match=r'dlib cannot be imported.*"mmfer\[faces\]"'):
        HogFinder(0, 0.)
