"""Detecting several frames together for a tracker that asks for one after the other."""
from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import FaceDetections, VideoFrame

__all__ = ['LookAheadDetector']


class LookAheadDetector(FaceDetector):
    """Answers one frame at a time from detections of several.

    When it is asked for a frame that it has no answer for, it detects that one together with
    every n-th one after it among those that :meth:`expect` announced. As a detector's answer for
    a frame does not depend on the others, this changes nothing but the speed: where the tracker
    asks for another frame, because of a cut or a lost face, an answer has been made for nothing.

    Args:
        detector: The detector.
        every: n, as the tracker's ``detect_every``.
    """

    def __init__(self, detector: FaceDetector, every: int) -> None:
        self._detector, self._every = detector, every
        self.scheme, self.batch_size = detector.scheme, detector.batch_size
        self._coming: deque[VideoFrame] = deque()
        self._answers: dict[int, FaceDetections] = {}

    def expect(self, frames: Sequence[VideoFrame]) -> None:
        """Announces the frames that are asked for next, in order; earlier ones are over."""
        self._coming = deque(frames)
        self._answers = {}

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The faces on each frame."""
        return [self._answer(frame) for frame in frames]

    def _answer(self, frame: VideoFrame) -> FaceDetections:
        if frame.number not in self._answers:
            while self._coming and self._coming[0].number <= frame.number:
                self._coming.popleft()
            ahead = list(self._coming)[self._every - 1::self._every]
            together = [frame, *ahead[:self.batch_size - 1]]
            found = self._detector.detect(together)
            self._answers = {one.number: faces
                             for one, faces in zip(together, found, strict=True)}
        return self._answers.pop(frame.number)

    def fit_landmarks(self, frame: VideoFrame,
                      boxes: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """See :class:`FaceDetector`."""
        return self._detector.fit_landmarks(frame, boxes)

    def identity(self) -> dict[str, Any]:
        """That of the detector."""
        return self._detector.identity()
