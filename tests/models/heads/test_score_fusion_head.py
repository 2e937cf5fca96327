import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import ScoreFusionHead
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_WEIGHTS, VideoFeatures
from mmfer.testing import FLOAT64, make_batch

LENGTHS = (3, 1, 5)
SAMPLES = make_batch([1, 1, 1], size_px=1, num_classes=4, seed=2)['data_samples']


def make(poison=0.0):
    torch.manual_seed(0)
    mask = lengths_to_mask(LENGTHS)
    feats = torch.randn(3, 5, 6, dtype=torch.float64).masked_fill(~mask[..., None], poison)
    return ScoreFusionHead(4, 6).double(), VideoFeatures(feats.requires_grad_(), mask)


def reference(head, features):
    """Scores and loss video by video, frame by frame."""
    weight, bias = head.fc.weight.detach().numpy(), head.fc.bias.detach().numpy()
    scores, losses = [], []
    for i, length in enumerate(LENGTHS):
        rows = []
        for frame in features.feats[i, :length].detach().numpy():
            exponentials = np.exp(weight @ frame + bias)
            rows.append(exponentials / exponentials.sum())
        scores.append(sum(rows) / length)
        losses.append(sum(-np.log(row[int(SAMPLES[i].gt_label)]) for row in rows) / length)
    return np.array(scores), sum(losses) / len(losses)


@pytest.mark.parametrize('poison', [0.0, float('nan'), float('inf')])
def test_scores_loss_and_gradient(poison):
    head, features = make(poison)
    scores, loss = reference(head, features)
    probabilities, weights = head.predict(features)
    np.testing.assert_allclose(probabilities.detach().numpy(), scores, **FLOAT64)
    for i, length in enumerate(LENGTHS):
        assert weights[FRAME_WEIGHTS][i].tolist() == [1 / length] * length + [0] * (5 - length)
    losses = head.loss(features, SAMPLES)
    np.testing.assert_allclose(losses['loss_cls'].item(), loss, **FLOAT64)
    labels = np.array([int(s.gt_label) for s in SAMPLES])
    assert float(losses['top1_acc']) == pytest.approx((scores.argmax(1) == labels).mean())
    losses['loss_cls'].backward()
    assert (features.feats.grad[~features.mask] == 0).all()
    assert features.feats.grad.isfinite().all() and head.fc.weight.grad.isfinite().all()


def test_gradient_through_the_fused_scores_is_finite():
    head, features = make()
    head(features)[0].sum().backward()
    assert features.feats.grad.isfinite().all()


def test_finite_differences():
    head, features = make()

    def call(feats):
        return head.loss(VideoFeatures(feats, features.mask), SAMPLES)['loss_cls']

    assert torch.autograd.gradcheck(call, features.feats)


def test_order_and_repetition_change_nothing():
    head, _ = make()
    feats = torch.randn(1, 4, 6, dtype=torch.float64)
    mask = torch.ones(1, 4, dtype=torch.bool)
    scores = head(VideoFeatures(feats, mask))[0]
    torch.testing.assert_close(head(VideoFeatures(feats.flip(1), mask))[0], scores, **FLOAT64)
    twice = VideoFeatures(feats.repeat(1, 2, 1), mask.repeat(1, 2))
    torch.testing.assert_close(head(twice)[0], scores, **FLOAT64)


def test_class_weights_multiply():
    head, features = make()
    doubled = ScoreFusionHead(4, 6, loss=dict(type='CrossEntropyLoss',
                                              class_weight=[2.0] * 4)).double()
    doubled.loss_cls.class_weight = doubled.loss_cls.class_weight.double()
    doubled.load_state_dict(head.state_dict())
    torch.testing.assert_close(doubled.loss(features, SAMPLES)['loss_cls'],
                               2 * head.loss(features, SAMPLES)['loss_cls'])


def test_wrong_features():
    with pytest.raises(ConfigError, match='neck out'):
        make()[0](VideoFeatures(torch.randn(3, 6), lengths_to_mask(LENGTHS)))
