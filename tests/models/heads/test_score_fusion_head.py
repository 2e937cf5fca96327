import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import ScoreFusionHead
from mmfer.models.heads.score_fusion_head import FUSIONS
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, VideoFeatures
from mmfer.testing import FLOAT64, make_batch
from mmfer.testing.gaps import check_gaps, gapped_videos

LENGTHS = (3, 1, 5)
SAMPLES = make_batch([1, 1, 1], size_px=1, num_classes=4, seed=2)['data_samples']


def make(poison=0.0, **kwargs):
    torch.manual_seed(0)
    mask = lengths_to_mask(LENGTHS)
    feats = torch.randn(3, 5, 6, dtype=torch.float64).masked_fill(~mask[..., None], poison)
    return ScoreFusionHead(4, 6, **kwargs).double(), VideoFeatures(feats.requires_grad_(), mask)


def reference(head, features):
    """Scores and loss video by video, frame by frame, and the scores of each frame."""
    weight, bias = head.fc.weight.detach().numpy(), head.fc.bias.detach().numpy()
    scores, losses, frames = [], [], []
    for i, length in enumerate(LENGTHS):
        rows = []
        for frame in features.feats[i, :length].detach().numpy():
            exponentials = np.exp(weight @ frame + bias)
            rows.append(exponentials / exponentials.sum())
        if head.fusion == 'probabilities':
            scores.append(sum(rows) / length)
        else:  # the product of the frames' probabilities, to the power of 1 / T
            product = np.prod(np.array(rows)**(1 / length), axis=0)
            scores.append(product / product.sum())
        frames.append(np.array(rows))
        losses.append(sum(-np.log(row[int(SAMPLES[i].gt_label)]) for row in rows) / length)
    return np.array(scores), sum(losses) / len(losses), frames


@pytest.mark.parametrize('fusion', FUSIONS)
@pytest.mark.parametrize('poison', [0.0, float('nan'), float('inf')])
def test_scores_loss_and_gradient(poison, fusion):
    head, features = make(poison, fusion=fusion)
    scores, loss, frames = reference(head, features)
    probabilities, weights = head.predict(features)
    np.testing.assert_allclose(probabilities.detach().numpy(), scores, **FLOAT64)
    for i, length in enumerate(LENGTHS):
        assert weights[FRAME_WEIGHTS][i].tolist() == [1 / length] * length + [0] * (5 - length)
        np.testing.assert_allclose(weights[FRAME_SCORES][i, :length].detach().numpy(), frames[i],
                                   **FLOAT64)
        assert (weights[FRAME_SCORES][i, length:] == 0).all()
    losses = head.loss(features, SAMPLES)
    np.testing.assert_allclose(losses['loss_cls'].item(), loss, **FLOAT64)
    labels = np.array([int(s.gt_label) for s in SAMPLES])
    assert float(losses['top1_acc']) == pytest.approx((scores.argmax(1) == labels).mean())
    losses['loss_cls'].backward()
    assert (features.feats.grad[~features.mask] == 0).all()
    assert features.feats.grad.isfinite().all() and head.fc.weight.grad.isfinite().all()


@pytest.mark.parametrize('fusion', FUSIONS)
def test_gradient_through_the_fused_scores_is_finite(fusion):
    head, features = make(fusion=fusion)
    head(features)[0].sum().backward()
    assert features.feats.grad.isfinite().all()


def test_finite_differences():
    head, features = make()

    def call(feats):
        return head.loss(VideoFeatures(feats, features.mask), SAMPLES)['loss_cls']

    assert torch.autograd.gradcheck(call, features.feats)


@pytest.mark.parametrize('fusion', FUSIONS)
def test_order_and_repetition_change_nothing(fusion):
    head, _ = make(fusion=fusion)
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


def test_options():
    assert make(bias=False)[0].fc.bias is None
    with pytest.raises(ConfigError, match='fusion'):
        make(fusion='sum')


@pytest.mark.parametrize('fusion', FUSIONS)
def test_frames_without_a_face_count_as_left_out(fusion):
    head = make(fusion=fusion)[0]

    def part(feats, mask, clips):
        logits, weights = head(VideoFeatures(feats, mask, clips=clips))
        return VideoFeatures(logits, mask, weights)

    check_gaps(part, 6)


def test_loss_is_over_the_frames_with_a_face():
    head = make()[0]
    feats, mask, clips = gapped_videos(6)
    samples = make_batch([1] * 5, size_px=1, num_classes=4, seed=2)['data_samples']
    alone = [head.loss(VideoFeatures(rows[None, there], torch.ones(1, int(there.sum())).bool()),
                       [sample])['loss_cls'] for rows, there, sample in zip(feats, mask, samples)]
    together = head.loss(VideoFeatures(feats, mask, clips=clips), samples)['loss_cls']
    torch.testing.assert_close(together, torch.stack(alone).mean(), **FLOAT64)
