import numpy as np
from matplotlib.patches import Patch

from mmfer.visualization.blocks import (
    FACE_PX,
    Block,
    Panel,
    face_panel,
    fit_title,
    shown_of,
    stack_blocks,
    thumbnail,
)
from mmfer.visualization.style import RED


def frames(count, height=20, width=20):
    return [np.full((height, width, 3), 10 * i, np.uint8) for i in range(count)]


def test_panels_of_a_block_share_their_columns_and_do_not_overlap():
    panels = [face_panel(frames(3)), Panel(.5, lambda axes: None, .2)]
    blocks = [Block('a', 3, panels), Block('b', 12, [face_panel(frames(12))], correct=False)]
    figure = stack_blocks(blocks, {'mark': Patch()}, ['BEWARE'])
    first, second, third = (axes.get_position() for axes in figure.axes)
    assert (first.x0, first.x1) == (second.x0, second.x1)
    assert first.y0 > second.y1 > second.y0 > third.y1 > 0
    assert third.width > 3 * first.width
    assert [axes.get_xlim() for axes in figure.axes] == [(-.5, 2.5), (-.5, 2.5), (-.5, 11.5)]
    title, wrong, note = figure.texts
    assert wrong.get_color() == note.get_color() == RED != title.get_color()
    assert first.y1 < title.get_position()[1] and third.y1 < wrong.get_position()[1] < second.y0


def test_tall_faces_get_tall_panels():
    assert face_panel(frames(2, 40, 20)).height_in == 2 * face_panel(frames(2, 20, 20)).height_in


def test_long_titles_lose_their_beginning():
    assert fit_title('short', 5) == 'short'
    fitted = fit_title('x' * 300 + ' end', 5)
    assert len(fitted) == 75 and fitted[0] == '…' and fitted.endswith('x end')


def test_title_says_what_is_not_shown():
    assert shown_of('clip', 4, 4) == 'clip'
    assert shown_of('clip', 4, 9) == 'clip; 4 of 9 frames shown'


def test_thumbnails_are_never_enlarged():
    small, large = np.zeros((8, 10, 3), np.uint8), np.zeros((400, 800, 3), np.uint8)
    assert thumbnail(small) is small
    assert thumbnail(large).shape == (FACE_PX // 2, FACE_PX, 3)
