"""A classifier of several layers on the video's vector."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.heads.linear_head import LinearHead
from mmfer.registry import MODELS


@MODELS.register_module()
class MLPHead(LinearHead):
    """Linear layers D -> hidden... -> C with ReLU between them, as CEFLNet ends.

    The released code of CEFLNet has D-128-64-C for six classes, the network that the paper's
    Table 8 counts, and D-256-128-C for seven; the paper's Eq. (9) has one layer, LinearHead.
    All layers keep torch's initialisation.

    Args:
        num_classes: C.
        in_channels: D of the video's vector.
        hidden: Widths of the layers before the last, at least one.
        dropout: Before the last layer in training.
        loss: As of LinearHead.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 hidden: Sequence[int] = (128, 64),
                 dropout: float = 0.4,
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        if not hidden or min(hidden) < 1:
            raise ConfigError(f'MLPHead: hidden={tuple(hidden)}: give at least one width; a '
                              'single layer is LinearHead')
        super().__init__(num_classes, hidden[-1], dropout, loss, init_cfg)
        self.in_channels = in_channels
        layers: list[nn.Module] = []
        for before, after in zip((in_channels, *hidden), hidden, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.hidden = nn.Sequential(*layers)

    def classify(self, feats: Tensor) -> Tensor:
        """Logits (N, C) of video vectors (N, D)."""
        return super().classify(self.hidden(feats))
