import numpy as np
import pytest

from mmfer.faces.alignment.templates import (
    chip_template,
    eye_centres,
    five_points,
    similarity_template,
)
from mmfer.faces.structures import CENTRES5, CORNERS5, IBUG68, SCHEMES


def test_eyes_and_five_points_of_each_scheme():
    points = np.random.default_rng(0).normal(size=(68, 2))
    left, right = points[36:42].mean(0), points[42:48].mean(0)
    assert np.allclose(eye_centres(points, IBUG68), [left, right])
    assert np.allclose(five_points(points, IBUG68),
                       [left, right, points[30], points[48], points[54]])
    assert np.array_equal(eye_centres(points[:5], CENTRES5), points[:2])
    assert np.array_equal(five_points(points[:5], CENTRES5), points[:5])
    # dlib's five: both corners of the right eye (of the picture), of the left one, the nose
    corners = np.array([[9., 1], [7, 1], [1, 2], [3, 2], [5, 5]])
    assert np.array_equal(eye_centres(corners, CORNERS5), [[2, 2], [8, 1]])


def test_similarity_templates_are_arcface():
    pixels = similarity_template(CENTRES5) * 112 - 0.5
    assert np.allclose(pixels, [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366],
                                [41.5493, 92.3655], [70.7299, 92.2041]])
    assert np.array_equal(similarity_template(IBUG68), similarity_template(CENTRES5))


def test_corners_of_the_eyes_fit_arcface():
    corners = similarity_template(CORNERS5)
    centres = similarity_template(CENTRES5)
    found = eye_centres(corners, CORNERS5)
    # a mean face has other proportions than ArcFace's, but not by much
    assert np.abs(found - centres[:2]).max() < 0.02
    assert corners[2, 0] < found[0, 0] < corners[3, 0] < corners[1, 0] < corners[0, 0]
    base = corners[4]
    assert centres[2, 1] < base[1] < centres[3, 1] and abs(base[0] - centres[2, 0]) < 0.02


@pytest.mark.parametrize('scheme', SCHEMES)
def test_chip_templates_look_like_a_face(scheme):
    used, template = chip_template(scheme)
    assert len(used) == len(template) == {CORNERS5: 5, CENTRES5: 5, IBUG68: 33}[scheme]
    assert used.max() < SCHEMES[scheme] and (template > 0).all() and (template < 1).all()
    if scheme == IBUG68:
        points = np.zeros((68, 2))
        points[used] = template
        assert np.array_equal(five_points(points, IBUG68), chip_template(CENTRES5)[1])
        # symmetric about its middle, as a mean face is
        middle = template[:, 0].mean()
        assert np.allclose(points[36:40], points[[45, 44, 43, 42]] * (-1, 1) + (2 * middle, 0),
                           atol=2e-3)
