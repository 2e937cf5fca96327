"""Labels of a batch, checked before they reach a loss."""
from __future__ import annotations

from collections.abc import Sequence

import torch
from mmaction.structures import ActionDataSample
from torch import Tensor

from mmfer.errors import AnnotationError

__all__ = ['accuracy', 'video_labels']


def video_labels(data_samples: Sequence[ActionDataSample], num_classes: int,
                 device: torch.device) -> Tensor:
    """Class indices (N,) int64 of N videos on ``device``.

    Raises:
        AnnotationError: A label is missing or no index of ``num_classes`` classes; the
            message names the clip.
    """
    labels = []
    for i, sample in enumerate(data_samples):
        name = f'clip {sample.get("clip", i)!r}'
        if 'gt_label' not in sample:
            raise AnnotationError(f'{name} has no label; a part that is trained on holds only '
                                  'labelled clips')
        label = sample.gt_label.reshape(-1)
        if label.numel() != 1:
            raise AnnotationError(f'{name} has {label.numel()} labels; this head takes one per '
                                  'video')
        labels.append(int(label))
        if not 0 <= labels[-1] < num_classes:
            raise AnnotationError(f'{name} has label {labels[-1]}, but the head has num_classes='
                                  f'{num_classes}, labels 0 to {num_classes - 1}; set num_classes '
                                  'of the head to the number of classes of the annotation file')
    return torch.tensor(labels, device=device)


def accuracy(scores: Tensor, labels: Tensor) -> Tensor:
    """Share of videos whose largest score (N, C) is at the label (N,), a scalar in [0, 1]."""
    return (scores.detach().argmax(dim=-1) == labels).float().mean()
