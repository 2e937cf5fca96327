"""What heads share that classify every frame and answer once per video."""
from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.packing import full_precision
from mmfer.registry import MODELS
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, VideoFeatures


class FusedFrameHead(BaseModule):
    """Linear(D, C) on every frame vector (N, T, D); subclasses say how scores are joined.

    The layer keeps torch's initialisation, U(-1/sqrt(D), 1/sqrt(D)), for weight and bias.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        dropout: On the frame vectors in training.
        bias: Give the linear layer a bias.
        loss: Config of the loss; defaults to ``dict(type='CrossEntropyLoss')``.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 dropout: float = 0.0,
                 bias: bool = True,
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(in_channels, num_classes, bias=bias)
        self.loss_cls = MODELS.build(loss or dict(type='CrossEntropyLoss'))

    def frame_logits(self, features: VideoFeatures) -> Tensor:
        """Logits of every frame, (N, T, C); those of padding are those of a zero vector."""
        feats = features.feats
        if feats.ndim != 3 or feats.shape[2] != self.in_channels:
            hint = '; take the neck out, or use LinearHead' if feats.ndim == 2 else ''
            raise ConfigError(f'{type(self).__name__}: expects frame vectors (N, T, '
                              f'{self.in_channels}), got {tuple(feats.shape)}{hint}')
        with full_precision(feats):
            feats = feats.to(self.fc.weight.dtype).masked_fill(~features.mask.unsqueeze(-1), 0.0)
            return self.fc(self.dropout(feats))

    def join(self, logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the video (N, C) from those of its frames (N, T, C); the frames' shares."""
        raise NotImplementedError

    def forward(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Log of the video's class probabilities, up to a constant.

        Returns:
            Logits (N, C); ``FRAME_WEIGHTS`` (N, T) and ``FRAME_SCORES`` (N, T, C), the
            softmax over the classes of each frame on its own; both 0 at padding.
        """
        frames = self.frame_logits(features)
        logits, shares = self.join(frames, features.mask)
        scores = frames.softmax(dim=-1).masked_fill(~features.mask.unsqueeze(-1), 0.0)
        return logits, {FRAME_WEIGHTS: shares, FRAME_SCORES: scores}

    def predict(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Probabilities (N, C), each row summing to 1, and attention by name."""
        logits, weights = self(features)
        return logits.softmax(dim=-1), weights
