"""One linear classifier on the video's vector."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmaction.structures import ActionDataSample
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.heads.labels import accuracy, video_targets
from mmfer.models.packing import full_precision
from mmfer.registry import MODELS
from mmfer.structures import VideoFeatures


@MODELS.register_module()
class LinearHead(BaseModule):
    """Linear(D, C) on vectors (N, D) that a neck gives, with a classification loss.

    The layer keeps torch's initialisation, U(-1/sqrt(D), 1/sqrt(D)), for weight and bias.

    Args:
        num_classes: C.
        in_channels: D of the video's vector.
        dropout: On the vector in training (released code of FAN: 0.6 with relation
            attention, 0.5 without).
        loss: Config of the loss, called as ``loss(logits (N, C), labels (N,))``, or with
            distributions (N, C) where it has ``soft_labels``; defaults to
            ``dict(type='CrossEntropyLoss')``.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 dropout: float = 0.0,
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(in_channels, num_classes)
        self.loss_cls = MODELS.build(loss or dict(type='CrossEntropyLoss'))

    def forward(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits (N, C), and the attention of this head by name: none."""
        feats = features.feats
        if feats.ndim != 2 or feats.shape[1] != self.in_channels:
            hint = '; give the model a neck, or use ScoreFusionHead' if feats.ndim == 3 else ''
            raise ConfigError(f'{type(self).__name__}: expects video vectors (N, '
                              f'{self.in_channels}), got {tuple(feats.shape)}{hint}')
        with full_precision(feats):
            return self.classify(feats.to(self.fc.weight.dtype)), {}

    def classify(self, feats: Tensor) -> Tensor:
        """Logits (N, C) of video vectors (N, D)."""
        return self.fc(self.dropout(feats))

    def loss(self, features: VideoFeatures,
             data_samples: Sequence[ActionDataSample]) -> dict[str, Tensor]:
        """``loss_cls``, and ``top1_acc`` (a share in [0, 1]) for the log."""
        labels, targets = video_targets(data_samples, self.num_classes, features.feats.device,
                                        self.loss_cls)
        logits, _ = self(features)
        return dict(loss_cls=self.loss_cls(logits, targets), top1_acc=accuracy(logits, labels))

    def predict(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Probabilities (N, C), each row summing to 1, and attention by name."""
        logits, weights = self(features)
        return logits.softmax(dim=-1), weights
