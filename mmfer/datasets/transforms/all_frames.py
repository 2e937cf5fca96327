"""Every frame of a clip."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.datasets.transforms.sampling import all_positions, set_frame_inds
from mmfer.registry import TRANSFORMS

__all__ = ['AllFrames']


@TRANSFORMS.register_module()
class AllFrames(BaseTransform):
    """Takes every frame of a clip once, in order.

    Needs ``total_frames`` and ``start_index``; sets ``frame_inds`` (T,), ``num_clips`` and
    ``clip_len``.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Chooses the frames of one sample."""
        return set_frame_inds(results, all_positions(results['total_frames']))

    def __repr__(self) -> str:
        """The transform as it is built."""
        return 'AllFrames()'
