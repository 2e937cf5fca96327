import math

import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import FrameAttentionNeck
from mmfer.models.necks.frame_attention import POSITIVE, log_softplus
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_WEIGHTS
from mmfer.testing import FLOAT64, fill_parameters

D, E, T, N = 5, 4, 6, 3
POSITIVES = {'sigmoid': lambda z: 1 / (1 + math.exp(-z)), 'exp': math.exp,
             'softplus': lambda z: math.log(1 + math.exp(z))}


def make_neck(**kwargs):
    neck = FrameAttentionNeck(D, num_frames=T, embed_channels=E, hidden_channels=3, **kwargs)
    return fill_parameters(neck, seed=2, std=0.5).double()


def make_frames(count=N, seed=0):
    generator = torch.Generator().manual_seed(seed)
    feats = torch.randn(count, T, D, generator=generator, dtype=torch.float64)
    return feats, torch.ones(count, T, dtype=torch.bool)


def reference(frames, neck, positive):
    """Eq. (3)-(4) for one video, frame by frame."""
    state = {name: value.detach().numpy() for name, value in neck.state_dict().items()}
    vectors = [state['embed.weight'] @ x + state['embed.bias'] for x in frames]
    if positive is None:
        return np.concatenate(vectors), None
    weights = []
    for vector in vectors:
        hidden = np.maximum(state['mlp.0.weight'] @ vector + state['mlp.0.bias'], 0)
        score = (state['mlp.2.weight'] @ hidden + state['mlp.2.bias'])[0]
        weights.append(POSITIVES[positive](score))
    shares = [weight / sum(weights) for weight in weights]
    return np.concatenate([a * f for a, f in zip(shares, vectors)]), shares


@pytest.mark.parametrize('positive', [*POSITIVE, None])
def test_equals_the_equations(positive):
    options = dict(attention=False) if positive is None else dict(positive=positive)
    neck = make_neck(**options)
    feats, mask = make_frames()
    out = neck(feats, mask)
    assert out.feats.shape == (N, neck.out_channels) == (N, T * E)
    for i in range(N):
        video, shares = reference(feats[i].numpy(), neck, positive)
        np.testing.assert_allclose(out.feats[i].detach().numpy(), video, **FLOAT64)
        if shares is None:
            assert out.weights == {}
            continue
        np.testing.assert_allclose(out.weights[FRAME_WEIGHTS][i].detach().numpy(), shares,
                                   **FLOAT64)
        assert sum(shares) == pytest.approx(1) and max(shares) > 1.01 * min(shares)


@pytest.mark.parametrize('positive', POSITIVE)
def test_gradients_by_finite_differences(positive):
    neck = make_neck(positive=positive)
    feats, mask = make_frames(2)
    names = [name for name, _ in neck.named_parameters()]

    def call(x, *values):
        return torch.func.functional_call(neck, dict(zip(names, values)), (x, mask)).feats

    inputs = [feats, *(p.detach() for p in neck.parameters())]
    assert torch.autograd.gradcheck(call, [x.requires_grad_() for x in inputs])


@pytest.mark.parametrize('attention', [True, False])
def test_batch_equals_one_by_one(attention):
    neck = make_neck(attention=attention)
    feats, mask = make_frames()
    feats.requires_grad_()
    neck(feats, mask).feats.square().sum().backward()
    together = [p.grad.clone() for p in neck.parameters()]
    assert all(grad.any() for grad in together)
    neck.zero_grad()
    for i in range(N):
        alone = feats[i:i + 1].detach().requires_grad_()
        neck(alone, mask[i:i + 1]).feats.square().sum().backward()
        torch.testing.assert_close(alone.grad[0], feats.grad[i], **FLOAT64)
    for parameter, expected in zip(neck.parameters(), together):
        torch.testing.assert_close(parameter.grad, expected, **FLOAT64)


def test_the_order_of_the_frames_is_kept():
    neck, order = make_neck(), torch.tensor([3, 1, 5, 0, 2, 4])
    feats, mask = make_frames()
    out, permuted = neck(feats, mask), neck(feats[:, order], mask)
    torch.testing.assert_close(permuted.weights[FRAME_WEIGHTS],
                               out.weights[FRAME_WEIGHTS][:, order], **FLOAT64)
    torch.testing.assert_close(permuted.feats.unflatten(1, (T, E)),
                               out.feats.unflatten(1, (T, E))[:, order], **FLOAT64)


def test_equal_frames_share_equally():
    neck = make_neck()
    feats, mask = make_frames()
    out = neck(feats[:, :1].expand(N, T, D), mask)
    torch.testing.assert_close(out.weights[FRAME_WEIGHTS],
                               torch.full((N, T), 1 / T, dtype=torch.float64), **FLOAT64)
    plain = make_neck(attention=False)
    plain.embed.load_state_dict(neck.embed.state_dict())
    torch.testing.assert_close(out.feats * T, plain(feats[:, :1].expand(N, T, D), mask).feats,
                               **FLOAT64)


@pytest.mark.parametrize('positive', POSITIVE)
def test_tiny_weights_stay_finite(positive):
    neck = FrameAttentionNeck(D, num_frames=T, positive=positive)
    with torch.no_grad():
        neck.mlp[2].bias.fill_(-1e4)
    feats = make_frames()[0].float().requires_grad_()
    out = neck(feats, torch.ones(N, T, dtype=torch.bool))
    torch.testing.assert_close(out.weights[FRAME_WEIGHTS].sum(dim=1), torch.ones(N))
    out.feats.square().sum().backward()
    assert feats.grad.isfinite().all() and neck.mlp[0].weight.grad.isfinite().all()


def test_log_softplus():
    scores = torch.tensor([-700., -30., -20., -1., 0., 5., 800.], dtype=torch.float64)
    expected = [z if z < -30 else math.log(math.log1p(math.exp(z))) if z < 700 else math.log(z)
                for z in scores.tolist()]
    np.testing.assert_allclose(log_softplus(scores).numpy(), expected, **FLOAT64)


def test_full_precision_under_autocast():
    neck = make_neck().float()
    feats, mask = make_frames()
    expected = neck(feats.float(), mask).feats
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(neck(feats.float(), mask).feats, expected)
        assert neck(feats.bfloat16(), mask).feats.dtype == torch.float32


def test_default_widths():
    neck = FrameAttentionNeck(512)
    count = sum(p.numel() for p in neck.parameters())
    # 512 x 256 + 256, 256 x 64 + 64, 64 + 1
    assert count == 131_328 + 16_448 + 65 and neck.out_channels == 4_096
    plain = FrameAttentionNeck(512, attention=False)
    assert sum(p.numel() for p in plain.parameters()) == 131_328


@pytest.mark.parametrize('lengths, found', [((6, 4), 4), ((7, 7), 7), ((6, 7), 7)])
def test_another_number_of_frames_is_refused(lengths, found):
    mask = lengths_to_mask(lengths)
    feats = torch.zeros(2, max(lengths), D, dtype=torch.float64)
    message = f'{found} frames instead of num_frames=6'
    with pytest.raises(ConfigError, match=message):
        make_neck()(feats, mask)
    with pytest.raises(ConfigError, match=message):
        make_neck()(feats, mask, tuple((1, length) for length in lengths))
    assert make_neck()(*make_frames(2), ((2, 3), (1, 6))).feats.shape == (2, T * E)


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match='positive'):
        FrameAttentionNeck(D, positive='relu')
    with pytest.raises(ConfigError, match='num_frames'):
        FrameAttentionNeck(D, num_frames=0)
    with pytest.raises(ConfigError, match='in_channels=5.*7 channels'):
        make_neck()(torch.zeros(1, T, 7), torch.ones(1, T, dtype=torch.bool))


@pytest.mark.parametrize('positive', [*POSITIVE, None])
def test_frames_without_a_face_leave_their_places_empty(positive):
    """Shares are those among the other frames, which stay where they are."""
    options = dict(attention=False) if positive is None else dict(positive=positive)
    neck = make_neck(**options)
    feats, mask = make_frames()
    mask[0, [0, 3, 5]] = mask[1, 2] = False
    feats = feats.masked_fill(~mask[..., None], math.nan).requires_grad_()
    out = neck(feats, mask, ((1, T), ) * N)
    out.feats.cos().sum().backward()
    assert (feats.grad[~mask] == 0).all() and feats.grad.isfinite().all()
    for i in range(N):
        there = mask[i].numpy()
        vector, shares = reference(feats[i].detach().numpy()[there], neck, positive)
        expected = np.zeros((T, E))
        expected[there] = vector.reshape(-1, E)
        np.testing.assert_allclose(out.feats[i].detach().numpy(), expected.ravel(), **FLOAT64)
        if shares is not None:
            got = out.weights[FRAME_WEIGHTS][i].detach().numpy()
            np.testing.assert_allclose(got[there], shares, **FLOAT64)
            assert (got[~there] == 0).all()
