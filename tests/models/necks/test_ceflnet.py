"""CEFLNet's neck as a whole against the paper's equations in float64 (conftest.py)."""
import numpy as np
import pytest
import torch

from mmfer.complexity import measure_complexity
from mmfer.errors import ConfigError
from mmfer.models import CEFLNeck
from mmfer.models.packing import lengths_to_mask
from mmfer.registry import MODELS
from mmfer.structures import (
    ACTIVATION_MAP,
    CLIP_SCORES,
    FRAME_WEIGHTS,
    RELATION_WEIGHTS,
    GappedLayout,
)
from mmfer.testing import FLOAT32, FLOAT64, fill_parameters
from mmfer.testing import make_batch as videos

D = 8
CLIPS = ((3, 2), (1, 1), (2, 4), (4, 1))  # (number of clips, frames of each)
PARTS = [dict(), dict(eian=False), dict(lrl=False, eian=False), dict(sal=False),
         dict(lrl=False), dict(sal=False, lrl=False), dict(sal=False, eian=False),
         dict(sal=False, lrl=False, eian=False)]
OPTIONS = [dict(), dict(variant='equations'), dict(pair='attended'), dict(aggregate='frames'),
           dict(num_heads=2), dict(residual=False)]


def numbers(tensor):
    return tensor.detach().numpy()


def reference(clips, neck, equations):
    """Eq. (1)-(8) of one video, clip by clip; the mean in place of a part that is left out."""
    vectors, relations, shares = [], [], []
    num_clips = len(clips)
    for raw in clips:
        attended = raw if neck.sal is None else equations.attention(raw, neck.sal)
        if neck.lrl is None:
            weights = np.ones(len(raw))
            vectors.append(sum(attended) / len(raw))
        else:
            vector, weights = equations.relation(raw, attended, neck.lrl)
            vectors.append(vector)
            relations += weights.tolist()
        shares.append(weights / sum(weights))
    if neck.eian is None:
        scores = np.full(num_clips, 1 / num_clips)
        activation, video = None, sum(vectors) / num_clips
    else:
        video, scores, activation = equations.activation(vectors, neck.eian)
    frame_weights = np.concatenate([a * share for a, share in zip(scores, shares)])
    return video, relations, scores, activation, frame_weights


def make_neck(width=D, **options):
    options = dict(activation_map=options.get('eian', True)) | options
    return fill_parameters(CEFLNeck(width, **options), seed=5, std=0.5).double().eval()


def make_batch(clips=CLIPS, width=D):
    lengths = [num * size for num, size in clips]
    generator = torch.Generator().manual_seed(0)
    feats = torch.randn(len(clips), max(lengths), width, generator=generator, dtype=torch.float64)
    return feats, lengths_to_mask(lengths)


@pytest.mark.parametrize('options', PARTS + OPTIONS[1:], ids=str)
def test_equals_the_equations(equations, options):
    neck = make_neck(**options)
    feats, mask = make_batch()
    out = neck(feats, mask, CLIPS)
    assert out.feats.shape == (len(CLIPS), neck.out_channels) == (len(CLIPS), D)
    for i, (num, size) in enumerate(CLIPS):
        length = num * size
        video, relations, scores, activation, frame_weights = reference(
            np.split(feats[i, :length].numpy(), num), neck, equations)
        np.testing.assert_allclose(numbers(out.feats[i]), video, **FLOAT64)
        for name, expected in ((RELATION_WEIGHTS, relations or None), (CLIP_SCORES, scores),
                               (ACTIVATION_MAP, activation), (FRAME_WEIGHTS, frame_weights)):
            if expected is None or (name == CLIP_SCORES and neck.eian is None):
                assert name not in out.weights
                continue
            got = numbers(out.weights[name][i])
            np.testing.assert_allclose(got[:len(expected)], expected, **FLOAT64)
            assert (got[len(expected):] == 0).all()
        assert abs(frame_weights.sum() - 1) < 1e-12


@pytest.mark.parametrize('options', OPTIONS[:2], ids=str)
def test_gradients_by_finite_differences(options):
    neck = make_neck(width=4, **options)
    clips = ((2, 3), (3, 1))
    feats, mask = make_batch(clips, width=4)
    names = [name for name, _ in neck.named_parameters()]

    def call(x, *values):
        return torch.func.functional_call(neck, dict(zip(names, values)), (x, mask, clips)).feats

    inputs = [feats, *(p.detach() for p in neck.parameters())]
    assert torch.autograd.gradcheck(call, [x.requires_grad_() for x in inputs])


@pytest.mark.parametrize('poison', [float('nan'), float('inf'), 1e30])
@pytest.mark.parametrize('options', [dict(), dict(variant='equations')], ids=str)
def test_padding_never_leaks(options, poison):
    neck = make_neck(**options)
    feats, mask = make_batch()
    clean = neck(feats.masked_fill(~mask[..., None], 0), mask, CLIPS).feats
    dirty = feats.masked_fill(~mask[..., None], poison).requires_grad_()
    out = neck(dirty, mask, CLIPS)
    assert torch.equal(out.feats, clean)
    out.feats.square().sum().backward()
    assert (dirty.grad[~mask] == 0).all() and dirty.grad.isfinite().all()
    assert (dirty.grad[mask] != 0).any(dim=-1).all()
    for name, parameter in neck.named_parameters():
        assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize('options', PARTS + OPTIONS[1:2], ids=str)
def test_batch_equals_one_by_one(options):
    neck = make_neck(**options)
    feats, mask = make_batch()
    feats.requires_grad_()
    neck(feats, mask, CLIPS).feats.square().sum().backward()
    together = feats.grad
    parameters = [torch.zeros_like(p) if p.grad is None else p.grad.clone()
                  for p in neck.parameters()]
    neck.zero_grad(set_to_none=False)
    for i, (num, size) in enumerate(CLIPS):
        alone = feats[i:i + 1, :num * size].detach().requires_grad_()
        neck(alone, mask[i:i + 1, :num * size], CLIPS[i:i + 1]).feats.square().sum().backward()
        torch.testing.assert_close(alone.grad[0], together[i, :num * size], **FLOAT64)
    for parameter, expected in zip(neck.parameters(), parameters):
        torch.testing.assert_close(parameter.grad, expected, **FLOAT64)


@pytest.mark.parametrize('options', [dict(), dict(variant='equations')], ids=str)
def test_order_of_frames_and_clips_changes_nothing(options):
    neck = make_neck(**options)
    clips = ((4, 3), ) * 2
    feats, mask = make_batch(clips)
    out = neck(feats, mask, clips)
    assert torch.allclose(out.weights[CLIP_SCORES].sum(dim=1), torch.ones(2).double())
    assert torch.allclose(out.weights[FRAME_WEIGHTS].sum(dim=1), torch.ones(2).double())
    within, between = torch.tensor([2, 0, 1]), torch.tensor([3, 1, 0, 2])
    grid = feats.unflatten(1, (4, 3))
    shuffled = neck(grid[:, :, within].flatten(1, 2), mask, clips)
    torch.testing.assert_close(shuffled.feats, out.feats, **FLOAT64)
    moved = neck(grid[:, between].flatten(1, 2), mask, clips)
    torch.testing.assert_close(moved.feats, out.feats, **FLOAT64)
    torch.testing.assert_close(moved.weights[CLIP_SCORES],
                               out.weights[CLIP_SCORES][:, between], **FLOAT64)
    best = out.weights[CLIP_SCORES].argmax(dim=1)
    assert torch.equal(between[moved.weights[CLIP_SCORES].argmax(dim=1)], best)
    torch.testing.assert_close(
        moved.weights[FRAME_WEIGHTS],
        out.weights[FRAME_WEIGHTS].unflatten(1, (4, 3))[:, between].flatten(1), **FLOAT64)


def test_without_all_parts_it_is_the_mean():
    feats, mask = make_batch(((3, 2), (1, 4)))
    neck = CEFLNeck(D, sal=False, lrl=False, eian=False)
    assert not list(neck.parameters())
    out = neck(feats.float(), mask, ((3, 2), (1, 4)))
    expected = torch.stack([feats[0].mean(dim=0), feats[1, :4].mean(dim=0)]).float()
    torch.testing.assert_close(out.feats, expected)


def test_a_video_is_one_clip_where_nothing_is_said():
    neck = make_neck()
    feats, mask = make_batch()
    clips = tuple((1, num * size) for num, size in CLIPS)
    assert torch.equal(neck(feats, mask).feats, neck(feats, mask, clips).feats)


@pytest.mark.parametrize('options, count', [
    (dict(), 1_050_624 + 1_024 + 1_025 + 1024 * 512 + 512 + 512),
    (dict(aggregate='frames'), 1_050_624 + 1_024 + 1_025 + 512 * 512 + 512 + 512),
    (dict(variant='equations'), 1_050_624 + 1_025 + 512 * 512 + 512 + 512),
    (dict(eian=False), 1_050_624 + 1_024 + 1_025 + 1024 * 512 + 512),
    (dict(lrl=False, eian=False), 1_050_624 + 1_024),
    (dict(lrl=False), 1_050_624 + 1_024 + 512),
    (dict(sal=False), 1_025 + 1024 * 512 + 512 + 512),
], ids=str)
def test_number_of_parameters(options, count):
    assert sum(p.numel() for p in CEFLNeck(512, **options).parameters()) == count


@pytest.mark.parametrize('options, expected', [
    (dict(), (4, True, 'raw', 'pairs', 0.1, 0.5)),
    (dict(variant='equations'), (1, False, 'attended', 'frames', 0.1, 0.5)),
    (dict(num_heads=2, residual=False, pair='attended', aggregate='frames',
          attention_dropout=0.3, relation_dropout=0.4),
     (2, False, 'attended', 'frames', 0.3, 0.4)),
    (dict(variant='equations', num_heads=2, residual=True, pair='raw', aggregate='pairs'),
     (2, True, 'raw', 'pairs', 0.1, 0.5)),
], ids=str)
def test_options_reach_the_parts(options, expected):
    neck = CEFLNeck(D, **options)
    assert (neck.sal.attention.num_heads, neck.sal.residual, neck.lrl.pair, neck.lrl.aggregate,
            neck.sal.attention.dropout, neck.lrl.dropout.p) == expected


def test_full_precision_under_autocast():
    neck = make_neck().float()
    feats, mask = make_batch()
    feats = feats.float()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        got, half = neck(feats, mask, CLIPS), neck(feats.bfloat16(), mask, CLIPS)
    assert torch.equal(got.feats, neck(feats, mask, CLIPS).feats)
    assert half.feats.dtype == torch.float32


@pytest.mark.parametrize('options, match', [
    (dict(variant='paper'), 'variant'), (dict(pair='both'), 'pair'),
    (dict(aggregate='sum'), 'aggregate'), (dict(num_heads=3), 'num_heads=3 does not divide'),
    (dict(eian=False, activation_map=True), 'needs eian=True'),
])
def test_mistakes_are_named(options, match):
    with pytest.raises(ConfigError, match=match):
        CEFLNeck(D, **options)


def test_wrong_width_is_named():
    with pytest.raises(ConfigError, match='in_channels=8.*7 channels'):
        CEFLNeck(D)(torch.randn(1, 2, 7), torch.ones(1, 2, dtype=torch.bool))


def make_model(**options):
    return MODELS.build(dict(
        type='ExpressionRecognizer',
        backbone=dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, )),
        neck=dict(type='CEFLNeck', **options),
        cls_head=dict(type='MLPHead', num_classes=6)))


def make_videos(clips, size_px):
    batch = videos([num * size for num, size in clips], size_px, num_classes=6)
    for sample, (num, size) in zip(batch['data_samples'], clips):
        sample.set_metainfo(dict(num_clips=num, clip_len=size))
    return batch


@pytest.mark.parametrize('options, count', [
    (dict(), 12_828_807),  # the paper's Table 8: 12.83 M
    (dict(aggregate='frames'), 12_566_663),  # Eq. (3) as printed
])
def test_whole_network_counts_and_learns(options, count):
    model = fill_parameters(make_model(**options))
    assert sum(p.numel() for p in model.parameters()) == count
    data = model.data_preprocessor(make_videos(((3, 2), (2, 3)), 32), training=True)
    losses = model(**data, mode='loss')
    losses['loss_cls'].backward()
    assert [name for name, p in model.named_parameters()
            if p.grad is None or not p.grad.any()] == []


# the paper's Table 9, which ptflops counted
@pytest.mark.parametrize('frames, giga', [(2, 25.5218), (5, 63.7990), (10, 127.5947),
                                          (15, 191.3907)])
def test_operations_as_the_paper_counts_them(frames, giga):
    pytest.importorskip('ptflops')
    found = measure_complexity(make_model(), make_videos(((7, frames), ), 224), 'ptflops')
    assert round(found.macs / 1e9, 4) == giga


def test_recognizer_hands_clips_and_their_attention_through():
    model = fill_parameters(make_model(activation_map=True)).eval()
    layout = ((3, 2), (2, 4))
    batch = make_videos(layout, 32)
    together = model.test_step(batch)
    for i, (num, size) in enumerate(layout):
        attention = together[i].attention
        assert attention[CLIP_SCORES].shape == (num, )
        assert attention[ACTIVATION_MAP].shape == (num, 512)
        assert attention[FRAME_WEIGHTS].shape == (num * size, )
        alone = model.test_step({key: value[i:i + 1] for key, value in batch.items()})[0]
        torch.testing.assert_close(alone.pred_score, together[i].pred_score, **FLOAT32)
        torch.testing.assert_close(alone.attention[CLIP_SCORES], attention[CLIP_SCORES],
                                   **FLOAT32)


@pytest.mark.parametrize('options', PARTS + OPTIONS[1:], ids=str)
def test_frames_without_a_face_count_as_left_out(equations, options):
    """Clips of what is left of them; one of which nothing is left weighs nothing."""
    neck = make_neck(**options)
    clips = GappedLayout(((3, 2), (1, 1), (2, 4), (4, 1)))
    feats, mask = make_batch(clips)
    for video, frame in ((0, 1), (0, 2), (0, 3), (2, 0), (2, 3), (2, 5), (3, 0), (3, 2)):
        mask[video, frame] = False
    feats = feats.masked_fill(~mask[..., None], float('nan')).requires_grad_()
    out = neck(feats, mask, clips)
    out.feats.cos().sum().backward()
    assert (feats.grad[~mask] == 0).all()
    assert (feats.grad[mask] != 0).any(dim=-1).all() and feats.grad.isfinite().all()
    for i, (num, size) in enumerate(clips):
        there = mask[i, :num * size].numpy().reshape(num, size)
        rows = feats[i, :num * size].detach().numpy().reshape(num, size, D)
        left = [row[kept] for row, kept in zip(rows, there) if kept.any()]
        video, relations, scores, activation, frame_weights = reference(left, neck, equations)
        np.testing.assert_allclose(numbers(out.feats[i]), video, **FLOAT64)
        weights = {FRAME_WEIGHTS: frame_weights}
        weights |= {} if neck.lrl is None else {RELATION_WEIGHTS: relations}
        for name, expected in weights.items():
            got = numbers(out.weights[name][i])
            np.testing.assert_allclose(got[:num * size][there.ravel()], expected, **FLOAT64)
            assert (got[~mask[i].numpy()] == 0).all()
        if neck.eian is not None:
            for name, expected in ((CLIP_SCORES, scores), (ACTIVATION_MAP, activation)):
                got = numbers(out.weights[name][i, :num])
                np.testing.assert_allclose(got[there.any(1)], expected, **FLOAT64)
                assert (got[~there.any(1)] == 0).all()


def test_a_layout_with_gaps_but_none_in_it_changes_nothing():
    neck = make_neck()
    feats, mask = make_batch()
    plain, gapped = neck(feats, mask, CLIPS), neck(feats, mask, GappedLayout(CLIPS))
    torch.testing.assert_close(gapped.feats, plain.feats, **FLOAT64)
    for name, weight in plain.weights.items():
        torch.testing.assert_close(gapped.weights[name], weight, **FLOAT64)
