import numpy as np
from matplotlib import colormaps

from mmfer.visualization.gradient_maps import (
    OPACITY,
    ExplainedFrames,
    draw_gradient_maps,
    overlay,
)

GREY = np.full((44, 44, 3), 100, np.uint8)


class TestOverlay:

    def test_nothing_leaves_the_frame(self):
        assert (overlay(GREY, np.zeros((3, 3)), 1.) == GREY).all()
        assert (overlay(GREY, np.zeros((3, 3)), 0.) == GREY).all()

    def test_the_highest_has_the_full_opacity(self):
        values = np.zeros((4, 4))
        values[1, 2] = 3.
        heated = overlay(GREY, values, 3.)
        color = np.array(colormaps['turbo'](1.)[:3]) * 255
        np.testing.assert_allclose(heated[16, 27], 100 * (1 - OPACITY) + color * OPACITY, atol=1)
        assert (heated[:5] == GREY[:5]).all()

    def test_one_scale_for_all_frames(self):
        weak = overlay(GREY, np.full((2, 2), .1), 1.)
        strong = overlay(GREY, np.full((2, 2), .9), 1.)
        assert np.abs(strong - 100.).max() > 3 * np.abs(weak - 100.).max()


def test_shares_refer_to_all_frames_of_the_clip():
    maps = np.zeros((4, 2, 2))
    maps[[0, 1, 3], 0, 0] = 1., 2., 1.
    clip = ExplainedFrames('clip', [GREY] * 3, np.array([0, 1, 3]), np.array([2, 4, 6, 9]), maps)
    figure = draw_gradient_maps([clip])
    faces, heated, shares, numbers = figure.axes
    assert [text.get_text() for text in shares.texts] == ['25%', '50%', '25%']
    assert [label.get_text() for label in numbers.get_xticklabels()] == ['2', '4', '9']
    assert (np.asarray(faces.images[1].get_array()) == 100).all()
    assert heated.get_ylabel() == 'Grad-CAM'
    assert figure.texts[0].get_text() == 'clip; 3 of 4 frames shown'


def test_a_clip_without_any_gradient():
    clip = ExplainedFrames('clip', [GREY], np.array([0]), np.array([1]), np.zeros((1, 2, 2)))
    figure = draw_gradient_maps([clip])
    assert [text.get_text() for text in figure.axes[2].texts] == ['0%']
