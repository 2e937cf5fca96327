"""Feature maps to frame vectors by plain averaging."""
from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from mmfer.models.frame_pools.frame_pool import FramePool
from mmfer.registry import MODELS


@MODELS.register_module()
class GlobalAveragePool(FramePool):
    """Frame pool that weighs every region alike, hence gives no attention.

    The mean is a layer, so that tools which look at layers (hooks, counters) see it.

    Args:
        init_cfg: MMEngine's initialisation.
    """

    def __init__(self, init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, features: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Pools.

        Args:
            features: (M, D, h, w) maps or (M, D) vectors of M frames.

        Returns:
            (M, D) vectors, and the attention of this pool by name, (M, ...) each: none.
        """
        if features.ndim == 4:
            features = self.pool(features).flatten(1)
        return features, {}
