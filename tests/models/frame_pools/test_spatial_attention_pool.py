import math
from pathlib import Path

import numpy as np
import pytest
import torch

from mmfer.configuration import load_config
from mmfer.errors import ConfigError
from mmfer.models import ExpressionRecognizer
from mmfer.models.frame_pools import SpatialAttentionPool, diversity_penalty
from mmfer.registry import MODELS
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, SPATIAL_MAPS
from mmfer.testing import FLOAT64, fill_parameters, make_batch

ROOT = Path(__file__).resolve().parents[3]
D, U, HEIGHT, WIDTH = 5, 4, 2, 3


def make_pool(**kwargs):
    return fill_parameters(SpatialAttentionPool(D, hidden_channels=U, **kwargs), seed=1).double()


def make_maps(frames=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(frames, D, HEIGHT, WIDTH, generator=generator, dtype=torch.float64)


def reference(pool, maps):
    """Eq. (4), (2) and the penalty for one frame, region by region."""
    first = pool.hidden.weight.detach().numpy()[:, :, 0, 0]
    second = pool.scores.weight.detach().numpy()[:, :, 0, 0]
    regions = [maps[:, y, x] for y in range(HEIGHT) for x in range(WIDTH)]
    attention, rows = [], []
    for head in range(pool.heads):
        scores = [float(second[head] @ np.tanh(first @ region)) for region in regions]
        total = sum(math.exp(score) for score in scores)
        attention.append([math.exp(score) / total for score in scores])
        row = sum(a * region for a, region in zip(attention[-1], regions))
        if pool.shifting:
            row = pool.scale[head].item() * row + pool.shift[head].item()
            row = row / (math.sqrt(pool.heads) * math.sqrt(sum(x * x for x in row)))
        rows.append(row)
    gram = [[sum(a * b for a, b in zip(one, other)) - (i == j)
             for j, other in enumerate(attention)] for i, one in enumerate(attention)]
    norm = math.sqrt(sum(value**2 for row in gram for value in row))
    return np.concatenate(rows), np.array(attention), norm


@pytest.mark.parametrize('heads', [1, 2, 4])
@pytest.mark.parametrize('shifting', [False, True])
def test_equals_the_equations(heads, shifting):
    pool, maps = make_pool(heads=heads, shifting=shifting, penalty=0.3), make_maps()
    vectors, weights = pool(maps)
    assert vectors.shape == (3, pool.out_channels) == (3, heads * D)
    assert weights[SPATIAL_MAPS].shape == (3, heads, HEIGHT, WIDTH)
    norms = []
    for i, frame in enumerate(maps.numpy()):
        vector, attention, norm = reference(pool, frame)
        np.testing.assert_allclose(vectors[i].detach().numpy(), vector, **FLOAT64)
        np.testing.assert_allclose(weights[SPATIAL_MAPS][i].flatten(1).detach().numpy(),
                                   attention, **FLOAT64)
        norms.append(norm)
    loss = pool.losses(weights)['loss_diversity']
    assert loss.item() == pytest.approx(0.3 * sum(norms) / 3, rel=1e-12)


@pytest.mark.parametrize('shifting', [False, True])
def test_finite_differences(shifting):
    pool, maps = make_pool(shifting=shifting), make_maps(2).requires_grad_()

    def call(maps, *parameters):
        vectors, weights = torch.func.functional_call(
            pool, dict(zip(dict(pool.named_parameters()), parameters)), (maps, ))
        return vectors, pool.losses(weights)['loss_diversity']

    assert torch.autograd.gradcheck(call, (maps, *pool.parameters()))


def test_penalty_of_uniform_attention():
    uniform = torch.full((3, 2, 196), 1 / 196, dtype=torch.float64)
    penalty = diversity_penalty(uniform)
    assert penalty.tolist() == pytest.approx([1.40702] * 3, abs=5e-6)
    # sqrt(2 (1 - 1/196)^2 + 2 / 196^2)
    assert float(penalty[0]) == pytest.approx(math.sqrt(2 * (195**2 + 1)) / 196, rel=1e-12)


def test_gradient_is_finite_where_the_penalty_is_zero():
    pool = make_pool(heads=1)
    _, weights = pool(make_maps()[:, :, :1, :1].requires_grad_())
    loss = pool.losses(weights)['loss_diversity']
    assert loss == 0
    loss.backward()
    assert all((p.grad == 0).all() for p in pool.parameters())


def test_penalty_pulls_the_heads_apart():
    pool, maps = make_pool(penalty=1.0), make_maps()
    with torch.no_grad():
        pool.scores.weight[1] = pool.scores.weight[0] + 0.01 * pool.scores.weight[1]
    optimizer = torch.optim.SGD(pool.parameters(), lr=1.0)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        loss = pool.losses(pool(maps)[1])['loss_diversity']
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_no_penalty_no_loss():
    pool = make_pool(penalty=0.0)
    assert pool.losses(pool(make_maps())[1]) == {}


def test_uniform_attention_is_the_mean():
    pool, maps = make_pool(), make_maps()
    torch.nn.init.zeros_(pool.scores.weight)
    torch.testing.assert_close(pool(maps)[0], maps.mean((2, 3)).repeat(1, 2), **FLOAT64)


def test_extreme_features_stay_finite():
    pool = make_pool(shifting=True).float()
    maps = (1e6 * make_maps().float()).requires_grad_()
    vectors, weights = pool(maps)
    vectors.sum().backward()
    assert vectors.isfinite().all() and maps.grad.isfinite().all()
    torch.testing.assert_close(weights[SPATIAL_MAPS].sum((2, 3)), torch.ones(3, 2))


def test_full_precision_under_autocast():
    pool, maps = make_pool().float(), make_maps().float()
    vectors, weights = pool(maps)
    loss = pool.losses(weights)['loss_diversity']
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(pool(maps)[0], vectors)
        assert torch.equal(pool.losses(weights)['loss_diversity'], loss)
        assert pool(maps.bfloat16())[0].dtype == torch.float32


def test_parameter_count():
    assert sum(p.numel() for p in SpatialAttentionPool(512).parameters()) == 350 * (512 + 2)


def test_every_parameter_of_the_whole_model_gets_a_gradient():
    cfg = load_config(ROOT / 'configs/sa_tp/vgg16_sa2_tp_afew.py')
    model = fill_parameters(MODELS.build(cfg.model)).train()
    assert sum(p.numel() for p in model.parameters()) == 14_901_756
    losses = model(**model.data_preprocessor(make_batch([2, 1], size_px=48)), mode='loss')
    assert set(losses) == {'loss_cls', 'loss_diversity', 'top1_acc'}
    (losses['loss_cls'] + losses['loss_diversity']).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all() and parameter.grad.any(), name


def test_video_batch_equals_one_by_one():
    model = fill_parameters(ExpressionRecognizer(
        dict(type='mmpretrain.ResNet', depth=18, out_indices=(0, )),
        dict(type='TemporalSoftmaxHead', num_classes=7),
        frame_pool=dict(type='SpatialAttentionPool', hidden_channels=8))).double().eval()
    lengths = (4, 1, 3)
    batch = make_batch(lengths)
    together = model(**model.data_preprocessor(batch), mode='predict')
    expected = [(sample.pred_score, dict(sample.attention)) for sample in together]
    for i, (scores, attention) in enumerate(expected):
        single = dict(inputs=batch['inputs'][i:i + 1], data_samples=batch['data_samples'][i:i + 1])
        alone = model(**model.data_preprocessor(single), mode='predict')[0]
        torch.testing.assert_close(alone.pred_score, scores)
        assert set(attention) == {SPATIAL_MAPS, FRAME_WEIGHTS, FRAME_SCORES}
        assert attention[SPATIAL_MAPS].shape == (lengths[i], 2, 8, 8)
        for name, values in attention.items():
            torch.testing.assert_close(alone.attention[name], values)


@pytest.mark.parametrize('trunk', [
    dict(type='mmpretrain.VisionTransformer', arch='deit-tiny', img_size=32),
    dict(type='timm.resnet18')], ids=lambda c: c['type'])
def test_trunk_that_gives_vectors_is_refused(trunk):
    model = ExpressionRecognizer(trunk, dict(type='TemporalSoftmaxHead', num_classes=7),
                                 frame_pool=dict(type='SpatialAttentionPool', in_channels=192))
    with pytest.raises(ConfigError, match="gives \\(2, .*out_type='featmap'.*GlobalAveragePool"):
        model(model.data_preprocessor(make_batch([2]))['inputs'])


def test_transformer_maps_are_taken():
    trunk = dict(type='mmpretrain.VisionTransformer', arch='deit-tiny', img_size=32,
                 out_type='featmap')
    model = ExpressionRecognizer(
        trunk, dict(type='TemporalSoftmaxHead', num_classes=7, in_channels=384),
        frame_pool=dict(type='SpatialAttentionPool', in_channels=192)).eval()
    data = model.data_preprocessor(make_batch([2]))
    assert model(**data, mode='predict')[0].attention[SPATIAL_MAPS].shape == (2, 2, 2, 2)


@pytest.mark.parametrize('kwargs', [dict(heads=0), dict(hidden_channels=0), dict(penalty=-1.0)])
def test_wrong_options(kwargs):
    with pytest.raises(ConfigError, match='SpatialAttentionPool'):
        SpatialAttentionPool(D, **kwargs)


def test_wrong_width():
    with pytest.raises(ConfigError, match='in_channels=5.*6 channels'):
        make_pool()(torch.zeros(1, 6, 2, 2))
