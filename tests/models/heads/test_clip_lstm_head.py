import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import MediaError
from mmfer.models import ClipLSTMHead
from mmfer.testing import FLOAT64, fill_parameters

D, H, C = 5, 4, 3


def make_head(**options):
    return fill_parameters(ClipLSTMHead(C, D, H, **options), std=0.5).double().eval()


def samples(*counts):
    return [ActionDataSample(metainfo=dict(num_clips=count)).set_gt_label(i % C)
            for i, count in enumerate(counts)]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(clips, head):
    """The LSTM's recurrence, step by step; torch keeps the gates in the order i, f, g, o."""
    weights = [p.detach().numpy() for p in head.lstm.lstm.parameters()]
    state = cell = np.zeros(H)
    for clip in clips:
        gates = weights[0] @ clip + weights[2] + weights[1] @ state + weights[3]
        i, f, g, o = np.split(gates, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        state = sigmoid(o) * np.tanh(cell)
    return head.fc.weight.detach().numpy() @ state + head.fc.bias.detach().numpy()


def test_equals_the_recurrence_for_any_number_of_clips():
    head = make_head()
    feats = torch.randn(7, D, dtype=torch.float64)
    logits = head(feats, (2, 1, 4))
    for row, clips in zip(logits.detach().numpy(), np.split(feats.numpy(), [2, 3])):
        np.testing.assert_allclose(row, reference(clips, head), **FLOAT64)
    assert torch.equal(head(feats[:2]), head(feats[:2], (2, )))


def test_predicts_probabilities_per_video():
    head = make_head()
    feats = torch.randn(4, D, dtype=torch.float64)
    out = head.predict(feats, samples(2, 2))
    expected = head(feats, (2, 2)).softmax(dim=1)
    for sample, scores in zip(out, expected):
        torch.testing.assert_close(sample.pred_score, scores)
        assert int(sample.pred_label) == int(scores.argmax())


def test_loss_is_cross_entropy_and_all_parameters_learn():
    head = make_head()
    feats = torch.randn(4, D, dtype=torch.float64)
    losses = head.loss(feats, samples(2, 2), loss_aux={})
    expected = torch.nn.functional.cross_entropy(head(feats, (2, 2)), torch.tensor([0, 1]))
    torch.testing.assert_close(losses['loss_cls'], expected)
    losses['loss_cls'].backward()
    assert all(p.grad.any() for p in head.parameters())


def test_dropout_in_training_only():
    head = make_head(dropout=0.5)
    feats = torch.randn(4, D, dtype=torch.float64)
    assert torch.equal(head(feats, (4, )), make_head(dropout=0.0)(feats, (4, )))
    head.train()
    torch.manual_seed(0)
    assert not torch.equal(head(feats, (4, )), head(feats, (4, )))


def test_clips_that_do_not_add_up_are_named():
    with pytest.raises(MediaError, match='4 clips .* add up to 3'):
        make_head().predict(torch.randn(4, D, dtype=torch.float64), samples(2, 1))
