"""The largest of several rows, channel by channel."""
from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskedMaxPool(nn.AdaptiveMaxPool1d):
    """Maps S sequences of K rows (S, K, D) to their maxima (S, D).

    A layer of torch's kind, so that counters that look at layers count it, but computed
    otherwise: the gradient of torch's own is not deterministic on a GPU. Equal maxima share
    their gradient.
    """

    def __init__(self) -> None:
        super().__init__(1)

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:  # type: ignore[override]
        """Pools.

        Args:
            rows: (S, K, D).
            mask: (S, K) bool, True where there is a row, at least one per sequence.
        """
        return rows.masked_fill(~mask.unsqueeze(-1), -torch.inf).amax(dim=1)
