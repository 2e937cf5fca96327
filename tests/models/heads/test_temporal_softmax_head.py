import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from mmfer.models import TemporalSoftmaxHead
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, VideoFeatures
from mmfer.testing import FLOAT64, fill_parameters, make_batch
from mmfer.testing.gaps import check_gaps

LENGTHS = (3, 1, 5)
SAMPLES = make_batch([1, 1, 1], size_px=1, num_classes=4, seed=2)['data_samples']
LABELS = torch.tensor([int(sample.gt_label) for sample in SAMPLES])


def make(poison=0.0, **kwargs):
    head = fill_parameters(TemporalSoftmaxHead(4, 6, **kwargs), seed=2).double()
    generator = torch.Generator().manual_seed(0)
    mask = lengths_to_mask(LENGTHS)
    feats = torch.randn(3, 5, 6, generator=generator, dtype=torch.float64)
    return head, VideoFeatures(feats.masked_fill(~mask[..., None], poison).requires_grad_(), mask)


def reference(head, frames, label):
    """Eq. (5) and (6) for one video: p(c|S), p(f|S), classes of each frame, loss."""
    weight = head.fc.weight.detach().numpy()
    bias = np.zeros(4) if head.fc.bias is None else head.fc.bias.detach().numpy()
    exponentials = np.array([[math.exp(float(weight[c] @ frame + bias[c])) for c in range(4)]
                             for frame in frames])
    joint = exponentials / exponentials.sum()
    classes = joint.sum(axis=0)
    each = np.array([row / row.sum() for row in exponentials])
    return classes, joint.sum(axis=1), each, -math.log(classes[label])


@pytest.mark.parametrize('bias', [False, True])
@pytest.mark.parametrize('poison', [0.0, float('nan'), float('inf')])
def test_equals_the_equations(poison, bias):
    head, features = make(poison, bias=bias)
    assert (head.fc.bias is not None) == bias
    probabilities, weights = head.predict(features)
    total = 0.0
    for i, length in enumerate(LENGTHS):
        classes, frames, each, loss = reference(
            head, features.feats[i, :length].detach().numpy(), int(LABELS[i]))
        np.testing.assert_allclose(probabilities[i].detach().numpy(), classes, **FLOAT64)
        np.testing.assert_allclose(weights[FRAME_WEIGHTS][i, :length].detach().numpy(), frames,
                                   **FLOAT64)
        np.testing.assert_allclose(weights[FRAME_SCORES][i, :length].detach().numpy(), each,
                                   **FLOAT64)
        total += loss / len(LENGTHS)
    assert (weights[FRAME_WEIGHTS][~features.mask] == 0).all()
    assert (weights[FRAME_SCORES][~features.mask] == 0).all()
    losses = head.loss(features, SAMPLES)
    np.testing.assert_allclose(losses['loss_cls'].item(), total, **FLOAT64)
    assert float(losses['top1_acc']) == pytest.approx(
        float((probabilities.argmax(1) == LABELS).double().mean()))
    losses['loss_cls'].backward()
    assert (features.feats.grad[~features.mask] == 0).all()
    assert features.feats.grad[features.mask].any(dim=1).all()
    assert all(p.grad.isfinite().all() for p in head.parameters())


def test_loss_is_cross_entropy_of_the_logsumexp_over_frames():
    head, features = make()
    scores = [head.fc(features.feats[i, :length]) for i, length in enumerate(LENGTHS)]
    expected = functional.cross_entropy(torch.stack([s.logsumexp(0) for s in scores]), LABELS)
    torch.testing.assert_close(head.loss(features, SAMPLES)['loss_cls'], expected, **FLOAT64)


def test_finite_differences():
    head, features = make()

    def call(feats, weight):
        functional_head = torch.func.functional_call
        logits, weights = functional_head(head, {'fc.weight': weight},
                                          (VideoFeatures(feats, features.mask), ))
        return functional.cross_entropy(logits, LABELS), weights[FRAME_WEIGHTS]

    assert torch.autograd.gradcheck(call, (features.feats, head.fc.weight))


def test_batch_equals_one_by_one():
    head, features = make()
    together = head(features)
    head.loss(features, SAMPLES)['loss_cls'].backward()
    gradient = head.fc.weight.grad.clone()
    head.zero_grad()
    for i, length in enumerate(LENGTHS):
        feats = features.feats[i:i + 1, :length].detach().requires_grad_()
        alone = VideoFeatures(feats, features.mask[i:i + 1, :length])
        logits, weights = head(alone)
        torch.testing.assert_close(logits[0], together[0][i], **FLOAT64)
        for name in (FRAME_WEIGHTS, FRAME_SCORES):
            torch.testing.assert_close(weights[name][0], together[1][name][i, :length], **FLOAT64)
        (head.loss(alone, SAMPLES[i:i + 1])['loss_cls'] / len(LENGTHS)).backward()
        torch.testing.assert_close(feats.grad[0], features.feats.grad[i, :length], **FLOAT64)
    torch.testing.assert_close(head.fc.weight.grad, gradient, **FLOAT64)


def test_order_and_repetition_change_nothing():
    head, _ = make()
    feats = torch.randn(1, 4, 6, dtype=torch.float64)
    mask = torch.ones(1, 4, dtype=torch.bool)
    probabilities, weights = head.predict(VideoFeatures(feats, mask))
    flipped = head.predict(VideoFeatures(feats.flip(1), mask))
    torch.testing.assert_close(flipped[0], probabilities, **FLOAT64)
    torch.testing.assert_close(flipped[1][FRAME_WEIGHTS], weights[FRAME_WEIGHTS].flip(1),
                               **FLOAT64)
    twice = head.predict(VideoFeatures(feats.repeat(1, 2, 1), mask.repeat(1, 2)))
    torch.testing.assert_close(twice[0], probabilities, **FLOAT64)
    torch.testing.assert_close(twice[1][FRAME_WEIGHTS], weights[FRAME_WEIGHTS].repeat(1, 2) / 2,
                               **FLOAT64)


def test_one_frame_is_plain_cross_entropy():
    head, _ = make()
    feats = torch.randn(3, 1, 6, dtype=torch.float64)
    features = VideoFeatures(feats, torch.ones(3, 1, dtype=torch.bool))
    expected = functional.cross_entropy(head.fc(feats[:, 0]), LABELS)
    torch.testing.assert_close(head.loss(features, SAMPLES)['loss_cls'], expected, **FLOAT64)
    assert head.predict(features)[1][FRAME_WEIGHTS].tolist() == [[1.0]] * 3


def test_huge_scores_stay_finite():
    head, features = make()
    head.float()
    feats = (1e6 * features.feats.detach().float()).requires_grad_()
    features = VideoFeatures(feats, features.mask)
    loss = head.loss(features, SAMPLES)['loss_cls']
    loss.backward()
    assert loss.isfinite() and feats.grad.isfinite().all()
    probabilities, weights = head.predict(features)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(3))
    torch.testing.assert_close(weights[FRAME_WEIGHTS].sum(1), torch.ones(3))


def test_scores_stay_in_full_precision_under_autocast():
    head, features = make()
    head.float()
    features = VideoFeatures(features.feats.detach().float(), features.mask)
    expected = head(features)[0]
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert torch.equal(head(features)[0], expected)


def test_any_classification_loss_serves():
    head, features = make(loss=dict(type='CrossEntropyLoss', loss_weight=3.0))
    plain, _ = make()
    torch.testing.assert_close(head.loss(features, SAMPLES)['loss_cls'],
                               3 * plain.loss(features, SAMPLES)['loss_cls'])


@pytest.mark.parametrize('bias', [False, True])
def test_frames_without_a_face_count_as_left_out(bias):
    head = make(bias=bias)[0]

    def part(feats, mask, clips):
        logits, weights = head(VideoFeatures(feats, mask, clips=clips))
        return VideoFeatures(logits, mask, weights)

    check_gaps(part, 6)
