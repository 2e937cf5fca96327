import numpy as np
import pytest
import torch

from mmfer.models.attention import ChannelAttention
from mmfer.testing import FLOAT64, fill_parameters

C = 6


def make_module(**kwargs):
    return fill_parameters(ChannelAttention(C, ratio=2, **kwargs), std=0.5).double()


def make_maps(count=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, C, 4, 5, generator=generator, dtype=torch.float64)


def reference(maps, module):
    """Eq. (2) for one frame: sigmoid(MLP(MaxPool(F) + AvgPool(F))) F."""
    vector = np.array([m.max() + m.mean() for m in maps])
    layers = [layer for layer in module.mlp if isinstance(layer, torch.nn.Linear)]
    for i, layer in enumerate(layers):
        vector = layer.weight.detach().numpy() @ vector + layer.bias.detach().numpy()
        if i + 1 < len(layers):
            vector = np.maximum(vector, 0)
    return np.stack([m / (1 + np.exp(-z)) for z, m in zip(vector, maps)])


@pytest.mark.parametrize('layers', [2, 3])
def test_equals_the_equation(layers):
    module, maps = make_module(num_layers=layers), make_maps()
    for got, frame in zip(module(maps), maps):
        np.testing.assert_allclose(got.detach().numpy(), reference(frame.numpy(), module),
                                   **FLOAT64)
    assert sum(isinstance(layer, torch.nn.Linear) for layer in module.mlp) == layers


def test_gradients_by_finite_differences():
    module = make_module()
    names = [name for name, _ in module.named_parameters()]

    def call(x, *values):
        return torch.func.functional_call(module, dict(zip(names, values)), (x, ))

    inputs = [make_maps(2), *(p.detach() for p in module.parameters())]
    assert torch.autograd.gradcheck(call, [x.requires_grad_() for x in inputs])


def test_the_vectors_are_summed_before_the_mlp():
    # a bias of the first layer counts once, where CBAM, which sums after, counts it twice
    module = make_module(num_layers=2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
        module.mlp[0].bias.fill_(1.0)
        module.mlp[2].weight.fill_(1.0)
    maps = make_maps()
    torch.testing.assert_close(module(maps), maps * torch.tensor(3.0).double().sigmoid())


def test_default_widths():
    # C = 64: 64 x 4 + 4, 4 x 4 + 4, 4 x 64 + 64
    assert sum(p.numel() for p in ChannelAttention(64).parameters()) == 260 + 20 + 320


def test_begins_anew():
    module = ChannelAttention(C)
    before = module.mlp[0].weight.clone()
    module.reset_parameters()
    assert not torch.equal(module.mlp[0].weight, before)


def test_layout_is_kept():
    maps = make_maps().contiguous(memory_format=torch.channels_last)
    out = make_module()(maps)
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, make_module()(maps.contiguous()), **FLOAT64)
