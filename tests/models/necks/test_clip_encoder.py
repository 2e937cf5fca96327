"""SAL and LRL, each alone, against the paper's equations in float64 (conftest.py)."""
import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models.necks.clip_encoder import LocalGlobalRelation, SelfAttentionLearning
from mmfer.models.packing import lengths_to_mask
from mmfer.testing import FLOAT64, fill_parameters

D = 6
LENGTHS = (3, 1, 4)  # frames of each clip
ATTENTIONS = [dict(num_heads=num_heads, residual=residual)
              for num_heads in (1, 2, 6) for residual in (True, False)]
RELATIONS = [dict(pair=pair, aggregate=aggregate)
             for pair in ('raw', 'attended') for aggregate in ('pairs', 'frames')]


def make_sal(width=D, **options):
    return fill_parameters(SelfAttentionLearning(width, **options), seed=5, std=.5).double().eval()


def make_lrl(width=D, **options):
    return fill_parameters(LocalGlobalRelation(width, **options), seed=6, std=.5).double().eval()


def draw(lengths=LENGTHS, width=D, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(len(lengths), max(lengths), width, generator=generator,
                       dtype=torch.float64)


def functional(module):
    """The module as a function of its inputs, the mask and its parameters."""
    names = [name for name, _ in module.named_parameters()]

    def call(*values):
        inputs, values = values[:-len(names)], values[-len(names):]
        return torch.func.functional_call(module, dict(zip(names, values)), inputs)

    return call


@pytest.mark.parametrize('options', ATTENTIONS, ids=str)
def test_attention_equals_eq_1(equations, options):
    sal, frames = make_sal(**options), draw()
    out = sal(frames, lengths_to_mask(LENGTHS))
    assert out.shape == frames.shape
    for got, clip, length in zip(out.detach().numpy(), frames.numpy(), LENGTHS):
        np.testing.assert_allclose(got[:length], equations.attention(clip[:length], sal),
                                   **FLOAT64)


def test_attention_without_a_mask_is_that_of_full_clips():
    sal, frames = make_sal(num_heads=2), draw()
    full = torch.ones(frames.shape[:2], dtype=torch.bool)
    torch.testing.assert_close(sal(frames), sal(frames, full), **FLOAT64)


# in three channels: a normalised row of two says only which one is larger
@pytest.mark.parametrize('options', [dict(num_heads=3), dict(num_heads=1, residual=False)],
                         ids=str)
def test_gradients_of_attention(options):
    sal, mask = make_sal(3, **options), lengths_to_mask((2, 1))
    call = functional(sal)
    frames = draw((2, 1), 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, *values: call(x, mask, *values)[mask],
                                    (frames, *sal.parameters()))


def test_attention_does_not_see_padding():
    sal, mask = make_sal(num_heads=2), lengths_to_mask(LENGTHS)
    frames = draw()
    clean = sal(frames.masked_fill(~mask[..., None], 0.), mask)[mask]
    dirty = frames.masked_fill(~mask[..., None], 1e30).requires_grad_()
    out = sal(dirty, mask)[mask]
    assert torch.equal(out, clean)
    out.square().sum().backward()
    assert (dirty.grad[~mask] == 0).all() and (dirty.grad[mask] != 0).any(dim=-1).all()


def test_attention_follows_the_order_of_frames():
    sal, frames, order = make_sal(num_heads=2), draw(), [2, 0, 3, 1]
    torch.testing.assert_close(sal(frames[:, order]), sal(frames)[:, order], **FLOAT64)


def test_attention_drops_in_training_only():
    frames = draw()
    sal, plain = make_sal(num_heads=2, dropout=0.5), make_sal(num_heads=2, dropout=0.)
    expected = plain(frames)
    assert torch.equal(sal(frames), expected)
    torch.manual_seed(0)
    assert not torch.allclose(sal.train()(frames), expected)
    torch.testing.assert_close(plain.train()(frames), expected, **FLOAT64)


@pytest.mark.parametrize('num_heads', [0, -1, 4, 7])
def test_heads_that_do_not_divide(num_heads):
    with pytest.raises(ConfigError, match=f'num_heads={num_heads} does not divide the 6 channels'):
        SelfAttentionLearning(D, num_heads)


@pytest.mark.parametrize('options', RELATIONS, ids=str)
def test_relation_equals_eq_2_and_3(equations, options):
    lrl, raw, attended = make_lrl(**options), draw(seed=1), draw(seed=2)
    clips, weights, shares = (value.detach().numpy() for value in
                              lrl(raw, attended, lengths_to_mask(LENGTHS)))
    assert clips.shape == (len(LENGTHS), D) and weights.shape == shares.shape == raw.shape[:2]
    for i, length in enumerate(LENGTHS):
        clip, expected = equations.relation(raw[i, :length].numpy(),
                                            attended[i, :length].numpy(), lrl)
        np.testing.assert_allclose(clips[i], clip, **FLOAT64)
        np.testing.assert_allclose(weights[i, :length], expected, **FLOAT64)
        np.testing.assert_allclose(shares[i, :length], expected / expected.sum(), **FLOAT64)
        assert not weights[i, length:].any() and not shares[i, length:].any()


@pytest.mark.parametrize('options', RELATIONS, ids=str)
def test_gradients_of_relation(options):
    lrl, mask = make_lrl(2, **options), lengths_to_mask((3, 1))
    call = functional(lrl)
    inputs = [draw((3, 1), 2, seed).requires_grad_() for seed in (1, 2)]
    assert torch.autograd.gradcheck(
        lambda raw, attended, *values: call(raw, attended, mask, *values),
        (*inputs, *lrl.parameters()))


@pytest.mark.parametrize('options', RELATIONS, ids=str)
def test_relation_does_not_see_padding(options):
    lrl, mask = make_lrl(**options), lengths_to_mask(LENGTHS)
    inputs = [draw(seed=seed) for seed in (1, 2)]
    clean = lrl(*(x.masked_fill(~mask[..., None], 0.) for x in inputs), mask)
    dirty = [x.masked_fill(~mask[..., None], 1e30).requires_grad_() for x in inputs]
    out = lrl(*dirty, mask)
    assert all(torch.equal(a, b) for a, b in zip(out, clean))
    used = [x for x, name in zip(dirty, ('raw', 'attended')) if name in (lrl.pair, 'attended')]
    for grad in torch.autograd.grad(out[0].square().sum(), used):
        assert (grad[~mask] == 0).all() and grad[mask].any()


def test_relation_that_prefers_nothing_is_the_mean():
    lrl, raw, attended = make_lrl(aggregate='frames'), draw(seed=1), draw(seed=2)
    torch.nn.init.zeros_(lrl.relation.weight)
    clips, weights, shares = lrl(raw, attended, lengths_to_mask((4, 4, 4)))
    torch.testing.assert_close(clips, lrl.project(attended.mean(dim=1)), **FLOAT64)
    torch.testing.assert_close(weights, lrl.relation.bias.sigmoid().expand(3, 4), **FLOAT64)
    torch.testing.assert_close(shares, torch.full_like(shares, 1 / 4), **FLOAT64)


def test_weights_that_vanish_leave_finite_numbers():
    lrl = make_lrl().float()
    with torch.no_grad():
        lrl.relation.bias.fill_(-300.0)  # exp(-300) is 0 in float32
    raw, mask = draw().float().requires_grad_(), lengths_to_mask(LENGTHS)
    clips, weights, shares = lrl(raw, raw, mask)
    clips.sum().backward()
    assert not weights.any() and clips.isfinite().all() and raw.grad.isfinite().all()
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(len(LENGTHS)))


def test_relation_drops_in_training_only():
    inputs = draw(seed=1), draw(seed=2), lengths_to_mask(LENGTHS)
    lrl, plain = make_lrl(dropout=0.5), make_lrl(dropout=0.)
    expected = plain(*inputs)[1]
    assert torch.equal(lrl(*inputs)[1], expected)
    torch.manual_seed(0)
    assert not torch.allclose(lrl.train()(*inputs)[1], expected)
    torch.testing.assert_close(plain.train()(*inputs)[1], expected, **FLOAT64)


@pytest.mark.parametrize('options, match', [
    (dict(pair='both'), "pair='both' is not one of"),
    (dict(aggregate='sum'), "aggregate='sum' is not one of"),
])
def test_unknown_relation_is_named(options, match):
    with pytest.raises(ConfigError, match=match):
        LocalGlobalRelation(D, **options)
