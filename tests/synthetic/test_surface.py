import numpy as np
import pytest

from mmfer.synthetic import Identity
from mmfer.synthetic.surface import EXTENT, Canvas, bake, face_outline, mirrored, smooth_polygon

FACE = Identity()
GRID = Canvas.of(120)
SQUARE = np.array([(-.6, -.6), (.6, -.6), (.6, .6), (-.6, .6)])


def area(points):
    """Shoelace formula."""
    x, y = points.T
    return abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


def test_grid_spans_the_layer_about_its_centre():
    assert (GRID.x.shape, GRID.y.shape) == ((1, 120), (120, 1))
    np.testing.assert_allclose(GRID.x, -GRID.x[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(np.diff(GRID.y[:, 0]), 1 / GRID.per_unit, rtol=1e-4)
    assert GRID.x.max() + .5 / GRID.per_unit == pytest.approx(EXTENT)


def test_hill_is_a_gaussian():
    hill = GRID.hill(.3, -.2, .2, .1)
    row, column = np.unravel_index(hill.argmax(), hill.shape)
    step = 1 / GRID.per_unit
    assert GRID.x[0, column] == pytest.approx(.3, abs=step)
    assert GRID.y[row, 0] == pytest.approx(-.2, abs=step)
    assert .99 < hill.max() <= 1
    np.testing.assert_allclose(hill.sum() * step**2, 2 * np.pi * .2 * .1, rtol=1e-3)


def test_hills_are_alike_on_both_sides():
    hills = GRID.hills(.5, 0., .1, .1)
    np.testing.assert_allclose(hills, hills[:, ::-1], rtol=1e-4, atol=1e-9)
    both = GRID.hill(.5, 0, .1, .1) + GRID.hill(-.5, 0, .1, .1)
    np.testing.assert_allclose(hills, both, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize('soft', [0., .05])
def test_polygon_is_a_mask_of_its_inside(soft):
    mask = GRID.polygon(SQUARE, soft)
    assert (mask.min(), mask.max()) == (0, pytest.approx(1))
    # OpenCV fills the pixels that the edge runs through as well
    side = mask.sum()**.5 / GRID.per_unit
    assert 1.2 - 1 / GRID.per_unit < side < 1.2 + 2 / GRID.per_unit
    assert (((mask > .05) & (mask < .95)).mean() > .05) == bool(soft)


def test_smoothing_cuts_corners_off():
    smooth = smooth_polygon(SQUARE)
    assert len(smooth) == 4 * 2**4
    assert np.abs(smooth).max() <= .6
    assert .7 * area(SQUARE) < area(smooth) < area(SQUARE)
    np.testing.assert_array_equal(smooth_polygon(SQUARE, 0), SQUARE)


def test_mirrored_half():
    np.testing.assert_array_equal(mirrored([(0, -1), (.5, 0), (0, 1)]),
                                  [(0, -1), (.5, 0), (0, 1), (0, 1), (-.5, 0), (0, -1)])


def test_face_has_its_parts_inside_and_follows_its_width():
    mask = GRID.polygon(face_outline(FACE))
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=.1)

    def at(x, y):
        return mask[int((y + EXTENT) * GRID.per_unit), int((x + EXTENT) * GRID.per_unit)]

    assert at(FACE.eye_spacing, FACE.eye_y) == at(-FACE.mouth_width, FACE.mouth_y) == 1
    assert at(0, FACE.chin_y - .05) == 1
    assert at(0, FACE.chin_y + .1) == at(FACE.face_width + .1, 0) == 0
    assert area(face_outline(Identity(face_width=.6))) > 1.08 * area(face_outline(FACE))


def test_layer_is_solid_at_the_face_and_open_at_its_corners():
    surface = bake(FACE, 64)
    side = round(64 * EXTENT)
    assert surface.image.shape == (side, side, 4)
    assert surface.image.dtype == np.uint8
    assert surface.image[side // 2, side // 2, 3] == 255
    assert not surface.image[0, [0, -1]].any()
    np.testing.assert_array_equal(surface.image, bake(FACE, 64).image)
    assert (surface.image != bake(Identity(texture_seed=1), 64).image).any()


@pytest.mark.parametrize('azimuth', [-.7, .7])
def test_side_towards_the_light_is_brighter(azimuth):
    surface = bake(Identity(light_azimuth=azimuth), 64)
    right, left = surface.light_at(.4, 0.), surface.light_at(-.4, 0.)
    assert (right - left) * np.sign(azimuth) > .1
    assert 0 < min(right, left) and max(right, left) < 1.5


def test_light_beyond_the_layer_is_that_of_its_edge():
    surface = bake(FACE, 32)
    assert surface.light_at(9., -9.) == surface.light[0, -1]
    assert surface.light_at(-9., 9.) == surface.light[-1, 0]
