"""A trunk that counts the frames that pass it."""
from __future__ import annotations

from torch import Tensor, nn


class CountingTrunk(nn.Module):
    """Passes frames on to a trunk, and notes how many came at a time in ``calls``."""

    def __init__(self, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.calls: list[int] = []

    def forward(self, frames: Tensor) -> Tensor:
        """What the trunk makes of the frames."""
        self.calls.append(len(frames))
        return self.trunk(frames)
