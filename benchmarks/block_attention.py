"""Block attention against a plain reference of it, training and test.

The reference is written as the papers' figures are drawn: pooling layers, one pass of the
MLP for each pooled vector, one map after the other. Goal: no slower, that is at most 1.02x
with the noise of the measurement, on the four sizes of maps in a ResNet-18 at 224 px.

    python benchmarks/block_attention.py
    python benchmarks/block_attention.py --device cuda --frames 48
"""
from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from common import HEADER, interleaved, row, table
from torch import Tensor, nn
from torch.nn import functional

from mmfer.models.attention import CBAM, ChannelAttention, SpatialAttention

STAGES = ((64, 56), (128, 28), (256, 14), (512, 7))  # channels, side


def pooled(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maximum and mean over the positions, by pooling layers."""
    size = maps.shape[2:]
    return (functional.max_pool2d(maps, size).flatten(1),
            functional.avg_pool2d(maps, size).flatten(1))


def channel_maps(maps: Tensor) -> Tensor:
    """Maximum and mean over the channels, side by side."""
    return torch.cat([maps.max(dim=1, keepdim=True)[0], maps.mean(dim=1, keepdim=True)], dim=1)


def plain_cbam(module: CBAM, maps: Tensor) -> Tensor:
    """Eq. (1) to (3) of CBAM with the module's weights."""
    mlp, gate = module.channel_gate.mlp, module.spatial_gate
    maximum, mean = pooled(maps)
    scale = torch.sigmoid(mlp(mean) + mlp(maximum))
    maps = maps * scale.unsqueeze(2).unsqueeze(3).expand_as(maps)
    return maps * torch.sigmoid(gate.bn(gate.conv(channel_maps(maps))))


def plain_channel(module: ChannelAttention, maps: Tensor) -> Tensor:
    """Eq. (2) of SA/CA/FA with the module's weights."""
    maximum, mean = pooled(maps)
    scale = torch.sigmoid(module.mlp(maximum + mean))
    return maps * scale.unsqueeze(2).unsqueeze(3).expand_as(maps)


def plain_spatial(module: SpatialAttention, maps: Tensor) -> Tensor:
    """Eq. (1) of SA/CA/FA with the module's weights."""
    gate = module.spatial_gate
    return maps * torch.sigmoid(gate.conv(torch.relu(gate.reduce(maps))))


KINDS: dict[str, tuple[type[nn.Module], Callable[..., Tensor]]] = {
    'cbam': (CBAM, plain_cbam), 'channel': (ChannelAttention, plain_channel),
    'spatial': (SpatialAttention, plain_spatial)}


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--channels-last', action='store_true')
    parser.add_argument('--frames', type=int, default=8)
    parser.add_argument('--rounds', type=int, default=15)
    args = parser.parse_args()
    layout = torch.channels_last if args.channels_last else torch.contiguous_format
    inputs = [torch.randn(args.frames, channels, side, side, device=args.device)
              .contiguous(memory_format=layout) for channels, side in STAGES]
    rows = []
    for name, (kind, plain) in KINDS.items():
        modules = [kind(channels).to(args.device) for channels, _ in STAGES]
        for module, maps in zip(modules, inputs):
            torch.testing.assert_close(module(maps), plain(module, maps), rtol=1e-4, atol=1e-4)

        def train(call: Callable[[nn.Module, Tensor], Tensor]) -> None:
            for module, maps in zip(modules, inputs):
                call(module, maps.detach().requires_grad_()).sum().backward()

        @torch.no_grad()
        def test(call: Callable[[nn.Module, Tensor], Tensor]) -> None:
            for module, maps in zip(modules, inputs):
                call(module, maps)

        for step in (train, test):
            seconds = interleaved({
                'ours': lambda: step(lambda module, maps: module(maps)),
                'plain': lambda: step(plain)}, args.rounds, args.device)
            rows.append(row(f'{name}, {step.__name__}', seconds['ours'], args.frames,
                            seconds['plain'], '<= 1.02'))
    table(HEADER, rows)


if __name__ == '__main__':
    main()
