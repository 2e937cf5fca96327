"""Answers and how they are joined."""
import numpy as np
import pytest

from mmfer.apis.answers import Answer, in_video, joined

CLASSES = ('a', 'b')


def answer(frames, scores=None, clips=None, **attention):
    scores = None if scores is None else np.array(scores, np.float32)
    return Answer(np.array([.5, .5], np.float32), 'a', np.array(frames), clips or (1, len(frames)),
                  {name: np.array(value, np.float32) for name, value in attention.items()}, scores)


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
    (answer([1, 2], spatial_maps=[1, 2]), None), (answer([1, 2], frame_weights=[0, 0]), None)])
def test_importance(given, expected):
    if expected is None:
        assert given.importance is None
    else:
        np.testing.assert_allclose(given.importance, expected, rtol=1e-6)
