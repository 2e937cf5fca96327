"""Feature maps to frame vectors by plain averaging."""
from __future__ import annotations

from torch import Tensor

from mmfer.models.frame_pools.frame_pool import FramePool
from mmfer.registry import MODELS


def global_average_pool(features: Tensor) -> Tensor:
    """Maps (M, D, h, w) to their mean over the regions, (M, D); vectors pass."""
    return features.mean(dim=(2, 3)) if features.ndim == 4 else features


@MODELS.register_module()
class GlobalAveragePool(FramePool):
    """Frame pool that weighs every region alike, hence gives no attention."""

    def forward(self, features: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Pools.

        Args:
            features: (M, D, h, w) maps or (M, D) vectors of M frames.

        Returns:
            (M, D) vectors, and the attention of this pool by name, (M, ...) each: none.
        """
        return global_average_pool(features), {}
