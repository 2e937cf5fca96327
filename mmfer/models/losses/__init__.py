"""Classification losses beside those of MMAction2 and MMPretrain.

Heads call a loss as ``loss(logits (n, C), labels (n,))``, and those that weigh frames with
``reduction='none'``. A loss with ``soft_labels`` gets distributions (n, C) for labels.
"""
from mmfer.models.losses.class_weighted_loss import ClassWeightedLoss
from mmfer.models.losses.softmax_cross_entropy_loss import SoftmaxCrossEntropyLoss
from mmfer.models.losses.softmax_focal_loss import SoftmaxFocalLoss

__all__ = ['ClassWeightedLoss', 'SoftmaxCrossEntropyLoss', 'SoftmaxFocalLoss']
