import numpy as np
import pytest
from matplotlib.colors import to_hex

from mmfer.errors import PredictionError
from mmfer.testing.predictions import make_row
from mmfer.visualization.attention_strip import (
    Bars,
    Strip,
    attention_bars,
    choose_shown,
    draw_attention_strips,
    strip_title,
)
from mmfer.visualization.style import BLUE, ORANGE, RED, save_figure

SELF, RELATION = np.array([.2, .4, .6, .8], np.float32), np.array([.1, .2, .3, .4], np.float32)
FINAL = np.array([.1, .1, .2, .6], np.float32)


def row(**attention):
    return make_row('clip', 1, 2, attention=attention)


class TestBars:

    def test_self_and_final_weights(self):
        bars = attention_bars(row(frame_weights=FINAL, self_weights=SELF,
                                  relation_weights=RELATION))
        assert [(b.name, b.color) for b in bars] == [
            ('self weights', BLUE), ('final weights', ORANGE)]
        np.testing.assert_allclose(bars[0].shares, [.1, .2, .3, .4], rtol=1e-6)
        np.testing.assert_allclose(bars[1].shares, FINAL, rtol=1e-6)

    def test_self_weights_that_are_the_final_ones_are_drawn_once(self):
        bars = attention_bars(row(frame_weights=SELF / 2, self_weights=SELF))
        assert [b.name for b in bars] == ['final weights']

    def test_any_method_with_frame_weights(self):
        assert len(attention_bars(row(frame_weights=FINAL, spatial_maps=np.ones((4, 2))))) == 1

    def test_rival(self):
        blue, orange = attention_bars(
            row(frame_weights=FINAL, self_weights=SELF, relation_weights=RELATION), 'fan',
            row(frame_weights=RELATION, self_weights=SELF), 'fan-self')
        assert (blue.name, orange.name) == ('weights, fan-self', 'final weights, fan')
        np.testing.assert_allclose(blue.shares, RELATION, rtol=1e-6)

    def test_refuses_a_rival_on_other_frames(self):
        other = make_row('clip', 1, 2, frame_numbers=np.array([1, 2, 3, 5], np.int32),
                         attention={'frame_weights': FINAL})
        with pytest.raises(PredictionError, match="'clip'.*other frames"):
            attention_bars(row(frame_weights=FINAL), rival=other)

    def test_frames_that_were_sampled_twice_are_one_bar(self):
        again = make_row('clip', 1, 2, frame_numbers=np.array([4, 7, 4, 5], np.int32),
                         attention={'frame_weights': FINAL})
        np.testing.assert_allclose(attention_bars(again)[0].shares, [.3, .6, .1], rtol=1e-6)

    def test_names_what_there_is_instead(self):
        with pytest.raises(PredictionError, match='no frame_weights .but clip_scores'):
            attention_bars(row(clip_scores=FINAL))


class TestShown:

    def test_all_of_a_short_clip(self):
        assert choose_shown(np.ones(3) / 3, 3).tolist() == [0, 1, 2]

    def test_ends_and_spread(self):
        assert choose_shown(np.linspace(0, 1, 9), 5).tolist() == [0, 2, 4, 6, 8]

    @pytest.mark.parametrize('heaviest', range(23))
    @pytest.mark.parametrize('most', [2, 3, 12])
    def test_the_heaviest_is_shown(self, heaviest, most):
        shown = choose_shown(np.eye(23)[heaviest], most)
        assert heaviest in shown and len(set(shown)) == most == len(shown)
        assert (np.diff(shown) > 0).all()
        if most > 2:
            assert shown[0] == 0 and shown[-1] == 22


def test_title():
    assert strip_title(row(), ['a', 'b', 'c']) == 'clip: true b, predicted c (score 0.80)'


def strip(count, shown=None, **fields):
    shares = np.arange(1, count + 1) / (count * (count + 1) / 2)
    shown = np.arange(count) if shown is None else np.array(shown)
    frames = [np.full((30, 40, 3), 10 * i, np.uint8) for i in range(len(shown))]
    defaults = {'title': f'clip{count}', 'frame_numbers': np.arange(11, 11 + count),
                'uniform': np.full(count, 1 / count),
                'bars': [Bars('self', shares[::-1], BLUE), Bars('final', shares, ORANGE)]}
    return Strip(frames=frames, shown=shown, **{**defaults, **fields})


def test_bars_stand_under_their_frames():
    figure = draw_attention_strips([strip(4, apex=(13, 20))])
    faces, bars = figure.axes
    assert [tuple(image.get_extent()[:2]) for image in faces.images] == [
        (i - .48, i + .48) for i in range(4)]
    assert faces.get_xlim() == bars.get_xlim()
    np.testing.assert_allclose([faces.get_position().x0, faces.get_position().x1],
                               [bars.get_position().x0, bars.get_position().x1])
    assert [label.get_text() for label in bars.get_xticklabels()] == ['11', '12', '13', '14']
    blue, orange = ([patch for patch in bars.patches if to_hex(patch.get_facecolor()) == color]
                    for color in (BLUE, ORANGE))
    np.testing.assert_allclose([bar.get_height() for bar in blue], [.4, .3, .2, .1])
    np.testing.assert_allclose([bar.get_height() for bar in orange], [.1, .2, .3, .4])
    assert [round(bar.get_x() + bar.get_width() / 2) for bar in orange] == [0, 1, 2, 3]
    apex = [patch for patch in bars.patches if patch not in blue + orange]
    assert [round(patch.get_x(), 3) for patch in apex] == [1.5, 2.5]
    assert bars.lines[0].get_ydata().tolist() == [.25] * 8


def test_part_of_a_long_clip_says_so(tmp_path):
    figure = draw_attention_strips(
        [strip(9, [0, 4, 8], correct=False), strip(1, title='x' * 300 + ' end')], ['BEWARE'])
    first, second, note = figure.texts
    assert first.get_text() == 'clip9; 3 of 9 frames shown'
    assert first.get_color() == RED != second.get_color()
    assert second.get_text().startswith('…xx') and second.get_text().endswith('x end')
    assert note.get_text() == 'BEWARE'
    save_figure(figure, tmp_path / 'a')
    assert all(text.get_window_extent().x1 < figure.bbox.x1 for text in figure.texts)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ['self', 'final', 'uniform attention']  # no apex is known


def test_the_uniform_share_of_a_frame_that_was_sampled_twice_is_twice_as_high():
    figure = draw_attention_strips([strip(3, uniform=np.array([.25, .5, .25]))])
    line = figure.axes[1].lines[0]
    assert line.get_xdata().tolist() == [-.5, .5, .5, 1.5, 1.5, 2.5]
    assert line.get_ydata().tolist() == [.25, .25, .5, .5, .25, .25]
