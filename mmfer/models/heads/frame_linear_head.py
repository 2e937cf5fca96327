"""One linear classifier on every frame: the baseline of frame-level methods."""
from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mmfer.models.heads.per_frame_head import PerFrameHead
from mmfer.registry import MODELS


@MODELS.register_module()
class FrameLinearHead(PerFrameHead):
    """Linear (D -> C) on each frame on its own, one answer per frame.

    The layer keeps torch's initialisation, U(-1/sqrt(D), 1/sqrt(D)), for weight and bias.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        dropout: On the frame vectors in training.
        answer: See :class:`~mmfer.models.heads.per_frame_head.PerFrameHead`.
        loss: See there.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 dropout: float = 0.0,
                 answer: str = 'frames',
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(num_classes, in_channels, answer, loss, init_cfg)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(in_channels, num_classes)

    def frame_logits(self, feats: Tensor, mask: Tensor) -> Tensor:
        """Logits (N, T, C) of frame vectors (N, T, D)."""
        return self.fc(self.dropout(feats))
