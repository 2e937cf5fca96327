import tracemalloc

import numpy as np
import pytest

from mmfer.faces.alignment import BORDERS, INTERPOLATIONS
from mmfer.faces.alignment.warping import warp

RNG = np.random.default_rng(0)


def smooth_image(height=60, width=80):
    y, x = np.mgrid[:height, :width]
    waves = [127 + 120 * np.sin(x / a + y / b + c) for a, b, c in ((19, 23, 0), (15, -31, 1),
                                                                   (-25, 17, 2))]
    return np.stack(waves, -1).round().astype(np.uint8)


def bilinear(image, x, y):
    """(..., 3) float64 at points; black beyond the frame, fading in over one pixel."""
    padded = np.pad(image.astype(np.float64), ((1, 1), (1, 1), (0, 0)))
    x, y = (np.clip(value + 1, 0, limit - 1.001) for value, limit in
            ((x, padded.shape[1]), (y, padded.shape[0])))
    x0, y0 = x.astype(int), y.astype(int)
    fx, fy = (x - x0)[..., None], (y - y0)[..., None]
    return ((1 - fy) * ((1 - fx) * padded[y0, x0] + fx * padded[y0, x0 + 1])
            + fy * ((1 - fx) * padded[y0 + 1, x0] + fx * padded[y0 + 1, x0 + 1]))


def reference(image, matrix, size, samples=1):
    """Mean of samples x samples bilinear values, evenly spread over each pixel of the crop."""
    inverse = np.linalg.inv(matrix[:, :2])
    total = np.zeros((size, size, 3))
    offsets = (np.arange(samples) + 0.5) / samples - 0.5
    for dy in offsets:
        for dx in offsets:
            v, u = np.mgrid[:size, :size]
            points = np.stack([u + dx, v + dy], -1) - matrix[:, 2]
            x, y = np.moveaxis(points @ inverse.T, -1, 0)
            total += bilinear(image, x, y)
    return total / samples ** 2


def turned(scale, angle, shift):
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])


@pytest.mark.parametrize('interpolation', ['area', 'bilinear'])
@pytest.mark.parametrize('scale', [1., 1.7, 4.])
def test_growing_is_bilinear(interpolation, scale):
    matrix = turned(scale, 0.4, (3.3, -2.7))
    found = warp(smooth_image(), matrix, 40, interpolation, 'constant')
    assert found.shape == (40, 40, 3) and found.dtype == np.uint8
    inside = (reference(np.full((60, 80, 3), 255, np.uint8), matrix, 40) == 255).all(-1)
    assert inside.mean() > 0.5
    expected = reference(smooth_image(), matrix, 40)
    assert np.abs(found[inside] - expected[inside]).max() <= 1.


@pytest.mark.parametrize(('scale', 'samples'), [(0.9, 2), (0.5, 2), (0.3, 4), (0.11, 10)])
def test_area_averages_what_a_pixel_covers(scale, samples):
    image = RNG.integers(0, 256, (200, 220, 3), dtype=np.uint8)
    matrix = turned(scale, -0.3, (2.2, 5.1))
    found = warp(image, matrix, 30, 'area', 'constant')
    expected = reference(image, matrix, 30, samples)
    # sample points to 1/32 px (OpenCV), averaged; two roundings
    assert np.abs(found - expected).mean() < 1.
    assert np.abs(found - expected).max() < 5.


def test_area_does_not_alias_where_bilinear_does():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    matrix = np.array([[1 / 8, 0, -0.4375], [0, 1 / 8, -0.4375]])
    assert np.abs(warp(stripes, matrix, 32, 'area', 'replicate').astype(int) - 127).max() <= 1
    matrix[0, 2] += 0.0625  # onto the middle of a column
    assert np.ptp(warp(stripes, matrix, 32, 'bilinear', 'replicate').astype(int)) == 0
    assert abs(int(warp(stripes, matrix, 32, 'bilinear', 'replicate')[9, 9, 0]) - 127) > 100


def test_area_of_a_stretched_box():
    """Each axis by its own factor: a crop of whole blocks is their mean."""
    image = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    matrix = np.array([[1 / 6, 0, -5 / 12], [0, 1 / 4, -3 / 8]])
    found = warp(image, matrix, 10, 'area', 'constant')
    expected = image.reshape(10, 4, 10, 6, 3).mean((1, 3))
    assert np.abs(found - expected).max() <= 0.51


@pytest.mark.parametrize('interpolation', INTERPOLATIONS)
def test_nothing_changes_where_nothing_is_moved(interpolation):
    image = RNG.integers(0, 256, (50, 50, 3), dtype=np.uint8)
    identity = np.array([[1., 0, 0], [0, 1, 0]])
    assert np.array_equal(warp(image, identity, 50, interpolation, 'constant'), image)


@pytest.mark.parametrize('interpolation', ['area', 'bilinear', 'bicubic', 'lanczos'])
def test_a_ramp_stays_a_ramp(interpolation):
    ramp = np.repeat(np.tile(np.arange(100, dtype=np.uint8) * 2, (100, 1))[..., None], 3, 2)
    matrix = np.array([[1.5, 0, -30], [0, 1.5, -30]])
    found = warp(ramp, matrix, 60, interpolation, 'constant')
    expected = 2 * (np.arange(60) + 30) / 1.5
    assert np.abs(found[5:-5, :, 0] - expected).max() <= 1.5


def test_nearest_takes_pixels_as_they_are():
    image = RNG.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    matrix = np.array([[3., 0, 1], [0, 3., 1]])  # each pixel becomes a block around its centre
    found = warp(image, matrix, 60, 'nearest', 'constant')
    assert np.array_equal(found, np.repeat(np.repeat(image, 3, 0), 3, 1))


@pytest.mark.parametrize('border', BORDERS)
def test_beyond_the_frame(border):
    image = RNG.integers(1, 256, (6, 6, 3), dtype=np.uint8)
    found = warp(image, np.array([[1., 0, 3], [0, 1, 3]]), 12, 'bilinear', border)
    mode = {'constant': 'constant', 'replicate': 'edge', 'reflect': 'reflect'}[border]
    assert np.array_equal(found, np.pad(image, ((3, 3), (3, 3), (0, 0)), mode))


def test_memory_is_bounded_for_huge_faces():
    image = RNG.integers(0, 256, (3000, 3000, 3), dtype=np.uint8)
    found = warp(image, np.array([[0.01, 0, 0], [0, 0.01, 0]]), 30, 'area', 'constant')
    # 16 x 16 samples of 100 x 100 pixels
    assert np.abs(found[1:-1, 1:-1].astype(float) - 127.5).max() < 6 * 74 / 16
    tracemalloc.start()
    try:
        found = warp(image, np.array([[0.01, 0, 0], [0, 0.01, 0]]), 1500, 'area', 'constant')
        assert found.shape == (1500, 1500, 3) and found[5:25, 5:25].std() > 10
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()
    assert warp(image, np.array([[1e-3, 0, 0], [0, 1e-3, 0]]), 4097, 'area', 'constant').any()
