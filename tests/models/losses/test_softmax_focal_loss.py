import math

import pytest
import torch
from torch.nn import functional

from mmfer.errors import ConfigError
from mmfer.models.losses import SoftmaxFocalLoss
from mmfer.testing import FLOAT64

N, C = 5, 4
WEIGHTS = [0.5, 2.0, 1.0, 0.25]


def make_batch():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(N, C, generator=generator, dtype=torch.float64)
    return logits, torch.tensor([0, 3, 1, 1, 2])


@pytest.mark.parametrize('weights', [None, WEIGHTS])
@pytest.mark.parametrize('gamma', [0.0, 0.5, 2.0])
def test_equals_the_formula(gamma, weights):
    logits, labels = make_batch()
    expected = []
    for row, label in zip(logits.tolist(), labels.tolist()):
        p = math.exp(row[label]) / sum(math.exp(x) for x in row)
        expected.append(-(weights or [1.0] * C)[label] * (1 - p)**gamma * math.log(p))
    expected = torch.tensor(expected, dtype=torch.float64)
    loss = SoftmaxFocalLoss(gamma, class_weight=weights)
    torch.testing.assert_close(loss(logits, labels, reduction='none'), expected, **FLOAT64)
    torch.testing.assert_close(loss(logits, labels), expected.mean(), **FLOAT64)


@pytest.mark.parametrize('gamma', [0.0, 0.5, 2.0])
def test_gradient(gamma):
    logits, labels = make_batch()
    loss = SoftmaxFocalLoss(gamma, class_weight=WEIGHTS)
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), logits.requires_grad_())


@pytest.mark.parametrize('gamma', [0.5, 2.0])
def test_stays_finite_at_the_ends(gamma):
    logits = torch.tensor([[200.0, 0.0, 0.0], [0.0, 200.0, 0.0]], requires_grad=True)
    losses = SoftmaxFocalLoss(gamma)(logits, torch.tensor([0, 0]), reduction='none')
    assert losses[0] == 0 and losses[1] == 200
    losses.sum().backward()
    assert logits.grad.isfinite().all()


def test_without_gamma_cross_entropy():
    logits, labels = make_batch()
    torch.testing.assert_close(SoftmaxFocalLoss(0.0)(logits, labels),
                               functional.cross_entropy(logits, labels), **FLOAT64)


def test_refuses_gamma():
    with pytest.raises(ConfigError, match='gamma=-1'):
        SoftmaxFocalLoss(-1)
