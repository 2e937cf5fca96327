"""Weights that depend on nothing but a seed and a parameter's name."""
from __future__ import annotations

import zlib

import torch
from torch import nn


@torch.no_grad()
def fill_parameters(module: nn.Module, seed: int = 0, std: float = 0.1) -> nn.Module:
    """Fills all parameters of a module with normal numbers, in place.

    A parameter's values are a function of (seed, name, shape): equal for every order of
    construction, without a draw from the global generators. Weights of normalisation
    layers are shifted by 1, so that a deep trunk keeps its signal.

    Args:
        module: Any module; its buffers stay.
        seed: Of the draw.
        std: Standard deviation; layers with a fan-in are scaled by He's
            sqrt(2 / fan_in) instead, for the same reason.

    Returns:
        The module.
    """
    for name, parameter in module.named_parameters():
        generator = torch.Generator().manual_seed(zlib.crc32(f'{seed}/{name}'.encode()))
        values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        if parameter.ndim > 1:
            values *= (2.0 / parameter[0].numel())**0.5
        else:
            values *= std
            if name.endswith('weight'):
                values += 1.0
        parameter.copy_(values)
    return module
