import math

import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models.necks.lstm import POOLINGS, LSTMNeck
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_WEIGHTS
from mmfer.testing import FLOAT64, fill_parameters
from mmfer.testing.gaps import check_gaps

LENGTHS = (3, 1, 6, 4)
D, H = 5, 3


def make_neck(**kwargs):
    return fill_parameters(LSTMNeck(D, H, **kwargs), seed=3).double()


def make_batch(lengths=LENGTHS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    feats = torch.randn(len(lengths), max(lengths), D, generator=generator, dtype=torch.float64)
    return feats, lengths_to_mask(lengths)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def run_direction(frames, weights):
    """States of one LSTM direction, step by step; gates in the order i, f, g, o."""
    of_input, of_state, bias_input, bias_state = weights
    hidden, cell, states = np.zeros(H), np.zeros(H), []
    for frame in frames:
        gates = of_input @ frame + bias_input + of_state @ hidden + bias_state
        i, f, g, o = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        states.append(hidden)
    return states


def reference(neck, frames):
    """The video's vector and the frames' shares for one video, in NumPy."""
    values = {name: p.detach().numpy() for name, p in neck.named_parameters()}
    names = ('weight_ih', 'weight_hh', 'bias_ih', 'bias_hh')
    states = list(frames)
    for layer in range(neck.lstm.num_layers):
        forward = run_direction(states, [values[f'lstm.{name}_l{layer}'] for name in names])
        last = forward[-1]
        if neck.lstm.bidirectional:
            backward = run_direction(
                states[::-1], [values[f'lstm.{name}_l{layer}_reverse'] for name in names])
            last = np.concatenate([forward[-1], backward[-1]])
            forward = [np.concatenate(pair) for pair in zip(forward, backward[::-1])]
        states = forward
    if neck.pooling == 'last':
        return last, None
    if neck.pooling == 'mean':
        shares = [1 / len(states)] * len(states)
    else:
        scores = [float((values['attention.2.weight'] @ np.tanh(
            values['attention.0.weight'] @ state + values['attention.0.bias']))[0])
            for state in states]
        shares = [math.exp(s) / sum(math.exp(other) for other in scores) for s in scores]
    return sum(a * state for a, state in zip(shares, states)), shares


@pytest.mark.parametrize('pooling', POOLINGS)
@pytest.mark.parametrize('bidirectional', [False, True])
@pytest.mark.parametrize('num_layers', [1, 2])
def test_equals_the_recurrence(pooling, bidirectional, num_layers):
    neck = make_neck(pooling=pooling, bidirectional=bidirectional, num_layers=num_layers)
    feats, mask = make_batch()
    out = neck(feats, mask)
    assert out.feats.shape == (4, neck.out_channels) == (4, H * (1 + bidirectional))
    for i, length in enumerate(LENGTHS):
        video, shares = reference(neck, feats[i, :length].numpy())
        np.testing.assert_allclose(out.feats[i].detach().numpy(), video, **FLOAT64)
        if shares is None:
            assert not out.weights
        else:
            expected = shares + [0.0] * (max(LENGTHS) - length)
            np.testing.assert_allclose(out.weights[FRAME_WEIGHTS][i].detach().numpy(), expected,
                                       **FLOAT64)


@pytest.mark.parametrize('pooling', POOLINGS)
def test_finite_differences(pooling):
    neck = make_neck(pooling=pooling, bidirectional=True)
    feats, mask = make_batch((3, 2))
    assert torch.autograd.gradcheck(lambda x: neck(x, mask).feats, feats.requires_grad_())


@pytest.mark.parametrize('pooling', POOLINGS)
def test_batch_equals_one_by_one(pooling):
    neck = make_neck(pooling=pooling, bidirectional=True, num_layers=2)
    feats, mask = make_batch()
    feats.requires_grad_()
    together = neck(feats, mask).feats
    together.square().sum().backward()
    gradients = [p.grad.clone() for p in neck.parameters()]
    assert all(gradient.any() for gradient in gradients)
    neck.zero_grad()
    for i, length in enumerate(LENGTHS):
        alone = feats[i:i + 1, :length].detach().requires_grad_()
        out = neck(alone, mask[i:i + 1, :length]).feats
        torch.testing.assert_close(out[0], together[i], **FLOAT64)
        out.square().sum().backward()
        torch.testing.assert_close(alone.grad[0], feats.grad[i, :length], **FLOAT64)
    for parameter, expected in zip(neck.parameters(), gradients):
        torch.testing.assert_close(parameter.grad, expected, **FLOAT64)


@pytest.mark.parametrize('pooling', POOLINGS)
@pytest.mark.parametrize('poison', [float('nan'), float('inf'), 1e30])
def test_padding_is_never_read(pooling, poison):
    neck = make_neck(pooling=pooling, bidirectional=True)
    feats, mask = make_batch()
    padding = torch.ones(4, 2, dtype=torch.bool)  # no video fills the batch either
    feats, mask = torch.cat([feats, feats[:, :2]], dim=1), torch.cat([mask, ~padding], dim=1)
    clean = neck(feats.masked_fill(~mask[..., None], 0), mask).feats
    dirty = feats.masked_fill(~mask[..., None], poison).requires_grad_()
    out = neck(dirty, mask)
    assert torch.equal(out.feats, clean)
    out.feats.square().sum().backward()
    assert (dirty.grad[~mask] == 0).all() and dirty.grad.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in neck.parameters())


def test_order_matters():
    neck = make_neck(pooling='mean')
    feats, mask = make_batch((6, ))
    assert not torch.allclose(neck(feats, mask).feats, neck(feats.flip(1), mask).feats)


def test_dropout_acts_in_training_only():
    neck, plain = make_neck(dropout=0.5, num_layers=2), make_neck(num_layers=2)
    feats, mask = make_batch()
    torch.manual_seed(0)
    assert not torch.equal(neck(feats, mask).feats, neck(feats, mask).feats)
    assert torch.equal(neck.eval()(feats, mask).feats, plain(feats, mask).feats)


def test_states_stay_in_full_precision_under_autocast():
    neck = make_neck(pooling='attention').float()
    feats, mask = make_batch()
    expected = neck(feats.float(), mask).feats
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(neck(feats.float(), mask).feats, expected)
        assert neck(feats.bfloat16(), mask).feats.dtype == torch.float32


def test_parameter_count():
    # 4 gates of 512 + 512 inputs and two biases
    assert sum(p.numel() for p in LSTMNeck(512).parameters()) == 4 * 512 * (512 + 512 + 2)


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match='pooling'):
        LSTMNeck(D, pooling='max')
    with pytest.raises(ConfigError, match='in_channels=5.*7 channels'):
        LSTMNeck(D)(torch.randn(1, 2, 7), torch.ones(1, 2, dtype=torch.bool))


@pytest.mark.parametrize('pooling', POOLINGS)
@pytest.mark.parametrize('bidirectional', [False, True])
def test_frames_without_a_face_count_as_left_out(pooling, bidirectional):
    """The state goes on at the next frame, and weights stand at the frames that they are of."""
    neck = make_neck(pooling=pooling, bidirectional=bidirectional, num_layers=2)
    check_gaps(neck, D)
