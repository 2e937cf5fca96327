import math

import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import FANNeck
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_WEIGHTS, RELATION_WEIGHTS, SELF_WEIGHTS
from mmfer.testing import FLOAT64, fill_parameters
from mmfer.testing.gaps import check_gaps

LENGTHS = (3, 1, 6, 4)
D = 5


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


def reference(frames, q0, b0, q1=None, b1=None, code=False):
    """Eq. (1)-(4) of the paper for one video, frame by frame, in float64."""
    alphas = [sigmoid(float(np.dot(f, q0)) + b0) for f in frames]
    anchor = sum(a * f for a, f in zip(alphas, frames)) / sum(alphas)
    if q1 is None:
        return anchor, alphas, None, [a / sum(alphas) for a in alphas]
    pairs = [np.concatenate([f, anchor]) for f in frames]
    betas = [sigmoid(float(np.dot(p, q1)) + b1) for p in pairs]
    products = [a * b for a, b in zip(alphas, betas)]
    tops = alphas if code else products
    video = sum(t * p for t, p in zip(tops, pairs)) / sum(products)
    return video, alphas, betas, [t / sum(tops) for t in tops]


def make_neck(scale=3.0, **kwargs):
    neck = fill_parameters(FANNeck(D, **kwargs), seed=3).double()
    with torch.no_grad():
        for parameter in neck.parameters():
            parameter.mul_(scale)
    return neck


def make_batch(lengths=LENGTHS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    feats = torch.randn(len(lengths), max(lengths), D, generator=generator, dtype=torch.float64)
    return feats, lengths_to_mask(lengths)


def coefficients(neck):
    values = [neck.alpha.weight.detach().numpy()[0], neck.alpha.bias.item()]
    if neck.relation:
        values += [neck.beta.weight.detach().numpy()[0], neck.beta.bias.item()]
    return values


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('relation', [True, False])
@pytest.mark.parametrize('evaluation', ['paper', 'code'])
def test_equals_the_equations(relation, evaluation, training):
    neck = make_neck(relation=relation, evaluation=evaluation).train(training)
    feats, mask = make_batch()
    out = neck(feats, mask)
    assert out.feats.shape == (len(LENGTHS), neck.out_channels)
    assert neck.out_channels == (2 * D if relation else D)
    for i, length in enumerate(LENGTHS):
        video, alphas, betas, shares = reference(
            feats[i, :length].numpy(), *coefficients(neck),
            code=evaluation == 'code' and not training)
        np.testing.assert_allclose(out.feats[i].detach().numpy(), video, **FLOAT64)
        for name, expected in ((SELF_WEIGHTS, alphas), (RELATION_WEIGHTS, betas),
                               (FRAME_WEIGHTS, shares)):
            if expected is None:
                assert name not in out.weights
                continue
            got = out.weights[name][i].detach().numpy()
            np.testing.assert_allclose(got[:length], expected, **FLOAT64)
            assert (got[length:] == 0).all()


def test_code_evaluation_differs():
    feats, mask = make_batch()
    paper, code = (make_neck(evaluation=e).eval()(feats, mask).feats for e in ('paper', 'code'))
    # the quotient is not one of weights: everything grows by sum alpha / sum alpha beta > 1
    assert (code.norm(dim=1) > 1.05 * paper.norm(dim=1)).all()


@pytest.mark.parametrize('relation', [True, False])
@pytest.mark.parametrize('evaluation', ['paper', 'code'])
def test_gradients_by_finite_differences(relation, evaluation):
    neck = make_neck(1.0, relation=relation, evaluation=evaluation).eval()
    feats, mask = make_batch((2, 3))
    names = [name for name, _ in neck.named_parameters()]

    def call(x, *values):
        return torch.func.functional_call(neck, dict(zip(names, values)), (x, mask)).feats

    inputs = [feats, *(p.detach() for p in neck.parameters())]
    assert torch.autograd.gradcheck(call, [x.requires_grad_() for x in inputs])


@pytest.mark.parametrize('poison', [float('nan'), float('inf'), 1e30])
def test_padding_never_leaks(poison):
    neck = make_neck()
    feats, mask = make_batch()
    clean = neck(feats.masked_fill(~mask[..., None], 0), mask).feats
    dirty = feats.masked_fill(~mask[..., None], poison).requires_grad_()
    out = neck(dirty, mask)
    assert torch.equal(out.feats, clean)
    out.feats.square().sum().backward()
    assert (dirty.grad[~mask] == 0).all() and (dirty.grad[mask] != 0).any(dim=-1).all()
    for parameter in neck.parameters():
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize('relation', [True, False])
@pytest.mark.parametrize('evaluation', ['paper', 'code'])
def test_batch_equals_one_by_one(relation, evaluation):
    neck = make_neck(relation=relation, evaluation=evaluation).eval()
    feats, mask = make_batch()
    feats.requires_grad_()
    neck(feats, mask).feats.square().sum().backward()
    together, parameters = feats.grad, [p.grad.clone() for p in neck.parameters()]
    neck.zero_grad()
    for i, length in enumerate(LENGTHS):
        alone = feats[i:i + 1, :length].detach().requires_grad_()
        neck(alone, mask[i:i + 1, :length]).feats.square().sum().backward()
        torch.testing.assert_close(alone.grad[0], together[i, :length], **FLOAT64)
    for parameter, expected in zip(neck.parameters(), parameters):
        torch.testing.assert_close(parameter.grad, expected, **FLOAT64)


@pytest.mark.parametrize('relation', [True, False])
def test_order_and_repetition_change_nothing(relation):
    neck = make_neck(relation=relation)
    feats, _ = make_batch((6, 6))
    mask = torch.ones(2, 6, dtype=torch.bool)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    out, permuted = neck(feats, mask), neck(feats[:, order], mask)
    torch.testing.assert_close(permuted.feats, out.feats, **FLOAT64)
    torch.testing.assert_close(permuted.weights[FRAME_WEIGHTS],
                               out.weights[FRAME_WEIGHTS][:, order], **FLOAT64)
    twice = neck(feats.repeat_interleave(2, dim=1), mask.repeat_interleave(2, dim=1))
    torch.testing.assert_close(twice.feats, out.feats, **FLOAT64)


def test_one_frame_gives_itself():
    feats, mask = make_batch((1, 1))
    assert torch.equal(make_neck()(feats, mask).feats, torch.cat([feats[:, 0]] * 2, dim=1))
    assert torch.equal(make_neck(relation=False)(feats, mask).feats, feats[:, 0])


@pytest.mark.parametrize('relation', [True, False])
def test_vanishing_weights_stay_finite(relation):
    neck = FANNeck(D, relation=relation)
    with torch.no_grad():
        for parameter in neck.parameters():
            parameter.zero_()
        neck.alpha.bias.fill_(-300.0)  # exp(-300) is 0 in float32
    feats, mask = make_batch()
    feats = feats.float().requires_grad_()
    out = neck(feats, mask)
    expected = torch.stack([feats[i, :n].mean(dim=0) for i, n in enumerate(LENGTHS)])
    torch.testing.assert_close(out.feats[:, :D], expected)
    out.feats.sum().backward()
    assert feats.grad.isfinite().all()


def test_sums_stay_in_full_precision_under_autocast():
    neck = make_neck().float()
    feats, mask = make_batch((300, ))
    feats = feats.float()
    expected = neck(feats, mask)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        got = neck(feats, mask)
        half = neck(feats.bfloat16(), mask)
    assert torch.equal(got.feats, expected.feats)
    assert half.feats.dtype == torch.float32
    assert abs(half.weights[FRAME_WEIGHTS].sum().item() - 1) < 1e-5


def test_dropout_acts_on_both_layers_in_training_only():
    neck = make_neck(dropout=0.5)
    feats, mask = make_batch()
    torch.manual_seed(0)
    first, second = neck(feats, mask), neck(feats, mask)
    for name in (SELF_WEIGHTS, RELATION_WEIGHTS):
        assert not torch.equal(first.weights[name], second.weights[name])
    neck.eval()
    assert torch.equal(neck(feats, mask).feats, neck(feats, mask).feats)
    assert torch.equal(neck(feats, mask).feats, make_neck()(feats, mask).feats)


def test_initialisation():
    torch.manual_seed(0)
    neck = FANNeck(512)
    neck.init_weights()
    for layer in (neck.alpha, neck.beta):
        bound = layer.in_features**-0.5
        assert 0.9 * bound < float(layer.weight.detach().abs().max()) <= bound
    zero = FANNeck(512, init_cfg=dict(type='Constant', layer='Linear', val=0.0))
    zero.init_weights()
    assert not zero.alpha.weight.any() and not zero.beta.bias.any()


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match='evaluation'):
        FANNeck(D, evaluation='released')
    with pytest.raises(ConfigError, match='in_channels=5.*7 channels'):
        FANNeck(D)(torch.randn(1, 2, 7), torch.ones(1, 2, dtype=torch.bool))


@pytest.mark.parametrize('options', [dict(), dict(relation=False), dict(evaluation='code')],
                         ids=str)
def test_frames_without_a_face_count_as_left_out(options):
    check_gaps(fill_parameters(FANNeck(4, **options), seed=1).double().eval(), 4)
