"""Random frames of a clip."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import global_generator
from mmfer.datasets.transforms.sampling import random_positions, set_frame_inds
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['RandomSample']


@TRANSFORMS.register_module()
class RandomSample(BaseTransform):
    """Samples distinct frames anywhere in a clip, anew in every epoch, and keeps their order.

    Aminbeidokhti et al., ICIAR 2019, section 4.2: "we sampled 16 random frames form the
    video clips". Needs ``total_frames`` and ``start_index``; sets ``frame_inds``
    (num_frames,), ``num_clips`` and ``clip_len``. A shorter clip repeats frames, each as
    often as the others or once more.

    Args:
        num_frames: How many frames.
    """

    def __init__(self, num_frames: int = 16) -> None:
        if num_frames < 1:
            raise ConfigError(f'RandomSample: num_frames is {num_frames}; give at least 1')
        self.num_frames = num_frames

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Draws the frames of one sample."""
        return set_frame_inds(results, random_positions(
            results['total_frames'], self.num_frames, global_generator()))

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'RandomSample(num_frames={self.num_frames})'
