"""Spatial attention of the SA/CA/FA network.

Source: Zhi et al., Multi-Attention Module for Dynamic Facial Emotion Recognition, Information
13(5), 207, 2022, Eq. (1).
"""
from __future__ import annotations

from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.attention.layers import gate_convolution, pool_channels

__all__ = ['REDUCTIONS', 'SpatialAttention', 'SpatialScores']

REDUCTIONS = ('conv', 'pool')


class SpatialScores(nn.Module):
    """Logits of Eq. (1), conv(ReLU(reduce F)): (M, C, h, w) to (M, 1, h, w)."""

    def __init__(self, channels: int, hidden_channels: int, kernel_size: int,
                 reduction: str) -> None:
        super().__init__()
        self.reduction = reduction
        if reduction == 'conv':
            self.reduce = nn.Conv2d(channels, hidden_channels, 1)
            self.relu = nn.ReLU(inplace=True)
        self.conv = gate_convolution(hidden_channels if reduction == 'conv' else 2,
                                     kernel_size, bias=True)

    def forward(self, maps: Tensor) -> Tensor:
        """Scores the positions."""
        if self.reduction == 'pool':
            return self.conv(pool_channels(maps))
        return self.conv(self.relu(self.reduce(maps)))


class SpatialAttention(nn.Module):
    """Which positions: A F with A = sigmoid(conv(ReLU(conv1x1(F)))), Eq. (1).

    The first convolution ("network in network") goes from C to 16 channels, the second
    from 16 to 1; both have biases.

    Args:
        channels: C.
        hidden_channels: Of the first convolution.
        kernel_size: Of the second convolution, odd. The paper gives none: 7, as in CBAM.
        reduction: First step; ``'conv'`` as above, or ``'pool'`` for the maximum and the
            mean over the channels as in CBAM, sigmoid(conv([max F; mean F])), which the
            paper's conclusion reports as slightly worse.
    """

    def __init__(self, channels: int, hidden_channels: int = 16, kernel_size: int = 7,
                 reduction: str = 'conv') -> None:
        super().__init__()
        if reduction not in REDUCTIONS:
            raise ConfigError(f'SpatialAttention: reduction={reduction!r} is not one of '
                              f'{REDUCTIONS}')
        self.spatial_gate = SpatialScores(channels, hidden_channels, kernel_size, reduction)

    def reset_parameters(self) -> None:
        """Torch's initialisation."""
        for module in self.spatial_gate.children():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()

    def forward(self, maps: Tensor) -> Tensor:
        """Gated maps (M, C, h, w)."""
        return maps * self.spatial_gate(maps).sigmoid()
