import pytest
import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.models.attention.layers import (
    Bottleneck,
    gate_convolution,
    pool_channels,
    pool_positions,
)


@pytest.mark.parametrize('channels, ratio, layers, widths', [
    (64, 16, 2, [64, 4, 64]), (64, 16, 3, [64, 4, 4, 64]), (8, 16, 2, [8, 1, 8]),
    (64, 8, 2, [64, 8, 64]),
])
def test_bottleneck(channels, ratio, layers, widths):
    mlp = Bottleneck(channels, ratio, layers)
    linear = [layer for layer in mlp if isinstance(layer, nn.Linear)]
    assert [layer.in_features for layer in linear] + [linear[-1].out_features] == widths
    # ReLU between the layers, none behind the last
    assert [type(layer) for layer in mlp] == ([nn.Linear, nn.ReLU] * layers)[:-1]


@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last])
def test_pools_are_the_same_with_and_without_gradients(layout):
    maps = torch.randn(3, 5, 4, 6).contiguous(memory_format=layout)
    assert torch.equal(pool_channels(maps)[:, 0], maps.amax(1))
    for pool in (pool_channels, lambda x: torch.stack(pool_positions(x))):
        plain = pool(maps)
        trained = pool(maps.clone(memory_format=torch.preserve_format).requires_grad_())
        assert trained.requires_grad and torch.equal(plain, trained)


def test_the_gradient_of_the_maximum_goes_to_one_of_several_equal_values():
    maps = torch.ones(1, 2, 2, 2, requires_grad=True)
    pool_positions(maps)[0].sum().backward()
    assert maps.grad.sum() == 2 and set(maps.grad.flatten().tolist()) == {0., 1.}


@pytest.mark.parametrize('kernel_size', [1, 3, 7])
def test_gate_convolution_keeps_the_size(kernel_size):
    assert gate_convolution(2, kernel_size, bias=True)(torch.rand(1, 2, 3, 5)).shape == (1, 1, 3, 5)


def test_mistakes_are_named():
    for arguments in ((8, 0, 2), (8, 2, 1)):
        with pytest.raises(ConfigError, match='ratio'):
            Bottleneck(*arguments)
    for kernel_size in (0, 4):
        with pytest.raises(ConfigError, match='odd'):
            gate_convolution(2, kernel_size, bias=False)
