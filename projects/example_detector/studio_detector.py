"""Example of a face detector: one head in front of a plain wall."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.errors import ConfigError
from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import FaceDetections, VideoFrame
from mmfer.registry import FACE_DETECTORS

# where eyes to chin lie within a head with hair and neck: shares of its width, of its height
_INSET, _DOWN = .08, .24


def difference_from_wall(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much each pixel (H, W) differs from the wall, in the channel where it does most.

    The wall is what shows at the left and right edge of each row, and runs evenly between them.
    """
    pixels = image.astype(np.float32)
    left, right = np.median(pixels[:, :3], 1), np.median(pixels[:, -3:], 1)
    share = np.linspace(0, 1, image.shape[1], dtype=np.float32)[:, None]
    wall = left[:, None] * (1 - share) + right[:, None] * share
    return np.asarray(np.abs(pixels - wall).max(-1))


def largest_figure(differs: NDArray[np.bool_]) -> tuple[int, int, int, int, float] | None:
    """Left, top, width, height and share of the image of the largest connected region, if any."""
    _, _, regions, _ = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    if len(regions) < 2:  # the first is what does not differ
        return None
    left, top, width, height, area = max(regions[1:].tolist(), key=lambda region: region[4])
    return left, top, width, height, area / differs.size


@FACE_DETECTORS.register_module()
class StudioDetector(FaceDetector):
    """The face of the one person who stands before a plain wall; boxes alone.

    Args:
        contrast: Steps of brightness, of 255, by which a person differs from the wall.
        min_share: Of the frame that a person covers at least.

    Raises:
        ConfigError: A setting is out of range.
    """

    def __init__(self, contrast: float = 24., min_share: float = .05) -> None:
        if not (0 < contrast < 255 and 0 < min_share < 1):
            raise ConfigError(f'contrast is {contrast} and min_share {min_share}; they lie between '
                              '0 and 255, and between 0 and 1')
        self.contrast = contrast
        self.min_share = min_share

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """At most one face on each frame; the score is the share that the person covers."""
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: NDArray[np.uint8]) -> FaceDetections:
        figure = largest_figure(difference_from_wall(image) > self.contrast)
        if figure is None or figure[-1] < self.min_share:
            return FaceDetections(np.empty((0, 4), np.float32), np.empty(0, np.float32))
        left, top, width, height, share = figure
        x0, y0, side = left + _INSET * width, top + _DOWN * height, (1 - 2 * _INSET) * width
        return FaceDetections(np.array([[x0, y0, x0 + side, y0 + side]], np.float32),
                              np.array([share], np.float32))

    def identity(self) -> dict[str, Any]:
        """Name, version and settings: whatever changes a box."""
        return dict(name='StudioDetector', version=1, contrast=self.contrast,
                    min_share=self.min_share)
