"""MMAction2's colour jitter with its two defects mended."""
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from mmaction.datasets.transforms import ColorJitter as HostColorJitter

from mmfer.registry import TRANSFORMS

__all__ = ['ColorJitter', 'shift_hue']


def shift_hue(img: np.ndarray, factor: float) -> np.ndarray:
    """Turns the hue of an (H, W, 3) RGB image in [0, 255] by ``factor`` * 510 degrees.

    Returns:
        (H, W, 3) float32 in [0, 255].
    """
    hsv = cv2.cvtColor(np.clip(img, 0, 255).astype(np.uint8), cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int16) + int(factor * 255)) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB).astype(np.float32)


@TRANSFORMS.register_module()
class ColorJitter(HostColorJitter):
    """Changes brightness, contrast, saturation and hue, the same for all frames of a clip.

    The host's transform adds a signed hue offset to unsigned bytes, which NumPy 2 refuses
    where it is negative and which wraps at 256 where it is positive, and it draws the order
    of the four operations when it is built; here the order is drawn per sample.

    Args:
        brightness: Range of the factor, or its half-width around 1, at most 1.
        contrast: Likewise.
        saturation: Likewise.
        hue: Range of the shift, or its half-width around 0, at most 0.5.
    """

    adjust_hue = staticmethod(shift_hue)

    def __init__(self, brightness: float | tuple[float, float] = 0.5,
                 contrast: float | tuple[float, float] = 0.5,
                 saturation: float | tuple[float, float] = 0.5,
                 hue: float | tuple[float, float] = 0.1) -> None:
        super().__init__(brightness, contrast, saturation, hue)
        self.fn_idx = np.arange(4)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Jitters one sample."""
        self.fn_idx = np.random.permutation(4)
        return super().transform(results)
