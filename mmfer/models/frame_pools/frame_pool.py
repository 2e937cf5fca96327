"""What every frame pool gives the recognizer."""
from __future__ import annotations

from mmengine.model import BaseModule
from torch import Tensor


class FramePool(BaseModule):
    """Maps (M, D, h, w) of M frames to (M, D') vectors and attention by stable name.

    ``forward(features)`` returns both; the attention's tensors are (M, ...) each.

    Attributes:
        out_channels: D', where it is not the trunk's D; None where it is.
    """

    out_channels: int | None = None

    def losses(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalar losses on the attention of S sampled frames, (S, ...) each: none here."""
        return {}
