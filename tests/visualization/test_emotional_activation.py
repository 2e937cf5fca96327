import numpy as np
import pytest
from matplotlib.colors import to_hex

from mmfer.errors import PredictionError
from mmfer.testing.predictions import make_row
from mmfer.visualization.emotional_activation import (
    ActivatedFrames,
    assign_lanes,
    draw_emotional_activation,
    emotional_activation,
    frame_positions,
)
from mmfer.visualization.style import ORANGE

# three clips of three frames, overlapping; frame 5 was sampled twice by one clip
NUMBERS = [1, 2, 4, 3, 5, 5, 4, 5, 8]
CLIPS = np.array([.1, .6, .3])


def row(numbers=NUMBERS, **attention):
    return make_row('clip', 1, 1, frame_numbers=np.array(numbers, np.int32),
                    attention={name: np.asarray(values, np.float32)
                               for name, values in attention.items()})


class TestActivation:

    def test_equal_shares_of_the_clips(self):
        found = emotional_activation(row(clip_scores=CLIPS))
        assert found.frame_numbers.tolist() == [1, 2, 3, 4, 5, 8]
        np.testing.assert_allclose(
            found.weights, [.1 / 3, .1 / 3, .2, .1 / 3 + .1, .4 + .1, .1], rtol=1e-6)
        assert found.spans.tolist() == [[1, 4], [3, 5], [4, 8]]
        assert found.selected == 1

    def test_weights_of_frames_are_summed(self):
        weights = np.arange(1, 10) / 45
        found = emotional_activation(row(clip_scores=CLIPS, frame_weights=weights))
        np.testing.assert_allclose(found.weights * 45, [1, 2, 4, 3 + 7, 5 + 6 + 8, 9], rtol=1e-5)

    @pytest.mark.parametrize('scores', [[.5, .5], np.ones((3, 1)), [0, 0, 0], [1, -1, 1], []])
    def test_refuses_what_is_no_score_per_clip(self, scores):
        with pytest.raises(PredictionError, match='9 sampled frames'):
            emotional_activation(row(clip_scores=scores))

    def test_names_what_there_is_instead(self):
        with pytest.raises(PredictionError, match='no clip_scores .but frame_weights'):
            emotional_activation(row(frame_weights=np.ones(9)))


def test_positions_follow_the_frames_shown():
    numbers = np.array([1, 2, 3, 4, 5, 8])
    np.testing.assert_allclose(frame_positions(numbers, np.array([0, 3, 5])),
                               [0, 1 / 3, 2 / 3, 1, 1.25, 2])
    assert frame_positions(numbers, np.arange(6)).tolist() == [0, 1, 2, 3, 4, 5]


def test_lanes():
    assert assign_lanes(np.array([[1, 4], [3, 5], [5, 8], [6, 9]])) == [0, 1, 0, 1]
    assert assign_lanes(np.array([[1, 5], [5, 9]])) == [0, 1]  # frame 5 is in both
    assert assign_lanes(np.array([[6, 9], [1, 5]])) == [0, 0]
    assert assign_lanes(np.array([[1, 9]] * 3)) == [0, 1, 2]


def draw(shown):
    activation = emotional_activation(row(clip_scores=CLIPS))
    frames = [np.zeros((8, 8, 3), np.uint8)] * len(shown)
    return draw_emotional_activation(
        [ActivatedFrames('clip', frames, np.array(shown), activation, apex=(5, 8))])


def orange(axes):
    return [patch for patch in axes.patches if to_hex(patch.get_edgecolor()) == ORANGE]


def test_the_selected_clip_is_in_the_box():
    faces, shades, clips = draw(range(6)).axes
    box, = orange(faces)
    np.testing.assert_allclose([box.get_x(), box.get_width()], [2 - .49, 2.98])  # frames 3 to 5
    span, = orange(clips)
    np.testing.assert_allclose([span.get_x(), span.get_width()], [2 - .46, 2.92])
    assert [text.get_text() for text in clips.texts] == ['0.10', '0.60', '0.30']
    places = [text.get_position() for text in clips.texts]
    np.testing.assert_allclose(places, [(1.5, .5), (3, 1.5), (4, 2.5)])
    colors = shades.collections[0].get_array().ravel()
    assert colors.argmax() == 4 and len(colors) == 6


def test_frames_that_are_not_shown_are_shaded_between_the_others():
    faces, shades, clips = draw([0, 3, 5]).axes
    box, = orange(faces)
    np.testing.assert_allclose([box.get_x(), box.get_width()], [1 - .49, .98])  # frame 4 only
    edges = shades.collections[0].get_coordinates()[0, :, 0]
    np.testing.assert_allclose(edges, [-.5, 1 / 6, .5, 5 / 6, 1.125, 1.625, 2.5])
    assert [label.get_text() for label in shades.get_xticklabels()] == ['1', '4', '8']
