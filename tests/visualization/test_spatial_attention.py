import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.testing.predictions import make_row
from mmfer.visualization.spatial_attention import (
    FLOOR,
    MaskedFrames,
    draw_spatial_attention,
    soft_mask,
    spatial_maps,
)
from mmfer.visualization.style import RED

WHITE = np.full((40, 60, 3), 200, np.uint8)


def row(maps, numbers=(1, 2, 3, 4)):
    return make_row('clip', 1, 1, frame_numbers=np.array(numbers, np.int32),
                    attention={'spatial_maps': np.asarray(maps, np.float32)})


class TestMask:

    def test_an_even_map_changes_nothing(self):
        assert (soft_mask(WHITE, np.full((7, 7), 1 / 49)) == WHITE).all()

    def test_scale_of_the_map_does_not_matter(self):
        weights = np.random.default_rng(0).random((3, 4))
        assert (soft_mask(WHITE, weights) == soft_mask(WHITE, weights / weights.sum())).all()

    def test_the_heaviest_region_keeps_its_brightness(self):
        weights = np.zeros((4, 6))
        weights[1, 4] = .7
        masked = soft_mask(np.full((44, 66, 3), 200, np.uint8), weights)
        # the centre of region (1, 4) of 4 x 6 regions of 11 px
        assert np.argwhere(masked[..., 0] == 200).tolist() == [[16, 49]]
        assert masked[43, 0, 0] == round(200 * FLOOR)

    def test_between_the_centres_of_two_regions_it_is_linear(self):
        masked = soft_mask(np.full((2, 80, 3), 100, np.uint8), np.array([[0., 1.]]), floor=0.)
        np.testing.assert_allclose(masked[0, 20:60, 0], (np.arange(40) + .5) * 2.5, atol=1)
        assert (masked[0, :20] == 0).all() and (masked[0, 60:] == 100).all()

    def test_without_any_weight_all_is_dark(self):
        assert (soft_mask(WHITE, np.zeros((2, 2)), floor=0.) == 0).all()


class TestMaps:

    def test_repeated_frames_are_one(self):
        maps = np.random.default_rng(0).random((4, 2, 3, 3))
        found = spatial_maps(row(maps, (9, 4, 9, 5)))
        np.testing.assert_allclose(found, [maps[1], maps[3], (maps[0] + maps[2]) / 2], rtol=1e-6)

    @pytest.mark.parametrize('maps', [np.ones((4, 3, 3)), np.ones((3, 1, 2, 2)),
                                      -np.ones((4, 1, 2, 2))])
    def test_refuses_other_shapes(self, maps):
        with pytest.raises(PredictionError, match="'clip'.*spatial_maps"):
            spatial_maps(row(maps))

    def test_names_what_there_is_instead(self):
        with pytest.raises(PredictionError, match='no spatial_maps .but frame_weights'):
            spatial_maps(make_row('clip', 1, 1, attention={'frame_weights': np.ones(4)}))


def test_a_row_of_masks_for_each_head():
    maps = np.zeros((5, 2, 2, 2))
    maps[:, 0, 0, 0], maps[:, 1] = 1., .25
    shown = np.array([0, 2, 4])
    clip = MaskedFrames('clip', [WHITE] * 3, shown, np.arange(11, 16), maps, correct=False)
    figure = draw_spatial_attention([clip], ['BEWARE'])
    faces, first, peaks, second, even_peaks, numbers = figure.axes
    assert [len(axes.images) for axes in figure.axes] == [3, 3, 0, 3, 0, 0]
    assert (first.get_ylabel(), second.get_ylabel()) == ('head 1\n2 × 2', 'head 2\n2 × 2')
    assert [text.get_text() for text in peaks.texts] == ['100%'] * 3
    assert [text.get_text() for text in even_peaks.texts] == ['25%'] * 3
    assert [label.get_text() for label in numbers.get_xticklabels()] == ['11', '13', '15']
    assert (np.asarray(second.images[0].get_array()) == WHITE).all()
    assert (np.asarray(first.images[0].get_array())[-1, -1] < 40).all()
    title, note = figure.texts
    assert title.get_text() == 'clip; 3 of 5 frames shown' and title.get_color() == RED
    assert note.get_text() == 'BEWARE'
