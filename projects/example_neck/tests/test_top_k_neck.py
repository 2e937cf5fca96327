from pathlib import Path

import pytest
import torch

from mmfer.configuration import load_config
from mmfer.models.packing import lengths_to_mask
from mmfer.registry import MODELS
from mmfer.structures import FRAME_WEIGHTS
from mmfer.testing import fill_parameters, make_batch
from projects.example_neck import TopKNeck
from projects.example_neck.top_k_neck import top_k_mask

CONFIG = Path(__file__).resolve().parents[1] / 'configs' / 'topk_r18_generic.py'


def test_top_k_mask():
    scores = torch.tensor([[3.0, 1.0, 2.0, 9.0], [1.0, 2.0, 9.0, 9.0], [0.0, 1.0, 2.0, 3.0]])
    mask = torch.tensor([[True, True, True, False], [True, False, False, False], [True] * 4])
    assert top_k_mask(scores, mask, 2).tolist() == [
        [True, False, True, False], [True, False, False, False], [False, False, True, True]]
    assert torch.equal(top_k_mask(scores, mask, 9), mask)


@pytest.mark.parametrize('k', [1, 2, 9])
def test_batch_equals_one_by_one(k):
    neck = fill_parameters(TopKNeck(6, k)).double()
    lengths = (4, 1, 3)
    mask = lengths_to_mask(lengths)
    feats = torch.randn(3, 4, 6, dtype=torch.float64).masked_fill(~mask[..., None], float('nan'))
    out = neck(feats.requires_grad_(), mask)
    for i, length in enumerate(lengths):
        alone = neck(feats[i:i + 1, :length], mask[i:i + 1, :length])
        torch.testing.assert_close(alone.feats[0], out.feats[i])
        assert int((out.weights[FRAME_WEIGHTS][i] > 0).sum()) == min(k, length)
        assert out.weights[FRAME_WEIGHTS][i].sum().item() == pytest.approx(1)
    out.feats.sum().backward()
    assert feats.grad.isfinite().all() and (feats.grad[~mask] == 0).all()


def test_config_builds_and_learns():
    cfg = load_config(CONFIG, {'model.neck.k': 2, 'model.cls_head.num_classes': 5})
    model = MODELS.build(cfg.model).train()
    assert isinstance(model.neck, TopKNeck) and model.neck.k == 2
    losses = model(**model.data_preprocessor(make_batch([3, 1], num_classes=5), True), mode='loss')
    losses['loss_cls'].backward()
    assert model.neck.score.weight.grad.any() and model.backbone.conv1.weight.grad.any()
