import numpy as np
import pytest
from matplotlib.colors import to_hex

from mmfer.errors import PredictionError
from mmfer.testing.predictions import make_row
from mmfer.visualization.frame_scores import ScoredFrames, draw_frame_scores, frame_scores
from mmfer.visualization.style import BLUE, ORANGE, RED

SCORES = np.array([[.5, .3, .2], [.1, .8, .1], [.3, .3, .4], [.1, .1, .8]])
WEIGHTS = np.array([.1, .2, .3, .4])


def row(numbers=(1, 2, 3, 4), **attention):
    return make_row('clip', 1, 1, frame_numbers=np.array(numbers, np.int32),
                    attention={name: values.astype(np.float32)
                               for name, values in attention.items()})


class TestReading:

    def test_repeated_frames_are_one(self):
        scores, importance = frame_scores(row((7, 3, 7, 5), frame_scores=SCORES,
                                              frame_weights=WEIGHTS))
        np.testing.assert_allclose(scores, [SCORES[1], SCORES[3], (SCORES[0] + SCORES[2]) / 2],
                                   rtol=1e-6)
        np.testing.assert_allclose(importance, [.2, .4, .4], rtol=1e-6)

    def test_importance_is_not_needed(self):
        assert frame_scores(row(frame_scores=SCORES))[1] is None

    def test_names_what_there_is_instead(self):
        with pytest.raises(PredictionError, match='no frame_scores .but frame_weights'):
            frame_scores(row(frame_weights=WEIGHTS))

    def test_refuses_other_shapes(self):
        with pytest.raises(PredictionError, match='3 classes'):
            frame_scores(row(frame_scores=SCORES[:, :2]))


def scored(**fields):
    defaults = {
        'title': 'clip', 'frames': [np.zeros((8, 8, 3), np.uint8)] * 3,
        'shown': np.array([0, 1, 3]), 'frame_numbers': np.array([2, 4, 6, 8]), 'scores': SCORES,
        'classes': ['anger', 'x' * 40, 'fear'], 'given': 2, 'importance': WEIGHTS,
        'uniform': np.full(4, .25), 'apex': (7, 9)}
    return ScoredFrames(**{**defaults, **fields})


def colored(axes, color):
    return [patch for patch in axes.patches if to_hex(patch.get_facecolor()) == color]


def test_a_bar_for_each_class_and_frame():
    figure = draw_frame_scores([scored()])
    faces, classes, importance = figure.axes
    assert len(faces.images) == 3
    red, blue = colored(classes, RED), colored(classes, BLUE)
    np.testing.assert_allclose([bar.get_width() / .84 for bar in red], SCORES[[0, 1, 3], 2])
    np.testing.assert_allclose([bar.get_width() / .84 for bar in blue],
                               SCORES[[0, 1, 3], :2].ravel())
    np.testing.assert_allclose([bar.get_x() + .42 for bar in red], [0, 1, 2])
    assert [text.get_text() for text in classes.texts] == ['0.50', '0.80', '0.80']
    assert [label.get_text() for label in classes.get_yticklabels()] == [
        'anger', 'x' * 13 + '…', 'fear']
    top, bottom = classes.get_ylim()
    assert top > bottom  # the first class stands at the top
    np.testing.assert_allclose([bar.get_height() for bar in colored(importance, ORANGE)],
                               [25, 50, 100])
    np.testing.assert_allclose(importance.lines[0].get_ydata(), 62.5)
    assert [label.get_text() for label in importance.get_xticklabels()] == ['2', '4', '8']


def test_percent_refer_to_the_heaviest_frame_even_where_it_is_not_shown():
    figure = draw_frame_scores([scored(importance=WEIGHTS[[0, 1, 3, 2]])])
    np.testing.assert_allclose(
        [bar.get_height() for bar in colored(figure.axes[2], ORANGE)], [25, 50, 75])


def test_without_importance_the_numbers_stand_under_the_classes():
    figure = draw_frame_scores([scored(importance=None, apex=None)])
    assert len(figure.axes) == 2
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ['2', '4', '8']
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["class of the clip's answer", 'other classes']
