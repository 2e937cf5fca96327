import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.errors import ConfigError
from mmfer.models.clip_tta_model import ClipTTAModel, average_views
from mmfer.registry import MODELS
from mmfer.testing import make_batch

SMALL = dict(
    type='ExpressionRecognizer',
    backbone=dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, ), base_channels=4,
                  stem_channels=4),
    neck=dict(type='FANNeck'), cls_head=dict(type='LinearHead', num_classes=7))


def views_of(*batches):
    """What the loader collates of clips with several views: lists over views of batches."""
    return {key: [batch[key] for batch in batches] for key in batches[0]}


def mirrored(batch):
    return {**batch, 'inputs': [frames.flip(-1) for frames in batch['inputs']]}


def test_averages_by_hand():
    logits = torch.tensor([[1., 2., 0.], [3., -1., 0.5]], dtype=torch.float64)
    probabilities = logits.softmax(-1)
    mean = [sum(column) / 2 for column in zip(*probabilities.tolist())]
    torch.testing.assert_close(average_views(probabilities).tolist(), mean)
    # the mean of the logits themselves
    torch.testing.assert_close(average_views(probabilities, 'score'),
                               logits.mean(0).softmax(-1))


def test_excluded_classes_stay_finite():
    found = average_views(torch.tensor([[1., 0.], [1., 0.]]), 'score')
    assert found.tolist() == pytest.approx([1., 0.], abs=1e-30)


@pytest.mark.parametrize('average_clips', ['prob', 'score'])
def test_one_view_is_the_plain_test(average_clips):
    model = ClipTTAModel(SMALL, average_clips).eval()
    plain = model.module.test_step(make_batch([2, 5]))
    found = model.test_step(views_of(make_batch([2, 5])))
    for a, b in zip(found, plain, strict=True):
        torch.testing.assert_close(a.pred_score, b.pred_score, rtol=1e-6, atol=0)
        assert a.pred_label == b.pred_label and a.clip == b.clip
        assert torch.equal(a.attention['frame_weights'], b.attention['frame_weights'])


def test_views_are_averaged_and_attention_is_the_first_ones():
    model = ClipTTAModel(SMALL).eval()
    plain, other = make_batch([2, 5]), mirrored(make_batch([2, 5]))
    one, two = (model.module.test_step(batch) for batch in (plain, other))
    expected = [(a.pred_score + b.pred_score) / 2 for a, b in zip(one, two)]
    weights = [sample.attention['frame_weights'] for sample in one]
    assert not torch.equal(one[0].pred_score, two[0].pred_score)
    found = model.test_step(views_of(make_batch([2, 5]), mirrored(make_batch([2, 5]))))
    for sample, score, weight in zip(found, expected, weights, strict=True):
        torch.testing.assert_close(sample.pred_score, score)
        assert int(sample.pred_label) == int(score.argmax())
        assert torch.equal(sample.attention['frame_weights'], weight)


def framed(scores, frames):
    sample = ActionDataSample(metainfo=dict(clip='a', frame_inds=np.array(frames)))
    sample.set_field(torch.tensor(scores), 'pred_frame_scores')
    return sample


def test_answers_per_frame():
    model = ClipTTAModel(SMALL)
    merged, = model.merge_preds([[framed([[1., 0.], [.5, .5]], [3, 4]),
                                  framed([[0., 1.], [.5, .5]], [3, 4])]])
    assert merged.pred_frame_scores.tolist() == [[.5, .5], [.5, .5]]
    with pytest.raises(ConfigError, match="'a': the views show different frames"):
        model.merge_preds([[framed([[1., 0.]], [3]), framed([[1., 0.]], [4])]])


def test_bad_average():
    with pytest.raises(ConfigError, match='prob'):
        MODELS.build(dict(type='ClipTTAModel', module=SMALL, average_clips='mean'))
