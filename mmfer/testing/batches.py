"""Small batches in the form that the data loader collates."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmaction.structures import ActionDataSample


def make_batch(lengths: Sequence[int], size_px: int = 32, num_classes: int = 7,
               seed: int = 0) -> dict[str, Any]:
    """Random videos: ``dict(inputs=[uint8 (T_i, 3, H, W), ...], data_samples=[...])``.

    Args:
        lengths: Frames T_i of each of the N videos.
        size_px: H and W.
        num_classes: Labels are drawn from 0 to num_classes - 1.
        seed: Of the draw; the global generators are left alone.
    """
    generator = torch.Generator().manual_seed(seed)
    inputs, samples = [], []
    for i, length in enumerate(lengths):
        inputs.append(torch.randint(0, 256, (length, 3, size_px, size_px), generator=generator,
                                    dtype=torch.uint8))
        label = int(torch.randint(0, num_classes, (1, ), generator=generator))
        sample = ActionDataSample(metainfo=dict(clip=f'clip{i}'))
        samples.append(sample.set_gt_label(label))
    return dict(inputs=inputs, data_samples=samples)
