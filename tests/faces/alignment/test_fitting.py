import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmfer.errors import AlignmentError
from mmfer.faces.alignment.fitting import fit_similarity, transform_points

COORDINATES = arrays(np.float64, (5, 2), elements=st.floats(-1000, 1000, width=32))


def umeyama(source, target):
    """Eq. (40)-(43) of Umeyama, PAMI 1991, in the plane."""
    mean_s, mean_t = source.mean(0), target.mean(0)
    covariance = (target - mean_t).T @ (source - mean_s) / len(source)
    u, d, vt = np.linalg.svd(covariance)
    sign = np.diag([1., np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ sign @ vt
    scale = np.trace(np.diag(d) @ sign) / ((source - mean_s) ** 2).sum(1).mean()
    return np.column_stack([scale * rotation, mean_t - scale * rotation @ mean_s])


@settings(max_examples=40, deadline=None)
@given(COORDINATES, COORDINATES)
def test_equals_umeyama(source, target):
    spread = np.linalg.norm(source - source.mean(0)) * np.linalg.norm(target - target.mean(0))
    if spread < 1:
        return
    expected = umeyama(source, target)
    if np.linalg.norm(expected[:, :2]) * np.linalg.norm(source - source.mean(0)) < 1e-3:
        return  # no turn is better than another
    found = fit_similarity(source, target)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


@settings(max_examples=40, deadline=None)
@given(COORDINATES, st.floats(0.01, 100), st.floats(-np.pi, np.pi), st.floats(-1e4, 1e4))
def test_a_similarity_is_recovered(source, scale, angle, shift):
    if np.linalg.norm(source - source.mean(0)) < 1:
        return
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cos, -sin, shift], [sin, cos, -shift / 3]])
    found = fit_similarity(source, transform_points(source, matrix))
    assert np.allclose(found, matrix, rtol=1e-7, atol=1e-7 * np.abs(matrix).max())


def test_nothing_is_better():
    """Least squares over the four parameters of a similarity, by another solver."""
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(2, 5, 2))
    x, y = source.T
    one, none = np.ones(5), np.zeros(5)
    system = np.vstack([np.column_stack([x, -y, one, none]), np.column_stack([y, x, none, one])])
    (a, b, tx, ty), *_ = np.linalg.lstsq(system, target.T.ravel(), rcond=None)
    assert np.allclose(fit_similarity(source, target), [[a, -b, tx], [b, a, ty]])


def test_a_mirror_image_is_never_mirrored():
    face = np.array([[0., 0], [2, 0], [1, 1], [0.3, 2], [1.7, 2]])
    found = fit_similarity(face, face * (-1, 1))
    assert np.linalg.det(found[:, :2]) > 0


@pytest.mark.parametrize('points', [np.zeros((5, 2)), np.full((5, 2), 7.5), np.full((5, 2), np.nan),
                                    np.array([[np.inf, 0], [1, 0], [0, 1], [1, 1], [2, 2]])])
@pytest.mark.filterwarnings('ignore:invalid value')
def test_degenerate_points_are_an_error(points):
    face = np.array([[0., 0], [2, 0], [1, 1], [0, 2], [2, 2]])
    for pair in ((points, face), (face, points)):
        with pytest.raises(AlignmentError, match='landmarks coincide'):
            fit_similarity(*pair)


def test_points_keep_their_shape():
    matrix = np.array([[0., -2, 5], [2, 0, 1]])
    assert np.array_equal(transform_points(np.array([1., 2]), matrix), [1, 3])
    assert transform_points(np.zeros((3, 4, 2), np.float32), matrix).shape == (3, 4, 2)
