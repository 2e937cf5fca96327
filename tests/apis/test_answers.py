"""Answers and how they are joined."""
from dataclasses import replace

import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.apis.answers import Answer, answer_of, in_video, joined

CLASSES = ('a', 'b')


def answer(frames, scores=None, clips=None, **attention):
    scores = None if scores is None else np.array(scores, np.float32)
    return Answer(np.array([.5, .5], np.float32), 'a', np.array(frames), clips or (1, len(frames)),
                  {name: np.array(value, np.float32) for name, value in attention.items()}, scores)


def masked(whole, counted):
    return replace(whole, counted=np.array(counted, bool))


def test_the_first_answer_for_a_frame_counts():
    windows = [answer([1, 2, 3], [[.9, .1], [.8, .2], [.7, .3]], frame_weights=[1, 2, 3]),
               answer([3, 5, 5], [[.1, .9], [.2, .8], [.3, .7]], frame_weights=[4, 5, 6])]
    one = joined(windows, CLASSES)
    assert one.frames.tolist() == [1, 2, 3, 5] and one.clips == (1, 4)
    np.testing.assert_allclose(one.frame_probabilities[:, 0], [.9, .8, .7, .2], rtol=1e-6)
    assert one.attention['frame_weights'].tolist() == [1, 2, 3, 5]
    np.testing.assert_allclose(one.probabilities, [.65, .35], rtol=1e-6)
    assert one.label == 'a'


def test_frames_without_a_face_do_not_count():
    one = joined([answer([1, 2, 3], [[0, 0], [.2, .8], [.4, .6]])], CLASSES)
    assert one.frames.tolist() == [2, 3] and one.label == 'b'
    np.testing.assert_allclose(one.probabilities, [.3, .7], rtol=1e-6)


def test_numbers_of_the_video():
    moved = in_video(answer([1, 3, 3]), np.array([7, 8, 12]))
    assert moved.frames.tolist() == [7, 12, 12]


@pytest.mark.parametrize(('given', 'expected'), [
    (answer([1, 2], frame_weights=[.25, .75]), [.25, .75]),
    (answer([1, 2], frame_weights=[1, 3]), [.25, .75]),
    (answer([1, 2, 3, 4], clips=(2, 2), clip_scores=[.2, .8]), [.1, .1, .4, .4]),
    (answer([1, 2, 3, 4], clips=(2, 2), clip_scores=[.2, .8], frame_weights=[1, 0, 0, 1]),
     [.5, 0, 0, .5]),
    (masked(answer([1, 2, 3, 4], clips=(2, 2), clip_scores=[.2, .8]), [1, 1, 0, 1]),
     [.1, .1, 0, .8]),
    (masked(answer([1, 2, 3, 4], clips=(2, 2), clip_scores=[1, 0]), [1, 0, 0, 0]), [1, 0, 0, 0]),
    (answer([1, 2], spatial_maps=[1, 2]), None), (answer([1, 2], frame_weights=[0, 0]), None)])
def test_importance(given, expected):
    if expected is None:
        assert given.importance is None
    else:
        np.testing.assert_allclose(given.importance, expected, rtol=1e-6)


@pytest.mark.parametrize(('present', 'counted', 'even'), [
    (None, None, [.25] * 4), ([True] * 4, None, [.25] * 4),
    ([True, False, True, False], [True, False, True, False], [.5, 0, .5, 0]),
    ([False] * 4, [True, False, False, False], [1, 0, 0, 0])])
def test_which_frames_count(present, counted, even):
    """As the packed sample says, or the caller; None where all do."""
    fields = {} if present is None else dict(frame_present=np.array(present))
    sample = ActionDataSample(metainfo=dict(frame_inds=np.arange(4), start_index=0, **fields))
    sample.set_pred_score(torch.tensor([.25, .75]))
    given = None if counted is None else np.array(counted)
    for one in (answer_of(sample, CLASSES),
                answer_of(ActionDataSample(pred_score=sample.pred_score), CLASSES, np.arange(1, 5),
                          (1, 4), given)):
        assert (None if one.counted is None else one.counted.tolist()) == counted
        np.testing.assert_allclose(one.even_share, even)
