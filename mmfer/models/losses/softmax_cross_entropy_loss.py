"""Cross entropy with label smoothing and weights per class, on labels or on distributions."""
from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional

from mmfer.errors import ConfigError
from mmfer.models.losses.class_weighted_loss import ClassWeightedLoss
from mmfer.registry import MODELS

__all__ = ['SoftmaxCrossEntropyLoss']


@MODELS.register_module()
class SoftmaxCrossEntropyLoss(ClassWeightedLoss):
    """-sum_c q_c w_c log p_c with q = (1 - eps) d + eps / C, p = softmax(logits).

    d is 1 at the label and 0 elsewhere; with ``soft_labels`` it is the share of annotators who
    chose each class, which is the "cross-entropy loss" of Barsoum et al., Training Deep
    Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution, ICMI 2016.
    Label smoothing is that of Szegedy et al., Rethinking the Inception Architecture, CVPR 2016,
    section 7; it and the weights act on every class that q gives a share.

    Args:
        label_smoothing: eps, in [0, 1).
        class_weight: See :class:`ClassWeightedLoss`; with ``soft_labels`` the counts are sums
            of shares.
        beta: See :class:`ClassWeightedLoss`.
        soft_labels: Take distributions. Heads of a video then hand on ``gt_label_distribution``,
            and a sample without one is an error.
    """

    def __init__(self, label_smoothing: float = 0.0,
                 class_weight: Sequence[float] | str | None = None,
                 beta: float = 0.999, soft_labels: bool = False) -> None:
        super().__init__(class_weight, beta)
        if not 0 <= label_smoothing < 1:
            raise ConfigError(f'label_smoothing={label_smoothing}: must be at least 0 and below 1')
        self.label_smoothing = label_smoothing
        self.soft_labels = soft_labels

    def forward(self, logits: Tensor, labels: Tensor, reduction: str = 'mean') -> Tensor:
        """The loss of n samples.

        Args:
            logits: (n, C).
            labels: (n,) int64; with ``soft_labels`` (n, C), each row summing to 1.
            reduction: ``'mean'``, ``'sum'``, or ``'none'`` for (n,).

        Raises:
            ConfigError: ``soft_labels``, but the head gives class indices.
        """
        if self.soft_labels:
            if labels.shape != logits.shape:
                raise ConfigError(
                    f'soft_labels=True: the loss needs a distribution per sample, (n, C), and got '
                    f'labels {tuple(labels.shape)} for logits {tuple(logits.shape)}; heads that '
                    "answer for frames or are MMAction2's have none, so set soft_labels=False")
            labels = labels.to(logits.dtype)
        losses = functional.cross_entropy(logits, labels, self.weights_for(logits),
                                          reduction='none',
                                          label_smoothing=self.label_smoothing)
        return self.reduce(losses, reduction)
