"""Convolutional block attention module: which channels, then which positions.

Source: Woo et al., CBAM: Convolutional Block Attention Module, ECCV 2018, Eq. (1)-(3).
"""
from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfer.models.attention.layers import (
    Bottleneck,
    gate_convolution,
    pool_channels,
    pool_positions,
)

__all__ = ['CBAM', 'ChannelGate', 'SpatialGate']


class ChannelGate(nn.Module):
    """Logits of Eq. (2), MLP(mean F) + MLP(max F): (M, C, h, w) to (M, C, 1, 1)."""

    def __init__(self, channels: int, ratio: int) -> None:
        super().__init__()
        self.mlp = Bottleneck(channels, ratio)

    def forward(self, maps: Tensor) -> Tensor:
        """Scores the channels; both vectors go through the MLP at once."""
        maximum, mean = self.mlp(torch.cat(pool_positions(maps))).chunk(2)
        return (maximum + mean)[:, :, None, None]


class SpatialGate(nn.Module):
    """Logits of Eq. (3), BN(conv([max F; mean F])): (M, C, h, w) to (M, 1, h, w)."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.conv = gate_convolution(2, kernel_size, bias=False)
        self.bn = nn.BatchNorm2d(1)

    def forward(self, maps: Tensor) -> Tensor:
        """Scores the positions."""
        return self.bn(self.conv(pool_channels(maps)))


class CBAM(nn.Module):
    """Channel attention, then spatial attention, on maps F (M, C, h, w).

        F'  = sigmoid(MLP(mean F) + MLP(max F)) F          Eq. (2), over the positions
        F'' = sigmoid(BN(conv([max F'; mean F']))) F'      Eq. (3), over the channels

    One MLP, C -> C / ratio -> C with biases, serves both vectors; the convolution has no
    bias. The batch normalisation is that of the released code, as are its weight of 0 at
    the start, which makes the spatial gate one half everywhere until it has learnt
    something, and the order of the two maps before the convolution. Gates whose
    parameters are all zero give F / 4.

    Args:
        channels: C.
        ratio: By how much the MLP narrows; at least one unit stays.
        kernel_size: Of the convolution; odd.
    """

    def __init__(self, channels: int, ratio: int = 16, kernel_size: int = 7) -> None:
        super().__init__()
        self.channel_gate = ChannelGate(channels, ratio)
        self.spatial_gate = SpatialGate(kernel_size)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Torch's initialisation, but for the weight of the batch normalisation."""
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d, nn.BatchNorm2d)):
                module.reset_parameters()
        nn.init.zeros_(self.spatial_gate.bn.weight)

    def forward(self, maps: Tensor) -> Tensor:
        """Gated maps (M, C, h, w)."""
        maps = maps * self.channel_gate(maps).sigmoid()
        return maps * self.spatial_gate(maps).sigmoid()
