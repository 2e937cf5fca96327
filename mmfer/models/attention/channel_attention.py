"""Channel attention of the SA/CA/FA network.

Source: Zhi et al., Multi-Attention Module for Dynamic Facial Emotion Recognition, Information
13(5), 207, 2022, Eq. (2).
"""
from __future__ import annotations

from torch import Tensor, nn

from mmfer.models.attention.layers import Bottleneck, pool_positions

__all__ = ['ChannelAttention']


class ChannelAttention(nn.Module):
    """Which channels: A F with A = sigmoid(MLP(max F + mean F)), Eq. (2).

    Unlike CBAM it adds the two pooled vectors before the MLP. The paper calls the MLP a
    bottleneck of three layers and gives no widths: here three linear layers,
    C -> C / 16 -> C / 16 -> C, with biases and ReLU between them.

    Args:
        channels: C.
        ratio: By how much the MLP narrows; at least one unit stays.
        num_layers: Linear layers; 2 for those who count the input as a layer, as in CBAM.
    """

    def __init__(self, channels: int, ratio: int = 16, num_layers: int = 3) -> None:
        super().__init__()
        self.mlp = Bottleneck(channels, ratio, num_layers)

    def reset_parameters(self) -> None:
        """Torch's initialisation."""
        for layer in self.mlp:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()

    def forward(self, maps: Tensor) -> Tensor:
        """Gated maps (M, C, h, w)."""
        maximum, mean = pool_positions(maps)
        return maps * self.mlp(maximum + mean).sigmoid()[:, :, None, None]
