"""Layers that the kinds of block attention share."""
from __future__ import annotations

import torch
from torch import Tensor, nn

from mmfer.errors import ConfigError

__all__ = ['Bottleneck', 'gate_convolution', 'pool_channels', 'pool_positions']


class Bottleneck(nn.Sequential):
    """MLP C -> C / ratio -> ... -> C with biases and ReLU between its layers.

    Args:
        channels: C.
        ratio: By how much it narrows; at least one unit stays.
        num_layers: Linear layers, at least 2; those in the middle keep the width.
    """

    def __init__(self, channels: int, ratio: int, num_layers: int = 2) -> None:
        if ratio < 1 or num_layers < 2:
            raise ConfigError(f'block attention: ratio={ratio} and num_layers={num_layers}; give '
                              'a ratio of at least 1 and at least 2 layers')
        hidden = max(1, channels // ratio)
        widths = [channels, *[hidden] * (num_layers - 1), channels]
        layers: list[nn.Module] = []
        for before, after in zip(widths, widths[1:]):
            layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
        super().__init__(*layers[:-1])


def gate_convolution(channels: int, kernel_size: int, bias: bool) -> nn.Conv2d:
    """Convolution to one channel that keeps height and width."""
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ConfigError(f'block attention: kernel_size={kernel_size}; give an odd one')
    return nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2, bias=bias)


def pool_positions(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum and mean over the positions: (M, C, h, w) to (M, C) each."""
    return _maximum(maps.flatten(2), 2), maps.mean(dim=(2, 3))


def pool_channels(maps: Tensor) -> Tensor:
    """Maximum and mean over the channels, in that order: (M, C, h, w) to (M, 2, h, w)."""
    return torch.stack([_maximum(maps, 1), maps.mean(dim=1)], dim=1)


def _maximum(values: Tensor, dim: int) -> Tensor:
    # amax is several times faster forward, but its gradient, shared between ties, is
    # several times slower than that of max, which goes to one of them
    if torch.is_grad_enabled() and values.requires_grad:
        return values.max(dim=dim).values
    return values.amax(dim=dim)
