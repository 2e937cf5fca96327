"""What a detector has to bring, and what it has without doing anything."""
from __future__ import annotations

import numpy as np
import pytest

from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import FaceDetections, VideoFrame

FRAME = VideoFrame(np.zeros((4, 6, 3), np.uint8), 1, 0.)


class Whole(FaceDetector):
    """Takes every frame for a face."""

    def detect(self, frames):
        return [FaceDetections(np.array([[0, 0, *frame.image.shape[1::-1]]], np.float32),
                               np.ones(1, np.float32)) for frame in frames]

    def identity(self):
        return {'name': 'whole'}


@pytest.mark.parametrize('missing', ['detect', 'identity'])
def test_what_every_detector_has_to_bring(missing):
    methods = {name: getattr(Whole, name) for name in {'detect', 'identity'} - {missing}}
    with pytest.raises(TypeError, match=missing):
        type('Half', (FaceDetector, ), methods)()


def test_boxes_alone_are_enough():
    detector = Whole()
    assert detector.scheme is None and detector.batch_size == 1
    assert detector.for_clip('a/b') is detector
    found, = detector.detect([FRAME])
    assert found.boxes.tolist() == [[0, 0, 6, 4]] and found.landmarks is None
    assert detector.fit_landmarks(FRAME, found.boxes) is None
