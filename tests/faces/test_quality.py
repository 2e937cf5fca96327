from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from mmfer.errors import AlignmentError, ConfigError
from mmfer.faces.quality import QualitySettings, face_size_px, judge, sharpness
from mmfer.faces.structures import CENTRES5, TrackedFace

# ArcFace's five points, in the middle of a frame
POINTS = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366],
                   [41.5493, 92.3655], [70.7299, 92.2041]]) + 44
BOX = np.array([44., 44, 156, 156], np.float32)
NOISE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8),
                         (0, 0), 1.)


def test_sizes():
    assert face_size_px((10, 10, 30, 90)) == 40
    assert face_size_px((-5, 0, 5, 10)) == 10
    assert face_size_px((5, 0, 0, 10)) == 0


def test_sharpness_is_the_variance_of_the_laplacian():
    found = sharpness(NOISE, BOX, POINTS, CENTRES5)  # a crop without any resampling
    weights = np.array([0.299, 0.587, 0.114])
    grey = np.rint(NOISE[44:156, 44:156].astype(np.float64) @ weights)
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    expected = ndimage.convolve(grey, kernel, mode='mirror').var()
    assert expected > 10 and abs(found / expected - 1) < 0.01
    assert sharpness(NOISE, BOX - (0.5, 0.5, 0.5, 0.5), None, None) == pytest.approx(found)


@pytest.mark.parametrize('zoom', [2, 3.3])
def test_it_does_not_depend_on_resolution(zoom: float) -> None:
    """The same picture with more pixels is as sharp; a blurred one is not."""
    soft = cv2.GaussianBlur(NOISE, (0, 0), 2.).astype(np.float64)
    # much contrast: rounding to whole levels alone has a variance of 20 / 12
    soft = np.clip(8 * (soft - soft.mean()) + 127, 0, 255).round().astype(np.uint8)
    size = round(200 * zoom)
    larger = cv2.resize(soft, (size, size), interpolation=cv2.INTER_CUBIC)
    value = sharpness(soft, BOX, POINTS, CENTRES5)
    points = (POINTS + 0.5) * zoom - 0.5
    # a crop that is made smaller is a mean over its pixels, and that much softer
    assert 0.8 < sharpness(larger, BOX * zoom, points, CENTRES5) / value < 1.02
    blurred = cv2.GaussianBlur(larger, (0, 0), 3 * zoom)
    assert sharpness(blurred, BOX * zoom, points, CENTRES5) < 0.3 * value


def test_a_face_half_outside_has_no_sharp_border():
    flat = np.full((200, 200, 3), 200, np.uint8)
    assert sharpness(flat, BOX + 100, POINTS + 100, CENTRES5) == 0


def face(status: str = 'found', **changes: object) -> TrackedFace:
    values = dict(id=1, shot=0, box=BOX, landmarks=POINTS.astype(np.float32), score=1.,
                  status=status)
    return TrackedFace(**{**values, **changes})


def test_statuses_are_replaced():
    value = sharpness(NOISE, BOX, POINTS, CENTRES5)
    small = np.array([0, 0, 30, 30], np.float32)
    faces = face(), face('tracked', box=small), face('interpolated', box=small)

    def statuses(**settings: float) -> list[str]:
        return [judge(NOISE, one, CENTRES5, QualitySettings(**settings)).status for one in faces]

    assert statuses() == ['found', 'tracked', 'interpolated']
    assert statuses(min_size_px=30.) == ['found', 'tracked', 'interpolated']
    assert statuses(min_size_px=30.1) == ['found', 'too small', 'too small']
    assert statuses(min_size_px=0, min_sharpness=value * 0.99) == [
        'found', 'tracked', 'interpolated']
    assert statuses(min_sharpness=value * 1.01) == ['blurred', 'blurred', 'interpolated']
    # size first
    assert statuses(min_size_px=31., min_sharpness=value * 1.01) == [
        'blurred', 'too small', 'too small']
    settings = QualitySettings(min_size_px=31.)
    assert judge(NOISE, faces[0], CENTRES5, settings) is faces[0]
    assert np.array_equal(judge(NOISE, faces[1], CENTRES5, settings).box, small)


def test_landmarks_that_are_no_face_are_blurred():
    nowhere = face(landmarks=np.zeros((5, 2), np.float32))
    with pytest.raises(AlignmentError):
        sharpness(NOISE, nowhere.box, nowhere.landmarks, CENTRES5)
    settings = QualitySettings(min_sharpness=1.)
    assert judge(NOISE, nowhere, CENTRES5, settings).status == 'blurred'


@pytest.mark.parametrize('value', [-1, float('nan'), float('inf'), '24', None, True])
def test_impossible_thresholds_are_refused(value):
    for name in ('min_size_px', 'min_sharpness'):
        with pytest.raises(ConfigError, match=name):
            QualitySettings(**{name: value})
