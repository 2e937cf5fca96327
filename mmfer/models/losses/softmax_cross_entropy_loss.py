"""Cross entropy with label smoothing and weights per class."""
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
    """-sum_c q_c w_c log p_c with q = (1 - eps) [c = y] + eps / C, p = softmax(logits).

    Label smoothing is that of Szegedy et al., Rethinking the Inception Architecture,
    CVPR 2016, section 7.

    Args:
        label_smoothing: eps, in [0, 1).
        class_weight: See :class:`ClassWeightedLoss`.
        beta: See :class:`ClassWeightedLoss`.
    """

    def __init__(self, label_smoothing: float = 0.0,
                 class_weight: Sequence[float] | str | None = None,
                 beta: float = 0.999) -> None:
        super().__init__(class_weight, beta)
        if not 0 <= label_smoothing < 1:
            raise ConfigError(f'label_smoothing={label_smoothing}: must be at least 0 and below 1')
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, labels: Tensor, reduction: str = 'mean') -> Tensor:
        """The loss of n samples.

        Args:
            logits: (n, C).
            labels: (n,) int64.
            reduction: ``'mean'``, ``'sum'``, or ``'none'`` for (n,).
        """
        losses = functional.cross_entropy(logits, labels, self.weights_for(logits),
                                          reduction='none',
                                          label_smoothing=self.label_smoothing)
        return self.reduce(losses, reduction)
