"""Rotation of a whole clip in the image plane."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import global_generator
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['RandomRotate', 'rotate']


def rotate(imgs: Sequence[np.ndarray] | np.ndarray, angle_deg: float) -> list[np.ndarray]:
    """Turns (H, W, C) images clockwise around their centre; their size stays.

    The corners that come into view repeat the border, so that no black wedges tell the
    angle.
    """
    return [mmcv.imrotate(img, angle_deg, border_mode='replicate') for img in imgs]


@TRANSFORMS.register_module()
class RandomRotate(BaseTransform):
    """Turns all frames of a clip by one angle, drawn evenly from [-degrees, degrees].

    Args:
        degrees: Largest angle, in [0, 180].
    """

    def __init__(self, degrees: float = 10.0) -> None:
        if not 0 <= degrees <= 180:
            raise ConfigError(f'RandomRotate: degrees is {degrees}; give one in [0, 180]')
        self.degrees = degrees

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Turns the frames of one sample."""
        angle = float(global_generator().uniform(-self.degrees, self.degrees))
        results['imgs'] = rotate(results['imgs'], angle)
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'RandomRotate(degrees={self.degrees})'
