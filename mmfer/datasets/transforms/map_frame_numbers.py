"""Between MMAction2's samplers and its decoders, where frames are missing."""
from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.transforms.sampling import place_frames
from mmfer.registry import TRANSFORMS

__all__ = ['MapFrameNumbers']


@TRANSFORMS.register_module()
class MapFrameNumbers(BaseTransform):
    """Turns the indices of MMAction2's samplers into the frames that a clip has.

    Those samplers (``SampleFrames`` and its kin) count frames without gaps from
    ``start_index``. Where a clip lacks frames (``frame_numbers`` is set), this transform,
    put right behind one of them, replaces ``frame_inds`` by the numbers of frames that
    exist; otherwise it changes nothing. Own samplers do not need it.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Maps the indices of one sample."""
        if results.get('frame_numbers') is not None:
            positions = np.asarray(results['frame_inds'], dtype=np.int64)
            place_frames(results, positions - results['start_index'])
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return 'MapFrameNumbers()'
