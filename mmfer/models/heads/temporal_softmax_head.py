"""Temporal softmax: one softmax over the classes and the frames of a video jointly.

Source: Aminbeidokhti et al., Emotion Recognition with Spatial Attention and Temporal
Softmax Pooling, ICIAR 2019, section 3.3, Eq. (5) and (6).
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmaction.structures import ActionDataSample
from torch import Tensor

from mmfer.models.heads.fused_frame_head import FusedFrameHead
from mmfer.models.heads.labels import accuracy, video_targets
from mmfer.models.packing import masked_softmax
from mmfer.registry import MODELS
from mmfer.structures import VideoFeatures

__all__ = ['TemporalSoftmaxHead', 'temporal_softmax']


def temporal_softmax(scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Marginals of the joint softmax of Eq. (5) over classes and frames.

    Args:
        scores: o_{c,f} of every frame, (N, T, C).
        mask: (N, T) bool, True where there is a frame; at least one per video.

    Returns:
        log p(c|S) up to a constant, (N, C), namely the logsumexp over the frames, whose
        softmax is p(c|S); and p(f|S), (N, T), which is 0 at padding.
    """
    frames = masked_softmax(scores.logsumexp(dim=2), mask)
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(~mask.unsqueeze(-1), lowest).logsumexp(dim=1), frames


@MODELS.register_module()
class TemporalSoftmaxHead(FusedFrameHead):
    """Linear(D, C) on every frame vector, then one softmax over classes and frames.

        p(c, f|S) = exp(o_{c,f}) / sum_{j,k} exp(o_{j,k})                        Eq. (5)
        L = -log p(y|S),  p(c|S) = sum_f p(c, f|S)                               Eq. (6)

    The loss is the cross entropy of the logsumexp of the scores over the frames, so any
    classification loss serves. ``FRAME_WEIGHTS`` is p(f|S) = sum_c p(c, f|S), the paper's
    importance of a frame; it needs no parameters of its own.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        dropout: On the frame vectors in training.
        bias: Give the linear layer a bias; the paper's O = W V has none.
        loss: Config of the loss, called as ``loss(logits (N, C), labels (N,))``, or with
            distributions (N, C) where it has ``soft_labels``; defaults to
            ``dict(type='CrossEntropyLoss')``.
        init_cfg: MMEngine's initialisation, in place of torch's.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 dropout: float = 0.0,
                 bias: bool = False,
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(num_classes, in_channels, dropout, bias, loss, init_cfg)

    def join(self, logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """See :func:`temporal_softmax`."""
        return temporal_softmax(logits, mask)

    def loss(self, features: VideoFeatures,
             data_samples: Sequence[ActionDataSample]) -> dict[str, Tensor]:
        """``loss_cls``, and ``top1_acc`` (a share in [0, 1]) for the log."""
        labels, targets = video_targets(data_samples, self.num_classes, features.feats.device,
                                        self.loss_cls)
        logits, _ = self(features)
        return dict(loss_cls=self.loss_cls(logits, targets), top1_acc=accuracy(logits, labels))
