"""What every face detector offers, own ones in ``projects/`` too."""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.structures import FaceDetections, VideoFrame

__all__ = ['FaceDetector']


class FaceDetector(ABC):
    """Finds faces and their landmarks; registered in ``mmfer.registry.FACE_DETECTORS``.

    Building one loads its weights, so a process builds it once.

    Attributes:
        scheme: What the landmarks are, a key of :data:`mmfer.faces.structures.SCHEMES`; None
            of a detector that gives boxes alone.
        batch_size: Number of frames that are worth detecting together; above 1 only where that
            is faster, as on a GPU, for so many frames are then read ahead.
        device: Where it computes, as torch names it: ``'cpu'``, ``'cuda'`` or ``'cuda:1'``, ...
    """

    scheme: str | None = None
    batch_size: int = 1
    device: str = 'cpu'

    @abstractmethod
    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The faces on each frame, in any order; frames may differ in size.

        The answer for a frame does not depend on the others.
        """

    def fit_landmarks(self, frame: VideoFrame,
                      boxes: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Landmarks inside boxes (n, 4) that were not detected on this frame, (n, L, 2).

        Returns:
            None of a detector that cannot: landmarks are then followed by the picture alone.
        """
        return None

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """What decides the answers, as JSON: name, versions, thresholds, SHA-256 of weights."""

    def for_clip(self, clip: str) -> FaceDetector:
        """The detector for the frames of one clip, by its id; most do not care which it is."""
        return self
