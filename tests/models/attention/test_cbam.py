import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from mmfer.errors import ConfigError
from mmfer.models.attention import CBAM
from mmfer.testing import FLOAT64, fill_parameters

C, H, W = 6, 4, 5


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def make_cbam(**kwargs):
    cbam = fill_parameters(CBAM(C, ratio=2, **kwargs), std=0.5).double()
    with torch.no_grad():
        cbam.spatial_gate.bn.running_mean.fill_(0.3)
        cbam.spatial_gate.bn.running_var.fill_(1.7)
    return cbam


def make_maps(count=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, C, H, W, generator=generator, dtype=torch.float64)


def reference(batch, cbam):
    """Eq. (1)-(3) of CBAM with the batch normalisation of its code, map by map."""
    state = {name: value.detach().numpy() for name, value in cbam.state_dict().items()}

    def mlp(vector):
        hidden = (state['channel_gate.mlp.0.weight'] @ vector
                  + state['channel_gate.mlp.0.bias'])
        return (state['channel_gate.mlp.2.weight'] @ np.maximum(hidden, 0)
                + state['channel_gate.mlp.2.bias'])

    gated, scores = [], []
    for maps in batch:
        logits = mlp([m.max() for m in maps]) + mlp([m.mean() for m in maps])
        gated.append(np.stack([sigmoid(z) * m for z, m in zip(logits, maps)]))
        kernel = state['spatial_gate.conv.weight'][0]
        both = gated[-1].max(axis=0), gated[-1].mean(axis=0)
        scores.append(sum(correlate2d(m, k, mode='same') for m, k in zip(both, kernel)))
    if cbam.training:
        mean, variance = np.mean(scores), np.var(scores)
    else:
        mean = state['spatial_gate.bn.running_mean']
        variance = state['spatial_gate.bn.running_var']
    scores = ((np.stack(scores) - mean) / np.sqrt(variance + 1e-5)
              * state['spatial_gate.bn.weight'] + state['spatial_gate.bn.bias'])
    return np.stack([sigmoid(z) * g for z, g in zip(scores, gated)])


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('kernel_size', [3, 7])
def test_equals_the_equations(training, kernel_size):
    cbam = make_cbam(kernel_size=kernel_size).train(training)
    maps = make_maps()
    expected = reference(maps.numpy(), cbam)
    np.testing.assert_allclose(cbam(maps).detach().numpy(), expected, **FLOAT64)
    with torch.no_grad():
        np.testing.assert_allclose(cbam(maps).numpy(), expected, **FLOAT64)


@pytest.mark.parametrize('training', [True, False])
def test_gradients_by_finite_differences(training):
    cbam = make_cbam(kernel_size=3).train(training)
    names = [name for name, _ in cbam.named_parameters()]

    def call(x, *values):
        return torch.func.functional_call(cbam, dict(zip(names, values)), (x, ))

    inputs = [make_maps(2), *(p.detach() for p in cbam.parameters())]
    assert torch.autograd.gradcheck(call, [x.requires_grad_() for x in inputs])


@pytest.mark.parametrize('training', [True, False])
def test_zero_gates_give_a_quarter(training):
    cbam = CBAM(C).double().train(training)
    with torch.no_grad():
        for parameter in cbam.parameters():
            parameter.zero_()
    maps = make_maps()
    torch.testing.assert_close(cbam(maps), maps / 4, rtol=0, atol=0)


@pytest.mark.parametrize('channels, count', [
    (64, 680), (128, 2_284), (256, 8_564), (512, 33_412), (2048, 526_564)])
def test_parameters(channels, count):
    # 2 C^2 / 16 + C / 16 + C of the MLP, 2 x 7 x 7 of the convolution, 2 of its norm
    assert count == channels**2 // 8 + channels // 16 + channels + 98 + 2
    assert sum(p.numel() for p in CBAM(channels).parameters()) == count


def test_begins_without_a_preference_for_positions():
    cbam = CBAM(C)
    torch.nn.init.constant_(cbam.spatial_gate.bn.weight, 5.0)
    before = cbam.channel_gate.mlp[0].weight.clone()
    cbam.reset_parameters()
    assert not torch.equal(cbam.channel_gate.mlp[0].weight, before)
    assert not cbam.spatial_gate(make_maps().float()).any()


def test_every_parameter_learns():
    cbam = make_cbam()
    cbam(make_maps()).square().sum().backward()
    assert all(p.grad.any() for p in cbam.parameters())


def test_layout_and_precision():
    maps = make_maps().float()
    cbam = make_cbam().float().eval()
    expected = cbam(maps)
    last = cbam(maps.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(last, expected)
    assert last.is_contiguous(memory_format=torch.channels_last)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        half = cbam(maps.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), expected, rtol=0.05, atol=0.05)


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match='odd'):
        CBAM(C, kernel_size=2)
    with pytest.raises(ConfigError, match='ratio'):
        CBAM(C, ratio=0)
