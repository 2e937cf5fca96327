import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.faces.structures import VideoFrame
from mmfer.registry import FACE_DETECTORS
from mmfer.synthetic import render_face, sample_identity
from projects.example_detector import StudioDetector
from projects.example_detector.studio_detector import difference_from_wall, largest_figure


def overlap(a, b):
    """Intersection over union of two boxes."""
    inner = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = max(inner[0], 0) * max(inner[1], 0)
    return common / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - common)


def frame(image, number=1):
    return VideoFrame(image, number, 0.)


def drawn(seed, size_px=200):
    return render_face(sample_identity(np.random.default_rng(seed)), {'12': 2.}, size_px)


def test_difference_from_an_uneven_wall():
    wall = np.linspace(50, 90, 41).round()[None, :, None] + np.arange(30)[:, None, None]
    image = np.repeat(wall, 3, 2).astype(np.uint8)
    image[10:20, 12:30, 1] += 60
    difference = difference_from_wall(image)
    assert np.abs(difference[10:20, 12:30] - 60).max() < 3
    difference[10:20, 12:30] = 0
    assert difference.max() < 3


def test_largest_figure():
    differs = np.zeros((20, 30), bool)
    assert largest_figure(differs) is None
    differs[2:4, 3:5] = differs[8:18, 10:16] = True
    assert largest_figure(differs) == (10, 8, 6, 10, pytest.approx(60 / 600))


def test_finds_drawn_faces_where_dlib_does():
    detector = FACE_DETECTORS.build(dict(type='StudioDetector'))
    assert isinstance(detector, StudioDetector)
    dlib = FACE_DETECTORS.build(dict(type='dlib'))
    frames = [frame(drawn(seed), seed + 1) for seed in range(12)]
    pairs = list(zip(detector.detect(frames), dlib.detect(frames), strict=True))
    assert all(len(own) == len(other) == 1 for own, other in pairs)
    overlaps = [overlap(own.boxes[0], other.boxes[0]) for own, other in pairs]
    assert min(overlaps) > .5 and np.mean(overlaps) > .65, overlaps


def test_batch_equals_one_by_one():
    detector = StudioDetector()
    frames = [frame(drawn(1)), frame(np.full((90, 120, 3), 70, np.uint8)), frame(drawn(2, 160))]
    for one, together in zip(frames, detector.detect(frames), strict=True):
        alone = detector.detect([one])[0]
        assert np.array_equal(alone.boxes, together.boxes)
        assert np.array_equal(alone.scores, together.scores)
    assert [len(faces) for faces in detector.detect(frames)] == [1, 0, 1]


def test_settings():
    assert len(StudioDetector(min_share=.9).detect([frame(drawn(1))])[0]) == 0
    assert StudioDetector(contrast=30.).identity() != StudioDetector().identity()
    with pytest.raises(ConfigError, match='contrast is 0'):
        StudioDetector(contrast=0)
