"""Evenly spaced frames."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.datasets.transforms.sampling import set_frame_inds, uniform_positions
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['UniformSample']


@TRANSFORMS.register_module()
class UniformSample(BaseTransform):
    """Samples the middle frames of equal parts of a clip; nothing is random.

    Needs ``total_frames`` and ``start_index``; sets ``frame_inds`` (num_frames,),
    ``num_clips`` and ``clip_len``. A shorter clip repeats frames. MMAction2's transform of
    the same name is ``mmaction.UniformSample``.

    Args:
        num_frames: How many frames.
    """

    def __init__(self, num_frames: int) -> None:
        if num_frames < 1:
            raise ConfigError(f'UniformSample: num_frames is {num_frames}; give at least 1')
        self.num_frames = num_frames

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Chooses the frames of one sample."""
        return set_frame_inds(
            results, uniform_positions(results['total_frames'], self.num_frames))

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'UniformSample(num_frames={self.num_frames})'
