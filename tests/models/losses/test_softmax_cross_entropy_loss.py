import math

import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models.losses import SoftmaxCrossEntropyLoss
from mmfer.testing import FLOAT64

N, C = 5, 4
WEIGHTS = [0.5, 2.0, 1.0, 0.25]


def make_batch():
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(N, C, generator=generator, dtype=torch.float64)
    return logits, torch.tensor([0, 3, 1, 1, 2])


def reference(logits, labels, eps, weights):
    """-sum_c q_c w_c log p_c, class by class."""
    losses = []
    for row, label in zip(logits.tolist(), labels.tolist()):
        total = sum(math.exp(x) for x in row)
        loss = 0.0
        for c, x in enumerate(row):
            q = (1 - eps) * (c == label) + eps / C
            loss -= q * weights[c] * math.log(math.exp(x) / total)
        losses.append(loss)
    return losses


@pytest.mark.parametrize('weights', [None, WEIGHTS])
@pytest.mark.parametrize('eps', [0.0, 0.1, 0.7])
def test_equals_the_formula(eps, weights):
    logits, labels = make_batch()
    loss = SoftmaxCrossEntropyLoss(label_smoothing=eps, class_weight=weights)
    expected = torch.tensor(reference(logits, labels, eps, weights or [1.0] * C),
                            dtype=torch.float64)
    torch.testing.assert_close(loss(logits, labels, reduction='none'), expected, **FLOAT64)
    torch.testing.assert_close(loss(logits, labels), expected.mean(), **FLOAT64)


@pytest.mark.parametrize('eps', [0.0, 0.3])
def test_gradient(eps):
    logits, labels = make_batch()
    loss = SoftmaxCrossEntropyLoss(label_smoothing=eps, class_weight=WEIGHTS)
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), logits.requires_grad_())


@pytest.mark.parametrize('eps', [1.0, -0.1])
def test_refuses_smoothing(eps):
    with pytest.raises(ConfigError, match='label_smoothing'):
        SoftmaxCrossEntropyLoss(label_smoothing=eps)
