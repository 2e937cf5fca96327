import math

import numpy as np
import pytest

from mmfer.faces.frames.upright import make_upright

IMAGE = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
MATRICES = [(1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1),
            (0, 1, -1, 0), (0, -1, 1, 0), (0, 1, 1, 0), (0, -1, -1, 0)]


def packed(a, b, c, d):
    return np.array([a * 65536, b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 1 << 30],
                    np.int32).tobytes()


@pytest.mark.parametrize('matrix', MATRICES)
def test_each_pixel_goes_where_the_matrix_says(matrix):
    a, b, c, d = matrix
    places = {(a * x + c * y, b * x + d * y): IMAGE[y, x] for y in range(4) for x in range(6)}
    left, top = (min(place[axis] for place in places) for axis in (0, 1))
    upright = make_upright(IMAGE, packed(*matrix))
    assert upright.shape == ((4, 6, 3) if a else (6, 4, 3)) and upright.flags.c_contiguous
    for (x, y), pixel in places.items():
        assert np.array_equal(upright[y - top, x - left], pixel)


def test_nearest_quarter_turn_and_none():
    assert make_upright(IMAGE, None) is IMAGE
    cos, sin = (round(65536 * value) for value in (math.cos(1.4), math.sin(1.4)))
    turned = np.array([cos, sin, 0, -sin, cos, 0, 0, 0, 1 << 30], np.int32).tobytes()
    assert np.array_equal(make_upright(IMAGE, turned), np.rot90(IMAGE, -1))
