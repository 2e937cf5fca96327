import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import ConfigError
from mmfer.models.heads.per_frame_head import PerFrameHead
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, VideoFeatures
from mmfer.testing import FLOAT64
from mmfer.testing.gaps import PRESENT, gapped_videos

LENGTHS = (3, 1, 4)
FRAME_LABELS = ([2, -1, 0], [-1], [1, 1, -1, 2])


class Direct(PerFrameHead):
    """The frame vectors themselves, scaled, are the logits."""

    def __init__(self, **kwargs):
        super().__init__(3, 3, **kwargs)
        self.scale = torch.nn.Parameter(torch.tensor(2.0, dtype=torch.float64))

    def frame_logits(self, feats, mask):
        return self.scale * feats


def batch(poison=0.0):
    mask = lengths_to_mask(LENGTHS)
    feats = torch.randn(3, 4, 3, dtype=torch.float64,
                        generator=torch.Generator().manual_seed(0))
    return VideoFeatures(feats.masked_fill(~mask[..., None], poison).requires_grad_(), mask)


def by_frame(labels=FRAME_LABELS):
    samples = []
    for values in labels:
        sample = ActionDataSample()
        sample.set_field(torch.tensor(values), 'gt_frame_labels')
        samples.append(sample)
    return samples


def by_clip(labels=(2, 0, 1)):
    return [ActionDataSample().set_gt_label(label) for label in labels]


def expected_loss(head, features, labels):
    """Mean of the negative log probability over the labelled frames, and the share right."""
    losses, hits = [], []
    for i, values in enumerate(labels):
        for t, label in enumerate(values):
            if label >= 0:
                logits = [head.scale.item() * float(x) for x in features.feats[i, t].detach()]
                total = sum(torch.tensor(logits, dtype=torch.float64).exp())
                losses.append(float(total.log()) - logits[label])
                hits.append(max(range(3), key=logits.__getitem__) == label)
    return sum(losses) / len(losses), sum(hits) / len(hits)


@pytest.mark.parametrize('poison', [0.0, float('nan'), float('inf')])
def test_loss_over_the_labelled_frames(poison):
    head, features = Direct(), batch(poison)
    losses = head.loss(features, by_frame())
    loss, right = expected_loss(head, features, FRAME_LABELS)
    torch.testing.assert_close(losses['loss_cls'].item(), loss, **FLOAT64)
    assert float(losses['top1_acc']) == pytest.approx(right)
    losses['loss_cls'].backward()
    assert features.feats.grad.isfinite().all()
    counted = torch.zeros(3, 4, dtype=torch.bool)
    for i, values in enumerate(FRAME_LABELS):
        counted[i, :len(values)] = torch.tensor(values) >= 0
    assert ((features.feats.grad != 0).any(-1) == counted).all()


def test_label_of_the_clip_is_every_frames():
    head, features = Direct(), batch(float('nan'))
    spread = [[label] * length for label, length in zip((2, 0, 1), LENGTHS)]
    loss = head.loss(features, by_clip())['loss_cls']
    torch.testing.assert_close(loss.item(), expected_loss(head, features, spread)[0], **FLOAT64)
    assert torch.equal(loss, head.loss(features, by_frame(spread))['loss_cls'])


def test_nothing_labelled_gives_zero_with_a_gradient():
    head, features = Direct(), batch(float('nan'))
    losses = head.loss(features, by_frame([[-1] * length for length in LENGTHS]))
    assert float(losses['loss_cls']) == 0 and float(losses['top1_acc']) == 0
    losses['loss_cls'].backward()
    assert head.scale.grad == 0 and (features.feats.grad == 0).all()


def test_loss_takes_the_configured_one():
    head = Direct(loss=dict(type='CrossEntropyLoss', loss_weight=3.0))
    features = batch()
    torch.testing.assert_close(head.loss(features, by_frame())['loss_cls'],
                               3 * Direct().loss(features, by_frame())['loss_cls'])


def test_two_kinds_of_answer():
    features = batch(float('nan'))
    probabilities, weights = Direct().predict(features)
    assert probabilities.shape == (3, 4, 3) and weights == {}
    clip, weights = Direct(answer='clip').predict(features)
    for i, length in enumerate(LENGTHS):
        torch.testing.assert_close(clip[i], probabilities[i, :length].mean(0), **FLOAT64)
        torch.testing.assert_close(weights[FRAME_SCORES][i, :length], probabilities[i, :length])
        assert weights[FRAME_WEIGHTS][i].tolist() == [1 / length] * length + [0] * (4 - length)
    clip.sum().backward()
    assert features.feats.grad.isfinite().all()


def test_wrong_settings_and_shapes():
    with pytest.raises(ConfigError, match="answer='video'"):
        Direct(answer='video')
    with pytest.raises(ConfigError, match='take the neck out'):
        Direct()(VideoFeatures(torch.zeros(2, 3), torch.ones(2, 1, dtype=torch.bool)))
    with pytest.raises(ConfigError, match=r'\(N, T, 3\)'):
        Direct()(VideoFeatures(torch.zeros(2, 1, 5), torch.ones(2, 1, dtype=torch.bool)))


def test_frames_without_a_face_have_no_loss_and_no_answer():
    head = Direct()
    feats, mask, clips = gapped_videos(3, poison=float('nan'))
    features = VideoFeatures(feats.requires_grad_(), mask, clips=clips)
    labels = [[number % 3 for number in range(len(row))] for row in PRESENT]
    seen = [[label if there else -1 for label, there in zip(row, present)]
            for row, present in zip(labels, PRESENT)]
    loss = head.loss(features, by_frame(labels))['loss_cls']
    torch.testing.assert_close(loss.item(), expected_loss(head, features, seen)[0], **FLOAT64)
    loss.backward()
    assert (features.feats.grad[~mask] == 0).all() and features.feats.grad.isfinite().all()
    scores, _ = head.predict(features)
    assert (scores[~mask] == 0).all()
    torch.testing.assert_close(scores[mask].sum(-1), torch.ones(int(mask.sum())).double())
    clip = by_clip((2, 0, 1, 1, 0))  # every frame carries the clip's label
    spread = [[label if there else -1 for there in present]
              for label, present in zip((2, 0, 1, 1, 0), PRESENT)]
    torch.testing.assert_close(head.loss(features, clip)['loss_cls'].item(),
                               expected_loss(head, features, spread)[0], **FLOAT64)
