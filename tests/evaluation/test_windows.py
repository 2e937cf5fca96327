import numpy as np
import pytest

from mmfer.evaluation.functional import abaw_score, confusion_matrix
from mmfer.evaluation.windows import frame_scores, join_windows, padded_scores
from mmfer.testing.predictions import make_track


def window(numbers, labels, given, clip='a'):
    return make_track(clip, labels, given, frame_numbers=np.array(numbers, np.int32))


def test_windows_in_order_make_a_clip():
    joined = join_windows([window([1, 2], [0, -1], [1, 1]), window([3, 5], [2, 1], [2, 0])])
    assert joined.frame_numbers.tolist() == [1, 3, 5] and joined.labels.tolist() == [0, 2, 1]
    assert joined.scores.argmax(1).tolist() == [1, 2, 0]
    assert joined.frame_numbers.dtype == np.int32


def test_the_earlier_answer_counts():
    """Frames 3 and 4 again in a window that was moved back; frame 6 again as filling."""
    joined = join_windows([window([1, 2, 3, 4], [0, 0, 1, 1], [0, 0, 1, 0]),
                           window([3, 4, 5, 6, 6], [1, 1, 2, 2, 2], [2, 1, 2, 1, 2])])
    assert joined.frame_numbers.tolist() == [1, 2, 3, 4, 5, 6]
    assert joined.scores.argmax(1).tolist() == [0, 0, 1, 0, 2, 1]


def test_nothing_labelled():
    assert join_windows([window([1, 2], [-1, -1], [0, 0])]) is None


def test_masked_and_padded_figures():
    """9 frames in windows of 4, the last one filled up with its only frame three times."""
    parts = [window([1, 2, 3, 4], [0, 0, 1, -1], [0, 1, 1, 1]),
             window([5, 6, 7, 8], [2, 2, 0, 1], [2, 0, 0, 1]),
             window([9, 9, 9, 9], [1, 1, 1, 1], [1, 1, 1, 0])]
    masked = frame_scores([join_windows(parts)], 3)
    assert masked['WAR'] == pytest.approx(6 / 8)
    counted = padded_scores(parts, 3)
    assert counted['WAR_padded'] == pytest.approx(8 / 11)
    labels, given = [0, 0, 1, 2, 2, 0, 1, 1, 1, 1, 1], [0, 1, 1, 2, 0, 0, 1, 1, 1, 1, 0]
    confusion = confusion_matrix(labels, given, 3)
    assert counted['S_padded'] == pytest.approx(float(abaw_score(confusion)))
    assert set(counted) == {'WAR_padded', 'UAR_padded', 'F1_padded', 'S_padded'}
