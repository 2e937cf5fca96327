import numpy as np
import pytest

from mmfer.faces.tracking.pyramid import Pyramid


def test_blocks_are_averaged():
    image = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    once = np.floor(image.reshape(8, 2, 12, 2, 3).mean((1, 3)) + .5)
    twice = np.floor(once.reshape(4, 2, 6, 2, 3).mean((1, 3)) + .5)
    pyramid = Pyramid(image)
    np.testing.assert_array_equal(pyramid.level(2), twice)
    np.testing.assert_array_equal(pyramid.level(1), once)
    assert pyramid.level(0) is image and pyramid.size == (16, 24)


def test_an_odd_last_row_or_column_is_left_out():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(Pyramid(image).level(1), Pyramid(image[:4, :6]).level(1))


def test_a_line_of_pixels_is_halved_along_it():
    line = np.arange(0, 24, 2, dtype=np.uint8).reshape(1, 4, 3).repeat(2, 1)
    np.testing.assert_array_equal(Pyramid(line).level(1), line[:, ::2])
    assert Pyramid(line).level(9).shape == (1, 1, 3)


@pytest.mark.parametrize('side, least, count', [
    (127, 128, 0), (255.9, 128, 0), (256, 128, 1), (511, 128, 1), (512, 128, 2), (1920, 64, 4)])
def test_halvings(side, least, count):
    assert Pyramid.halvings(side, least) == count
