import numpy as np
import pytest

from mmfer.faces.tracking.shrinking import halve_to


def test_blocks_are_averaged():
    image = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    small = halve_to(image, 6)
    once = np.floor(image.reshape(8, 2, 12, 2, 3).mean((1, 3)) + .5)
    twice = np.floor(once.reshape(4, 2, 6, 2, 3).mean((1, 3)) + .5)
    np.testing.assert_array_equal(small, twice)


@pytest.mark.parametrize('shape, side, result', [
    ((255, 100), 128, (255, 100)), ((256, 100), 128, (128, 50)), ((257, 101), 128, (128, 50)),
    ((1, 900), 128, (1, 900)), ((3, 900), 128, (1, 450)), ((1080, 1920, 3), 128, (135, 240, 3))])
def test_sizes(shape, side, result):
    assert halve_to(np.zeros(shape, np.uint8), side).shape == result
