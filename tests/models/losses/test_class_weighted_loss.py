import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models.losses import ClassWeightedLoss, SoftmaxCrossEntropyLoss
from mmfer.models.losses.class_weights import balanced_weights, effective_weights

COUNTS = [10, 3, 40]


@pytest.mark.parametrize('mode, expected', [
    ('balanced', balanced_weights(COUNTS)), ('effective', effective_weights(COUNTS, 0.9))])
def test_weights_from_counts(mode, expected):
    loss = ClassWeightedLoss(mode, beta=0.9)
    logits = torch.zeros(2, 3, dtype=torch.float64)
    with pytest.raises(ConfigError, match='ClassWeightHook'):
        loss.weights_for(logits)
    loss.set_counts(COUNTS)
    assert loss.weights_for(logits).tolist() == expected.tolist()
    assert loss.weights_for(logits.float()).dtype == torch.float32


def test_given_weights_do_not_follow_counts():
    loss = ClassWeightedLoss([1.0, 2.0, 3.0])
    loss.set_counts(COUNTS)
    assert loss.weights_for(torch.zeros(1, 3)).tolist() == [1, 2, 3]
    assert ClassWeightedLoss().weights_for(torch.zeros(1, 3)) is None


def test_no_part_of_the_state():
    loss = ClassWeightedLoss('balanced')
    loss.set_counts(COUNTS)
    assert not loss.state_dict() and not list(loss.buffers())


def test_one_weight_per_class():
    with pytest.raises(ConfigError, match='3 class weights for 4 classes'):
        ClassWeightedLoss([1, 2, 3]).weights_for(torch.zeros(1, 4))


@pytest.mark.parametrize('wrong', ['inverse', [1, -1], [[1.0]]])
def test_refuses_weights(wrong):
    with pytest.raises(ConfigError, match='class_weight='):
        ClassWeightedLoss(wrong)


def test_refuses_beta_at_once():
    with pytest.raises(ConfigError, match='beta=1'):
        ClassWeightedLoss('effective', beta=1)


def test_reductions():
    losses = torch.tensor([1.0, 2.0, 6.0])
    assert ClassWeightedLoss.reduce(losses, 'mean') == 3
    assert ClassWeightedLoss.reduce(losses, 'sum') == 9
    assert ClassWeightedLoss.reduce(losses, 'none') is losses
    with pytest.raises(ValueError, match='median'):
        ClassWeightedLoss.reduce(losses, 'median')


def test_a_batch_of_one_keeps_its_weight():
    logits, label = torch.randn(1, 3), torch.tensor([1])
    plain, weighted = SoftmaxCrossEntropyLoss(), SoftmaxCrossEntropyLoss(class_weight=[1, 5, 1])
    assert weighted(logits, label) == pytest.approx(5 * float(plain(logits, label)))
