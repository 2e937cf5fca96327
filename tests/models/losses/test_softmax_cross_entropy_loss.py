import math

import numpy as np
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


DISTRIBUTIONS = np.array([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0], [0, 0.5, 0, 0.5],
                          [0.25, 0.25, 0.25, 0.25], [0.7, 0, 0.3, 0]])


@pytest.mark.parametrize('weights', [None, WEIGHTS])
@pytest.mark.parametrize('eps', [0.0, 0.1])
def test_soft_labels_equal_the_formula(eps, weights):
    logits, _ = make_batch()
    loss = SoftmaxCrossEntropyLoss(label_smoothing=eps, class_weight=weights, soft_labels=True)
    scores = logits.numpy()
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    q = (1 - eps) * DISTRIBUTIONS + eps / C
    expected = -(q * np.array(weights or [1.0] * C) * log_p).sum(axis=1)
    targets = torch.from_numpy(DISTRIBUTIONS)
    np.testing.assert_allclose(loss(logits, targets, reduction='none').numpy(), expected,
                               **FLOAT64)
    np.testing.assert_allclose(loss(logits, targets).item(), expected.mean(), **FLOAT64)
    # the gradient at the logits, by hand: sum_c q_c w_c (p_k - [c = k]) / n
    p, qw = np.exp(log_p), q * np.array(weights or [1.0] * C)
    loss(logits.requires_grad_(), targets).backward()
    np.testing.assert_allclose(logits.grad.numpy(),
                               (p * qw.sum(axis=1, keepdims=True) - qw) / N, **FLOAT64)


@pytest.mark.parametrize('weights', [None, WEIGHTS])
def test_one_hot_soft_labels_are_labels_exactly(weights):
    logits, labels = make_batch()
    hot = torch.nn.functional.one_hot(labels, C).float()  # as datasets hold them
    for scale in (1.0, 100.0):  # probabilities of 0 and 1 in float64 too
        hard, soft = (SoftmaxCrossEntropyLoss(class_weight=weights, soft_labels=flag)(
            scale * logits, target, reduction='none')
            for flag, target in ((False, labels), (True, hot)))
        assert torch.equal(hard, soft)


def test_soft_labels_gradient():
    logits, _ = make_batch()
    loss = SoftmaxCrossEntropyLoss(0.1, WEIGHTS, soft_labels=True)
    targets = torch.from_numpy(DISTRIBUTIONS)
    assert torch.autograd.gradcheck(lambda x: loss(x, targets), logits.requires_grad_())


def test_soft_labels_refuse_class_indices():
    logits, labels = make_batch()
    with pytest.raises(ConfigError, match=r'distribution per sample.*labels \(5,\).*\(5, 4\)'):
        SoftmaxCrossEntropyLoss(soft_labels=True)(logits, labels)
