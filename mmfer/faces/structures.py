"""The typed objects that flow from raw video to face crops.

Axes: n faces of a frame, L landmarks of a scheme. Coordinates are pixels of the upright frame,
x to the right and y down; (0, 0) is the centre of the top left pixel. Left and right are the
picture's, not the person's. Frame numbers are 1-based.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CORNERS5 = 'corners5'
"""The corners of both eyes and the base of the nose, in the order of dlib's five points."""
CENTRES5 = 'centres5'
"""Centre of the left eye, of the right one, tip of the nose, left and right corner of the mouth
(RetinaFace, MTCNN, ArcFace)."""
IBUG68 = 'ibug68'
"""The 68 points of iBUG 300-W (dlib, face-alignment, OpenFace), in their usual order."""
SCHEMES: Mapping[str, int] = MappingProxyType({CORNERS5: 5, CENTRES5: 5, IBUG68: 68})
"""Number of landmarks L by scheme."""

Status = Literal['found', 'tracked', 'interpolated', 'absent', 'too small', 'blurred']
FOUND: Status = 'found'
"""A detector saw the face on this frame."""
TRACKED: Status = 'tracked'
"""Landmarks were followed to this frame from one before it, and checked on this one."""
INTERPOLATED: Status = 'interpolated'
"""Nothing was seen; box and landmarks lie between those of the frames around the gap."""
ABSENT: Status = 'absent'
"""Nothing was seen, and the gap is too long, or open at an end."""
TOO_SMALL: Status = 'too small'
"""Found, tracked or interpolated, but smaller than the settings allow; or nothing was seen, and
the faces around the gap cannot be used, the one before it because it is too small."""
BLURRED: Status = 'blurred'
"""Found or tracked, but less sharp than the settings allow; or nothing was seen, and the faces
around the gap cannot be used, the one before it because it is blurred."""


@dataclass(frozen=True)
class VideoFrame:
    """One upright frame.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        number: 1-based position in the video, or number of the file in a folder.
        time_s: When it is shown, from the start of the video, in seconds.
    """

    image: NDArray[np.uint8]
    number: int
    time_s: float


@dataclass(frozen=True)
class FaceDetections:
    """The faces that a detector sees on one frame.

    Attributes:
        boxes: (n, 4) float32, x0, y0, x1, y1; may reach beyond the frame.
        scores: (n,) float32, the detector's own scale, higher is surer.
        landmarks: (n, L, 2) float32, or None of a detector that gives boxes alone.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Number of faces n."""
        return len(self.boxes)


@dataclass(frozen=True)
class TrackedFace:
    """One person's face on one frame.

    Attributes:
        id: Of the person within the video, from 1; never used again after a cut.
        shot: Number of cuts before the frame.
        box: (4,) float32.
        landmarks: (L, 2) float32, or None of a detector that gives boxes alone.
        score: The detector's; on tracked and interpolated frames that of the last detection.
        status: Where box and landmarks come from, or why the face is not used.
    """

    id: int
    shot: int
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None
    score: float
    status: Status


@dataclass(frozen=True)
class FrameFaces:
    """A frame with the people on it.

    Attributes:
        frame: The frame.
        faces: By id ascending; absent people are not listed.
        shot: Number of cuts before the frame.
    """

    frame: VideoFrame
    faces: tuple[TrackedFace, ...]
    shot: int = 0
