from __future__ import annotations

import numpy as np
import pytest

from mmfer.faces.look_ahead import LookAheadDetector
from mmfer.faces.structures import VideoFrame
from mmfer.testing.marked_faces import MarkedFaceDetector, draw_frame, moving_faces


class Counting(MarkedFaceDetector):
    """Keeps which frames were detected together."""

    def __init__(self, batch_size):
        super().__init__(batch_size=batch_size)
        self.calls = []

    def detect(self, frames):
        self.calls.append([frame.number for frame in frames])
        return super().detect(frames)


FRAMES = [VideoFrame(image, number, number / 5)
          for number, image in enumerate(moving_faces(24, 2), 1)]


def asked(every, batch_size, numbers, read):
    """The answers for some frames, of which ``read`` are announced at a time; and the calls."""
    detector = Counting(batch_size)
    ahead, answers = LookAheadDetector(detector, every), []
    for start in range(0, len(FRAMES), read):
        group = FRAMES[start:start + read]
        ahead.expect(group)
        answers += [ahead.detect([frame])[0] for frame in group if frame.number in numbers]
    return answers, detector.calls


def test_frames_are_detected_together():
    _, calls = asked(1, 4, range(1, 25), 4)
    assert calls == [[n, n + 1, n + 2, n + 3] for n in range(1, 25, 4)]


def test_every_third_frame_is_detected_together():
    _, calls = asked(3, 4, range(1, 25, 3), 12)
    assert calls == [[1, 4, 7, 10], [13, 16, 19, 22]]


@pytest.mark.parametrize('every, numbers', [
    (1, range(1, 25)), (3, range(1, 25, 3)), (3, [1, 4, 5, 8, 11, 12, 13, 16, 24]), (5, [2, 24])])
def test_answers_are_those_of_single_frames(every, numbers):
    """Also where another frame is asked for than was expected, after a cut."""
    answers, _ = asked(every, 4, numbers, 4 * every)
    detector = MarkedFaceDetector()
    for number, answer in zip(numbers, answers, strict=True):
        expected = detector.detect([FRAMES[number - 1]])[0]
        np.testing.assert_array_equal(answer.boxes, expected.boxes)
        np.testing.assert_array_equal(answer.landmarks, expected.landmarks)


def test_answers_of_earlier_frames_are_not_kept():
    ahead = LookAheadDetector(Counting(4), 1)
    ahead.expect(FRAMES[:4])
    ahead.detect(FRAMES[:1])
    nobody = [VideoFrame(draw_frame([]), number, 0.) for number in (2, 3)]  # of another video
    ahead.expect(nobody)
    assert len(ahead.detect(nobody[:1])[0]) == 0


def test_passes_on_what_it_does_not_do():
    detector = Counting(4)
    ahead = LookAheadDetector(detector, 1)
    assert ahead.identity() == detector.identity() and ahead.scheme == detector.scheme
    assert ahead.fit_landmarks(FRAMES[0], np.zeros((1, 4), np.float32)) is None
