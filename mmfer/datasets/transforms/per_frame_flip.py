"""Horizontal flips that do not agree over the frames of a clip."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import global_generator
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['PerFrameFlip', 'flip_some']


def flip_some(imgs: Sequence[np.ndarray] | np.ndarray, ratio: float,
              rng: np.random.Generator) -> None:
    """Mirrors each (H, W, C) image in place with probability ``ratio``, on its own."""
    for img, flip in zip(imgs, rng.random(len(imgs)) < ratio):
        if flip:
            mmcv.imflip_(img, 'horizontal')


@TRANSFORMS.register_module()
class PerFrameFlip(BaseTransform):
    """Flips each distinct frame by a draw of its own, as FAN's released code does.

    MMAction2's ``Flip`` makes one draw for the whole clip, which is what one wants
    elsewhere.

    Args:
        flip_ratio: Probability of a flip, in [0, 1].
    """

    def __init__(self, flip_ratio: float = 0.5) -> None:
        if not 0 <= flip_ratio <= 1:
            raise ConfigError(f'PerFrameFlip: flip_ratio is {flip_ratio}; give one in [0, 1]')
        self.flip_ratio = flip_ratio

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Flips some frames of one sample."""
        flip_some(results['imgs'], self.flip_ratio, global_generator())
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'PerFrameFlip(flip_ratio={self.flip_ratio})'
