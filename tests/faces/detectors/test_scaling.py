from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.faces.detectors.scaling import enlarge_boxes, shrink


def test_small_images_are_left_alone() -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    assert shrink(image, None) is image and shrink(image, 40) is image
    boxes = np.array([[1, 2, 3, 4]], np.float32)
    assert enlarge_boxes(boxes, image, image) is boxes


@pytest.mark.parametrize('shape, size', [((100, 200), (25, 50)), ((200, 100), (50, 25)),
                                         ((1, 999), (1, 50)), ((51, 51), (50, 50))])
def test_longer_side(shape: tuple[int, int], size: tuple[int, int]) -> None:
    assert shrink(np.zeros((*shape, 3), np.uint8), 50).shape == (*size, 3)


def test_means_of_pixels_and_their_places() -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    small = shrink(image, 3)  # 4 x 4 pixels become one
    means = image.reshape(2, 4, 3, 4, 3).mean((1, 3))
    assert np.abs(small - means).max() <= .5
    # the centre of the first small pixel lies between the second and third of four
    corner = np.array([[0, 0, 2, 1]], np.float32)
    assert enlarge_boxes(corner, small, image).tolist() == [[1.5, 1.5, 9.5, 5.5]]


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 400))
def test_the_whole_copy_is_the_whole_image(height: int, width: int, side: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    small = shrink(image, side)
    edges = np.array([[-.5, -.5, small.shape[1] - .5, small.shape[0] - .5]], np.float32)
    np.testing.assert_allclose(enlarge_boxes(edges, small, image),
                               [[-.5, -.5, width - .5, height - .5]], atol=1e-4)
