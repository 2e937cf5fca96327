import numpy as np
import pytest

from mmfer.synthetic import Identity, Pose
from mmfer.synthetic.action_units import deform
from mmfer.synthetic.features import Brush, draw_brow, draw_eye, draw_glasses, draw_mouth
from mmfer.synthetic.geometry import View, rest_points
from mmfer.synthetic.surface import bake

SIZE = 160
FACE = Identity()
GREY = np.full((SIZE, SIZE, 3), 150, np.uint8)
SURFACE = bake(FACE, SIZE)


def brush(units=None, identity=FACE, pose=None):
    return Brush(identity, SURFACE, View(pose or Pose(), SIZE), rest_points(identity),
                 deform(units or {}))


def drawn(draw, *args, **settings):
    """A grey canvas with one feature."""
    canvas = GREY.copy()
    draw(canvas, brush(**settings), *args)
    return canvas


def box(canvas):
    """Canonical bounds of what is drawn: left, top, right, bottom."""
    rows, columns = np.nonzero(np.abs(canvas.astype(int) - GREY).max(2) > 20)
    pixels = np.array([columns.min(), rows.min(), columns.max(), rows.max()])
    return (pixels + .5) / SIZE * 2 - 1


@pytest.mark.parametrize('side', [0, 1])
def test_brow_is_over_its_eye(side):
    left, top, right, bottom = box(drawn(draw_brow, side))
    sign = (-1, 1)[side]
    assert sorted((sign * left, sign * right)) == pytest.approx(
        [FACE.eye_spacing - .13, FACE.eye_spacing + .155], abs=.06)
    assert FACE.eye_y - .3 < top < bottom < FACE.eye_y - .08


def test_brow_rises_with_its_units():
    rest, raised = (box(drawn(draw_brow, 1, units=units)) for units in ({}, {'1': 1., '2': 1.}))
    assert raised[1] < rest[1] - .03


@pytest.mark.parametrize('side', [0, 1])
def test_eye_is_where_it_belongs(side):
    left, top, right, bottom = box(drawn(draw_eye, side))
    assert (left + right) / 2 == pytest.approx((-1, 1)[side] * FACE.eye_spacing, abs=.03)
    assert right - left == pytest.approx(2 * FACE.eye_width, abs=.08)
    assert abs((top + bottom) / 2 - FACE.eye_y) < .06


def test_upper_lid_bares_the_white_of_the_eye():
    white = [(drawn(draw_eye, 1, units=units).min(2) > 170).sum()
             for units in ({'7': 1.}, {}, {'5': 1.})]
    assert white == sorted(white) and white[0] < white[2]


def test_mouth_opens_dark_below_its_teeth():
    closed, opened = (drawn(draw_mouth, units=units) for units in ({}, {'26': 1., '25': 1.}))
    dark = [(canvas.max(2) < 75).sum() for canvas in (closed, opened)]
    assert dark[1] > 2 * dark[0] + 20
    assert box(opened)[3] > box(closed)[3] + .05
    left, top, right, bottom = box(closed)
    assert (left, right) == pytest.approx((-FACE.mouth_width, FACE.mouth_width), abs=.05)
    assert top < FACE.mouth_y < bottom


def test_smile_bares_the_teeth():
    teeth = [(drawn(draw_mouth, units=units).min(2) > 160).sum()
             for units in ({}, {'12': 1., '25': 1.})]
    assert teeth[0] == 0 and teeth[1] > 10


def test_no_glasses_leave_no_trace():
    np.testing.assert_array_equal(drawn(draw_glasses), GREY)


@pytest.mark.parametrize('glasses', ['round', 'square'])
def test_glasses_surround_the_eyes_and_stay_in_any_expression(glasses):
    identity = Identity(glasses=glasses)
    rest, smile = (drawn(draw_glasses, identity=identity, units=units)
                   for units in ({}, {'6': 1., '12': 1.}))
    np.testing.assert_array_equal(rest, smile)
    left, top, right, bottom = box(rest)
    assert left == pytest.approx(-right, abs=.03)
    assert right > FACE.eye_spacing + FACE.eye_width
    assert top < FACE.eye_y < bottom
    # below the temples there are rims only, as far to one side of the eye as to the other
    columns = np.nonzero((rest != GREY)[int((FACE.eye_y + .06 + 1) / 2 * SIZE), SIZE // 2:])[0]
    centre = (columns.min() + columns.max() + 1) / SIZE
    assert centre == pytest.approx(FACE.eye_spacing, abs=.02)
    pupil = ((np.array([FACE.eye_spacing, FACE.eye_y]) + 1) / 2 * SIZE).astype(int)
    assert (rest[pupil[1], pupil[0]] == GREY[0, 0]).all()


def test_heads_beyond_the_frame_are_cut_off():
    canvas = GREY.copy()
    for dx in (-3., 3.):
        away = brush(pose=Pose(dx=dx, dy=dx))
        for side in (0, 1):
            draw_brow(canvas, away, side)
            draw_eye(canvas, away, side)
        draw_mouth(canvas, away)
        part, low = away.window(canvas, np.array([[dx * SIZE, dx * SIZE]]), 3.)
        assert min(part.shape[:2]) >= 2
        assert (low >= 0).all() and (low < SIZE).all()
    # only the corners that the windows are cut to may have been touched
    np.testing.assert_array_equal(canvas[8:-8, 8:-8], GREY[8:-8, 8:-8])


def test_light_dims_a_colour_to_its_least_share_only():
    one = brush()
    colour, at = np.array([200., 100., 50.]), np.array([0., 0.])
    np.testing.assert_allclose(one.lit(colour, at, least=0.), np.clip(
        colour * SURFACE.light_at(0., 0.), 0, 255))
    np.testing.assert_allclose(one.lit(colour, at, least=9.), [255, 255, 255])
    assert (one.lit(np.zeros(3), at) == 0).all()


def test_pixels_per_half_frame_follow_the_heads_size():
    assert brush(pose=Pose(scale=1.5)).unit_px == pytest.approx(1.5 * SIZE / 2)
