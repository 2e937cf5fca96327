from __future__ import annotations

import json

import cv2
import dlib
import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.faces.detectors import fan_cascade
from mmfer.faces.detectors.dlib_models import CnnFinder, HogFinder, ShapePredictor
from mmfer.faces.detectors.fan_cascade import STEPS, clahe, equalise, step_of, stretch
from mmfer.faces.structures import CORNERS5, VideoFrame
from mmfer.registry import FACE_DETECTORS

from .conftest import drawn_face

NOISE = np.random.default_rng(0).integers(20, 200, (40, 56, 3), dtype=np.uint8)


def build(**settings: object):  # noqa: ANN201
    return FACE_DETECTORS.build(dict(type='fan_cascade', **settings))


def frame(image: np.ndarray, number: int = 1) -> VideoFrame:
    return VideoFrame(np.ascontiguousarray(image, np.uint8), number, 0.)


def dark(image: np.ndarray, share: float, brightest: int = 0) -> np.ndarray:
    """A darker image; a bright pixel at its corner keeps it from being stretched."""
    image = (image * share).astype(np.uint8)
    image[0, 0] = np.maximum(image[0, 0], brightest)
    return image


def pictures() -> dict[str, np.ndarray]:
    """A picture for every step, the first that finds its face."""
    face = drawn_face(1, 120)
    turned = cv2.warpAffine(face, cv2.getRotationMatrix2D((60, 60), 50, 1), (120, 120))
    return {'hog': face, 'cnn': turned, 'cnn stretched': dark(face, .03),
            'cnn clahe': dark(turned, .07, 255), 'cnn equalised': dark(face, .03, 255),
            'none': np.full((40, 40, 3), 90)}


def test_every_step_answers_in_its_turn() -> None:
    detector = build(upsample=0)
    assert detector.scheme == CORNERS5
    shown = pictures()
    found = detector.detect([frame(image) for image in shown.values()])
    assert detector.answered == dict.fromkeys([*STEPS, 'none'], 1)
    assert [len(faces) for faces in found] == [1] * len(STEPS) + [0]
    assert found[-1].landmarks.shape == (0, 5, 2)
    for step, faces in zip(STEPS, found, strict=False):
        assert step_of(float(faces.scores[0])) == step
    # surer, the earlier
    assert np.all(np.diff([faces.scores[0] for faces in found[:-1]]) < 0)


def test_each_step_sees_what_the_one_before_left() -> None:
    image = pictures()['cnn equalised']
    found = build(upsample=0).detect([frame(image)])[0]
    changed = equalise(clahe(stretch(image)))
    boxes, scores = CnnFinder(0, 0., 1)([changed])[0]
    assert np.array_equal(found.boxes, boxes)
    np.testing.assert_allclose(found.scores, scores, atol=1e-6)
    assert np.array_equal(found.landmarks, ShapePredictor(5)(changed, boxes))


def test_hog_answers_as_it_does_alone() -> None:
    image = pictures()['hog']
    found = build().detect([frame(image)])[0]  # upsampled once, as in the released code
    boxes, scores = HogFinder(1, 0.)([image])[0]
    assert np.array_equal(found.boxes, boxes) and len(boxes) == 1
    np.testing.assert_allclose(found.scores, scores + 40, atol=1e-5)


def test_batch_equals_one_by_one() -> None:
    shown = pictures()
    frames = [frame(shown[name]) for name in ('cnn clahe', 'hog', 'cnn', 'hog')]
    frames[3] = frame(drawn_face(2, 130))
    together = build(upsample=0, batch_size=2).detect(frames)
    for one, faces in zip(frames, together, strict=True):
        alone = build(upsample=0).detect([one])[0]
        assert np.array_equal(alone.boxes, faces.boxes) and len(faces) == 1
        assert np.array_equal(alone.scores, faces.scores)
        assert np.array_equal(alone.landmarks, faces.landmarks)


def test_tracked_boxes_get_landmarks_on_the_frame_itself() -> None:
    image = pictures()['hog']
    box = np.array([[20, 30, 100, 110]], np.float32)
    assert np.array_equal(build().fit_landmarks(frame(image), box), ShapePredictor(5)(image, box))


def test_stretch_by_the_formula() -> None:
    low, high = NOISE[..., 0].min(), NOISE[..., 0].max()
    image = NOISE.copy()
    image[0, 0, 1:] = 0, 255  # beyond the red channel's range
    wanted = np.floor(np.clip(255. * (image.astype(float) - float(low)) / float(high - low) + .5,
                              0, 255))
    assert np.array_equal(stretch(image), wanted)
    flat = np.full((4, 4, 3), 7, np.uint8)
    assert np.array_equal(stretch(flat), np.zeros_like(flat))


def test_equalise_by_the_formula() -> None:
    grey = np.repeat(NOISE[..., :1], 3, -1)
    counts = np.bincount(grey[..., 0].ravel(), minlength=256).astype(float)
    below = counts.cumsum()
    first = counts[counts > 0][0]
    table = np.clip(np.rint((below - first) / (grey[..., 0].size - first) * 255), 0, 255)
    assert np.abs(equalise(grey) - table[grey]).max() <= 1


def test_clahe_of_grey_is_that_of_its_brightness() -> None:
    grey = np.repeat(NOISE[..., :1], 3, -1)
    wanted = cv2.createCLAHE(2.5, (8, 8)).apply(np.ascontiguousarray(grey[..., 0]))
    assert np.abs(clahe(grey).astype(int) - wanted[..., None]).max() <= 1


@pytest.mark.parametrize('change', [clahe, equalise])
def test_red_and_blue_change_places(change) -> None:  # noqa: ANN001
    image = np.zeros((16, 16, 3), np.uint8)
    image[:8] = 200, 20, 20
    image[8:] = 100, 100, 100
    before = image.copy()
    changed = change(image)
    assert np.array_equal(image, before)
    assert (changed[:8, :, 2] > changed[:8, :, 0]).all()


def test_scores_never_leave_their_step() -> None:
    for step, name in enumerate(STEPS):
        for score in (0., .5, 9.99, 10., 1e6):
            ranked = fan_cascade._ranked(np.array([score], np.float32), step)
            assert step_of(float(ranked[0])) == name


def test_settings_and_identity() -> None:
    with pytest.raises(ConfigError, match='upsample is -1'):
        build(upsample=-1)
    with pytest.raises(ConfigError, match='batch_size is 0'):
        build(batch_size=0)
    identity = build(batch_size=3).identity()
    assert identity == build().identity() and identity['upsample'] == 1
    assert identity['name'] == 'fan_cascade' and identity['version'] == dlib.__version__
    assert sorted(identity['weights']) == ['mmod_human_face_detector.dat',
                                           'shape_predictor_5_face_landmarks.dat']
    assert json.dumps(identity) != json.dumps(build(upsample=0).identity())


@pytest.mark.parametrize('cuda', [False, True])
def test_says_where_it_computes(monkeypatch: pytest.MonkeyPatch, cuda: bool) -> None:
    monkeypatch.setattr(dlib, 'DLIB_USE_CUDA', cuda)
    detector = FACE_DETECTORS.build(dict(type='fan_cascade'))
    assert detector.device == ('cuda' if cuda else 'cpu')
