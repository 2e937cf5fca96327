import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from mmfer.errors import ConfigError
from mmfer.models.attention import SpatialAttention
from mmfer.testing import FLOAT64, fill_parameters

C = 6


def make_module(**kwargs):
    return fill_parameters(SpatialAttention(C, **kwargs), std=0.5).double()


def make_maps(count=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, C, 4, 5, generator=generator, dtype=torch.float64)


def reference(maps, module):
    """Eq. (1) for one frame: sigmoid(Conv(ReLU(NIN(F)))) F, or with pooling for NIN."""
    state = {name: value.numpy() for name, value in module.spatial_gate.state_dict().items()}
    if module.spatial_gate.reduction == 'conv':
        weight, bias = state['reduce.weight'][:, :, 0, 0], state['reduce.bias']
        info = [np.maximum(sum(w * m for w, m in zip(row, maps)) + b, 0)
                for row, b in zip(weight, bias)]
    else:
        info = [maps.max(axis=0), maps.mean(axis=0)]
    score = state['conv.bias'] + sum(correlate2d(m, kernel, mode='same')
                                     for m, kernel in zip(info, state['conv.weight'][0]))
    return maps / (1 + np.exp(-score))


@pytest.mark.parametrize('reduction', ['conv', 'pool'])
@pytest.mark.parametrize('kernel_size', [1, 3, 7])
def test_equals_the_equation(reduction, kernel_size):
    module = make_module(reduction=reduction, kernel_size=kernel_size)
    maps = make_maps()
    for got, frame in zip(module(maps), maps):
        np.testing.assert_allclose(got.detach().numpy(), reference(frame.numpy(), module),
                                   **FLOAT64)


@pytest.mark.parametrize('reduction', ['conv', 'pool'])
def test_gradients_by_finite_differences(reduction):
    module = make_module(reduction=reduction, kernel_size=3, hidden_channels=2)
    names = [name for name, _ in module.named_parameters()]

    def call(x, *values):
        return torch.func.functional_call(module, dict(zip(names, values)), (x, ))

    inputs = [make_maps(2), *(p.detach() for p in module.parameters())]
    assert torch.autograd.gradcheck(call, [x.requires_grad_() for x in inputs])


def test_default_widths():
    # 64 x 16 + 16, 16 x 7 x 7 + 1; of the maximum and the mean: 2 x 7 x 7 + 1
    assert sum(p.numel() for p in SpatialAttention(64).parameters()) == 1_040 + 785
    assert sum(p.numel() for p in SpatialAttention(64, reduction='pool').parameters()) == 99


def test_begins_anew():
    module = SpatialAttention(C)
    before = module.spatial_gate.reduce.weight.clone()
    module.reset_parameters()
    assert not torch.equal(module.spatial_gate.reduce.weight, before)


def test_layout_is_kept():
    maps = make_maps().contiguous(memory_format=torch.channels_last)
    out = make_module()(maps)
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, make_module()(maps.contiguous()), **FLOAT64)


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match='reduction'):
        SpatialAttention(C, reduction='mean')
    with pytest.raises(ConfigError, match='odd'):
        SpatialAttention(C, kernel_size=4)
