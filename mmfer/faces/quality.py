"""Which faces are too small or too blurred to be used."""
from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import AlignmentError, ConfigError
from mmfer.faces.alignment import Geometry, align_face
from mmfer.faces.status_runs import SEEN
from mmfer.faces.structures import BLURRED, TOO_SMALL, TrackedFace

__all__ = ['QualitySettings', 'face_size_px', 'judge', 'sharpness']

# Always the same crop, so that the threshold holds for every geometry and resolution. Beyond the
# frame lie its last pixels, for a black border would be the sharpest edge of all.
_BY_LANDMARKS = Geometry('similarity', 112, border='replicate')
_BY_BOX = Geometry('box', 112, margin=0., border='replicate')


@dataclass(frozen=True)
class QualitySettings:
    """Which faces are used.

    Attributes:
        min_size_px: Side of the smallest face, see :func:`face_size_px`; 0 allows every size.
        min_sharpness: Of the least sharp face, see :func:`sharpness`; 0 allows all, and saves
            the time to measure it.

    Raises:
        ConfigError: A value is negative or not finite.
    """

    min_size_px: float = 24.
    min_sharpness: float = 0.

    def __post_init__(self) -> None:
        """Checks both."""
        for name in ('min_size_px', 'min_sharpness'):
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0 <= value < math.inf:
                raise ConfigError(f'quality: {name} is {value!r}; give a number from 0 on')


def face_size_px(box: ArrayLike) -> float:
    """Side of the square that has the area of a box (4,), in pixels."""
    x0, y0, x1, y1 = np.asarray(box, np.float64)
    return math.sqrt(max(x1 - x0, 0.) * max(y1 - y0, 0.))


def sharpness(image: NDArray[np.uint8], box: ArrayLike, landmarks: ArrayLike | None,
              scheme: str | None) -> float:
    """Variance of the Laplacian of the face (Pech-Pacheco et al., ICPR 2000).

    Measured on the grey face, aligned at 112 px, whatever the geometry of the crops: on levels
    of 0..255, with the kernel of four neighbours. A face that is enlarged to 112 px is as blurred
    as it looks.

    Args:
        image: (H, W, 3) uint8 RGB, the frame.
        box: (4,).
        landmarks: (L, 2), or None: the box is taken as it is.
        scheme: What the landmarks are.

    Raises:
        AlignmentError: Box or landmarks are degenerate.
    """
    geometry = _BY_BOX if landmarks is None else _BY_LANDMARKS
    grey = cv2.cvtColor(align_face(image, box, landmarks, scheme, geometry), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def judge(image: NDArray[np.uint8], face: TrackedFace, scheme: str | None,
          settings: QualitySettings) -> TrackedFace:
    """The same face, which says if it is too small or blurred.

    Of an interpolated face the size alone counts: the picture there may show something else.

    Args:
        image: (H, W, 3) uint8 RGB, the frame.
        face: Found, tracked or interpolated.
        scheme: What the landmarks are.
        settings: The thresholds.
    """
    if face_size_px(face.box) < settings.min_size_px:
        return replace(face, status=TOO_SMALL)
    if not settings.min_sharpness or face.status not in SEEN:
        return face
    try:
        value = sharpness(image, face.box, face.landmarks, scheme)
    except AlignmentError:  # landmarks that are no face: nothing of it can be seen
        value = 0.
    return replace(face, status=BLURRED) if value < settings.min_sharpness else face
