"""Focal loss for classes that exclude each other."""
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.models.losses.class_weighted_loss import ClassWeightedLoss
from mmfer.registry import MODELS

__all__ = ['SoftmaxFocalLoss', 'softmax_focal_loss']


def softmax_focal_loss(logits: Tensor, labels: Tensor, gamma: float) -> Tensor:
    """-(1 - p_y)^gamma log p_y with p = softmax(logits): (n, C) and (n,) to (n,).

    1 - p_y is taken from the log of the other classes' sum, so that it stays exact, and its
    gradient finite, where p_y is nearly 1.
    """
    log_p = logits.log_softmax(dim=-1)
    at_label = labels.unsqueeze(-1)
    log_right = log_p.gather(-1, at_label).squeeze(-1)
    if gamma == 0:
        return -log_right
    others = log_p.scatter(-1, at_label, torch.finfo(log_p.dtype).min)
    return -(gamma * others.logsumexp(dim=-1)).exp() * log_right


@MODELS.register_module()
class SoftmaxFocalLoss(ClassWeightedLoss):
    """-w_y (1 - p_y)^gamma log p_y: samples that are right already count less.

    Source: Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, Eq. (5), with the
    softmax of all classes for p. mmpretrain's ``FocalLoss`` takes each class for a question
    of its own (sigmoid). gamma = 0 is cross entropy.

    Args:
        gamma: At least 0.
        class_weight: Their alpha; see :class:`ClassWeightedLoss`.
        beta: See :class:`ClassWeightedLoss`.
    """

    def __init__(self, gamma: float = 2.0, class_weight: Sequence[float] | str | None = None,
                 beta: float = 0.999) -> None:
        super().__init__(class_weight, beta)
        if gamma < 0:
            raise ConfigError(f'gamma={gamma}: must be at least 0')
        self.gamma = gamma

    def forward(self, logits: Tensor, labels: Tensor, reduction: str = 'mean') -> Tensor:
        """The loss of n samples.

        Args:
            logits: (n, C).
            labels: (n,) int64.
            reduction: ``'mean'``, ``'sum'``, or ``'none'`` for (n,).
        """
        losses = softmax_focal_loss(logits, labels, self.gamma)
        weights = self.weights_for(logits)
        return self.reduce(losses if weights is None else weights[labels] * losses, reduction)
