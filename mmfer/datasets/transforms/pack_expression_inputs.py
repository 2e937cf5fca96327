"""The last step of a pipeline: what the model gets."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.datasets.transforms import PackActionInputs

from mmfer.registry import TRANSFORMS
from mmfer.structures import META_KEYS

__all__ = ['PackExpressionInputs', 'sampled_labels']


def sampled_labels(results: dict[str, Any]) -> np.ndarray:
    """Labels (T,) int64 of the sampled frames: that of frame n is ``frame_labels[n - 1]``.

    A frame that shows the picture of another one keeps its own label.
    """
    if 'video_frames' in results:
        places = results['video_frames'] - 1
    else:
        inds = np.asarray(results['frame_inds'], dtype=np.int64).reshape(-1)
        places = inds - results['start_index']
    labels = np.asarray(results['frame_labels'], dtype=np.int64)[places]
    return np.where(results.get('frame_blank', False), -1, labels)


@TRANSFORMS.register_module()
class PackExpressionInputs(PackActionInputs):
    """MMAction2's ``PackActionInputs`` with what predictions and figures need as default.

    Where a clip has labels of frames, the data sample gets ``gt_frame_labels``, (T,) int64,
    those of the sampled frames, joined by frame number; -1 means that a frame is ignored,
    as are the black ones of ``frame_blank``. Where a clip has the shares of annotators who
    chose each class, it gets ``gt_label_distribution``, (C,) float32, beside ``gt_label``.

    Args:
        collect_keys: Keys to collect into ``inputs``; ``imgs`` where ``None``.
        meta_keys: Keys that the data sample's ``metainfo`` keeps.
        algorithm_keys: Further keys to set as fields of the data sample.
    """

    def __init__(self, collect_keys: tuple[str, ...] | None = None,
                 meta_keys: Sequence[str] = META_KEYS,
                 algorithm_keys: Sequence[str] = ()) -> None:
        super().__init__(collect_keys, (), algorithm_keys)
        self.kept_keys = tuple(meta_keys)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Packs one sample."""
        packed = super().transform(results)
        # one by one, for set_metainfo would copy every value deeply
        for key in self.kept_keys:
            if key in results:
                packed['data_samples'].set_field(results[key], key, field_type='metainfo')
        if 'frame_labels' in results:
            packed['data_samples'].set_field(
                torch.from_numpy(sampled_labels(results)), 'gt_frame_labels')
        if 'label_distribution' in results:
            packed['data_samples'].set_field(
                torch.tensor(results['label_distribution']), 'gt_label_distribution')
        return packed

    def __repr__(self) -> str:
        """The transform as it is built."""
        return (f'PackExpressionInputs(collect_keys={self.collect_keys}, '
                f'meta_keys={self.kept_keys}, algorithm_keys={self.algorithm_keys})')
