"""Labels of a batch, checked before they reach a loss."""
from __future__ import annotations

from collections.abc import Sequence

import torch
from mmaction.structures import ActionDataSample
from torch import Tensor, nn

from mmfer.errors import AnnotationError

__all__ = ['IGNORED', 'accuracy', 'frame_labels', 'soft_labels', 'video_distributions',
           'video_labels', 'video_targets']

IGNORED = -1
"""Label of a frame that counts neither in the loss nor in the scores."""


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


def video_distributions(data_samples: Sequence[ActionDataSample], num_classes: int,
                        device: torch.device) -> Tensor:
    """Shares of the classes (N, C) float32 of N videos on ``device``, each row summing to 1.

    Raises:
        AnnotationError: A sample has no ``gt_label_distribution``, or one of another number
            of classes; the message names the clip.
    """
    rows = []
    for i, sample in enumerate(data_samples):
        name = f'clip {sample.get("clip", i)!r}'
        if 'gt_label_distribution' not in sample:
            raise AnnotationError(f'{name} has no label_distribution, but the loss has '
                                  "soft_labels=True; train on a corpus that has annotators' "
                                  'votes, or set soft_labels=False')
        row = torch.as_tensor(sample.gt_label_distribution, dtype=torch.float32)
        if row.shape != (num_classes, ):
            raise AnnotationError(f'{name} has a label_distribution {tuple(row.shape)}, but the '
                                  f'head has num_classes={num_classes}; set num_classes of the '
                                  'head to the number of classes of the annotation file')
        rows.append(row)
    return torch.stack(rows).to(device)


def soft_labels(loss: nn.Module) -> bool:
    """Whether a loss is held against distributions."""
    return bool(getattr(loss, 'soft_labels', False))


def video_targets(data_samples: Sequence[ActionDataSample], num_classes: int,
                  device: torch.device, loss: nn.Module) -> tuple[Tensor, Tensor]:
    """Labels (N,) of N videos, and what ``loss`` is held against.

    That is the labels themselves or, where the loss has ``soft_labels``, the distributions
    (N, C). Accuracies count the labels in both cases.

    Raises:
        AnnotationError: As :func:`video_labels` and :func:`video_distributions`.
    """
    labels = video_labels(data_samples, num_classes, device)
    if not soft_labels(loss):
        return labels, labels
    return labels, video_distributions(data_samples, num_classes, device)


def frame_labels(data_samples: Sequence[ActionDataSample], mask: Tensor, num_classes: int,
                 lengths: Sequence[int] = ()) -> Tensor:
    """Class indices (N, T) int64 of all frames, :data:`IGNORED` where there is no frame.

    A sample with ``gt_frame_labels`` (T_i,) gives those of its frames; one with a label of
    the whole clip, ``gt_label``, gives it to every frame.

    Args:
        data_samples: Of N videos.
        mask: (N, T) bool, True where there is a frame.
        num_classes: C.
        lengths: T_i of each video; by default as many as the mask is True for.

    Raises:
        AnnotationError: A label is missing or no index of ``num_classes`` classes, or there
            is not one for each frame; the message names the clip.
    """
    labels = torch.full(mask.shape, IGNORED, dtype=torch.int64)
    lengths = lengths or mask.sum(dim=1).tolist()
    for i, (sample, length) in enumerate(zip(data_samples, lengths, strict=True)):
        if 'gt_frame_labels' not in sample:
            labels[i, :length] = video_labels([sample], num_classes, labels.device)
            continue
        given = torch.as_tensor(sample.gt_frame_labels).reshape(-1)
        name = f'clip {sample.get("clip", i)!r}'
        if given.numel() != length:
            raise AnnotationError(f'{name} has {given.numel()} frame labels for {length} sampled '
                                  'frames; pack with PackExpressionInputs')
        if length and not (IGNORED <= int(given.min()) and int(given.max()) < num_classes):
            raise AnnotationError(
                f'{name} has frame labels from {int(given.min())} to {int(given.max())}, but the '
                f'head has num_classes={num_classes}, labels 0 to {num_classes - 1} and '
                f'{IGNORED} to ignore; set num_classes of the head to the number of classes of '
                'the annotation file')
        labels[i, :length] = given
    return labels.to(mask.device).masked_fill(~mask, IGNORED)


def accuracy(scores: Tensor, labels: Tensor) -> Tensor:
    """Share of videos whose largest score (N, C) is at the label (N,), a scalar in [0, 1]."""
    return (scores.detach().argmax(dim=-1) == labels).float().mean()
