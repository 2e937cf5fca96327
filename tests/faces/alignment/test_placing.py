import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import AlignmentError, ConfigError
from mmfer.faces.alignment import Geometry, crop_matrix, transform_points
from mmfer.faces.alignment.templates import chip_template, similarity_template
from mmfer.faces.structures import CENTRES5, CORNERS5, IBUG68, SCHEMES

BOX = np.array([10., 20, 30, 60])
ANGLES, SHIFTS = st.floats(-np.pi, np.pi), st.floats(-500, 500)
SCALES, SEEDS = st.floats(0.2, 20), st.integers(0, 2**32 - 1)


def face(scheme, seed=0, noise=2.):
    """Landmarks (L, 2) of a face of 100 px, roughly where a face has them."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (SCHEMES[scheme], 2))
    used, template = chip_template(scheme)
    points[used] = 100 * template + rng.normal(0, noise, template.shape)
    return points


def moved(points, scale, angle, x, y):
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return points @ np.array([[cos, sin], [-sin, cos]]) + (x, y)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SCHEMES)), SEEDS, SCALES, ANGLES, SHIFTS, SHIFTS)
def test_similarity_undoes_every_turn_size_and_place(scheme, seed, scale, angle, x, y):
    geometry, points = Geometry(margin=0.1), face(scheme, seed)
    seen = moved(points, scale, angle, x, y)
    crop = transform_points(points, crop_matrix(BOX, points, scheme, geometry))
    again = transform_points(seen, crop_matrix(BOX, seen, scheme, geometry))
    assert np.allclose(again, crop, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(SCHEMES)), SEEDS, SCALES, ANGLES, SHIFTS, SHIFTS)
def test_chip_undoes_every_turn_and_place(scheme, seed, scale, angle, x, y):
    geometry, points = Geometry('chip', 200), face(scheme, seed)
    seen = moved(points, scale, angle, x, y)
    crop = transform_points(points, crop_matrix(BOX, points, scheme, geometry))
    again = transform_points(seen, crop_matrix(BOX, seen, scheme, geometry))
    # the area counts its pixels from the first to the last: one fewer than its width (dlib)
    middle = 99.5
    ratio = np.linalg.norm(again - middle) / np.linalg.norm(crop - middle)
    widths = np.array([100, 100 * scale]) * 1.5  # about
    expected = (1 - 1 / widths[0]) / (1 - 1 / widths[1])
    assert abs(ratio / expected - 1) < 0.02
    assert np.allclose((again - middle) / ratio, crop - middle, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(SEEDS, SCALES, ANGLES, SHIFTS, SHIFTS)
def test_eyes_undo_turns_about_the_boxs_centre(seed, scale, angle, x, y):
    geometry, points = Geometry('eyes', 100), face(CENTRES5, seed)
    box = np.array([-5., -3, 95, 117])
    centre = np.array([45., 57, 45, 57])
    seen = moved(points - centre[:2], scale, angle, x, y)
    seen_box = (box - centre) * scale + (x, y, x, y)
    crop = transform_points(points, crop_matrix(box, points, CENTRES5, geometry))
    again = transform_points(seen, crop_matrix(seen_box, seen, CENTRES5, geometry))
    assert np.allclose(again, crop, atol=1e-6)
    assert abs(crop[0, 1] - crop[1, 1]) < 1e-9 and crop[0, 0] < crop[1, 0]  # level, upright


@pytest.mark.parametrize('scheme', SCHEMES)
def test_faces_on_the_template_are_taken_as_they_are(scheme):
    points = np.zeros((SCHEMES[scheme], 2))
    if scheme == IBUG68:  # each eye's six points at its centre
        five = similarity_template(scheme)
        points[36:42], points[42:48], points[[30, 48, 54]] = five[0], five[1], five[2:]
    else:
        points[:] = similarity_template(scheme)
    for size in (112, 224):
        matrix = crop_matrix(BOX, points * size - 0.5, scheme, Geometry(size_px=size))
        assert np.allclose(matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-9)
    # a margin of 0.25 on each side: the template takes the middle two thirds
    matrix = crop_matrix(BOX, points * 200 - 0.5, scheme, Geometry(size_px=300, margin=0.25))
    assert np.allclose(matrix, [[1, 0, 50], [0, 1, 50]], atol=1e-9)


@pytest.mark.parametrize('kind', ['similarity', 'chip'])
def test_crops_hardly_depend_on_the_scheme(kind):
    """The same mean face, told by each scheme, lies at the same place."""
    used, template = chip_template(IBUG68)
    points = np.zeros((68, 2))
    points[used] = 300 * template + (40, 70)
    centres = 300 * chip_template(CENTRES5)[1] + (40, 70)
    corners = points[[45, 42, 36, 39, 33]]
    crops = [transform_points(points[used], crop_matrix(BOX, landmarks, scheme, Geometry(kind)))
             for landmarks, scheme in ((points, IBUG68), (centres, CENTRES5),
                                       (corners, CORNERS5))]
    assert np.abs(crops[0] - crops[1]).max() < 0.1
    assert np.abs(crops[0] - crops[2]).max() < 0.01 * 224


@pytest.mark.parametrize(('geometry', 'corners'), [
    # 20 x 40 px to 8 x 8: 0.4 and 0.2 px of the crop to one of the frame
    (Geometry('box', 8, margin=0., square=False), [(-0.5, -0.5), (7.5, 7.5)]),
    # the square around it is 40 px wide: the box is its middle half
    (Geometry('box', 8, margin=0.), [(1.5, -0.5), (5.5, 7.5)]),
    # with a quarter on each side it is 60 px
    (Geometry('box', 12, margin=0.25), [(3.5, 1.5), (7.5, 9.5)]),
    (Geometry('box', 12, margin=0.25, square=False), [(1.5, 1.5), (9.5, 9.5)])])
def test_box_by_hand(geometry, corners):
    matrix = crop_matrix(BOX, None, None, geometry)
    assert np.allclose(transform_points(BOX.reshape(2, 2), matrix), corners)


@pytest.mark.parametrize('count', [5, 68])
@pytest.mark.parametrize(('size', 'padding'), [(150, 0.25), (224, 0.25), (64, 0.), (301, 1.)])
def test_chip_is_that_of_dlib(count, size, padding):
    dlib = pytest.importorskip('dlib')
    scheme = {5: CORNERS5, 68: IBUG68}[count]
    for seed in range(8):
        rng = np.random.default_rng(seed)
        points = np.rint(moved(face(scheme, seed), rng.uniform(0.5, 4), rng.uniform(-3, 3),
                               *rng.uniform(-200, 200, 2)))
        parts = dlib.points([dlib.point(int(x), int(y)) for x, y in points])
        found = dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), parts)
        details = dlib.get_face_chip_details(dlib.full_object_detections([found]), size,
                                             padding)[0]
        rect, angle = details.rect, details.angle
        centre = np.array([rect.left() + rect.right(), rect.top() + rect.bottom()]) / 2
        offsets = np.array([[rect.left(), rect.top()], [rect.right(), rect.top()],
                            [rect.left(), rect.bottom()], [rect.right(), rect.bottom()]]) - centre
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        corners = centre + offsets @ turn.T
        matrix = crop_matrix(BOX, points, scheme, Geometry('chip', size, padding))
        last = size - 1
        assert np.allclose(transform_points(corners, matrix),
                           [[0, 0], [last, 0], [0, last], [last, last]], atol=1e-6 * size)


@pytest.mark.parametrize('kind', ['similarity', 'chip', 'eyes'])
@pytest.mark.parametrize('scheme', SCHEMES)
def test_degenerate_landmarks_are_an_error(kind, scheme):
    count = SCHEMES[scheme]
    for points in (np.zeros((count, 2)), np.full((count, 2), 1e9), np.full((count, 2), np.nan),
                   np.full((count, 2), np.inf), np.full((count, 2), -3.5)):
        with pytest.raises(AlignmentError):
            crop_matrix(BOX, points, scheme, Geometry(kind))


@pytest.mark.parametrize('kind', ['box', 'eyes'])
@pytest.mark.parametrize('box', [(0, 0, 0, 9), (0, 0, 9, 0), (5, 5, 4, 9), (0, 0, np.nan, 9),
                                 (0, 0, np.inf, 9)])
def test_degenerate_boxes_are_an_error(kind, box):
    with pytest.raises(AlignmentError, match='has no area'):
        crop_matrix(box, face(CENTRES5), CENTRES5, Geometry(kind))


def test_a_face_of_a_pixel_has_no_chip():
    with pytest.raises(AlignmentError, match='there is nothing to cut out'):
        crop_matrix(BOX, face(CENTRES5) / 200, CENTRES5, Geometry('chip'))


def test_what_does_not_fit_is_refused():
    for kind in ('similarity', 'chip', 'eyes'):
        with pytest.raises(ConfigError, match=f'{kind}.*needs landmarks.*choose geometry box'):
            crop_matrix(BOX, None, None, Geometry(kind))
    with pytest.raises(ConfigError, match="is called 'own'"):
        crop_matrix(BOX, face(CENTRES5), 'own', Geometry())
    with pytest.raises(ConfigError, match=r'ibug68 are \(68, 2\), not \(5, 2\)'):
        crop_matrix(BOX, face(CENTRES5), IBUG68, Geometry())


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from(['similarity', 'chip', 'eyes', 'box']),
       st.sampled_from(sorted(SCHEMES)), st.integers(1, 500), st.floats(-0.4, 3))
def test_matrices_are_finite(seed, kind, scheme, size, margin):
    matrix = crop_matrix(BOX, face(scheme, seed, noise=40.), scheme, Geometry(kind, size, margin))
    assert np.isfinite(matrix).all() and np.linalg.det(matrix[:, :2]) > 0
