import time

import cv2
import numpy as np
import pytest

from mmfer.synthetic import PROTOTYPES, Identity, Pose, render_face, sample_identity
from mmfer.synthetic.rendering import Renderer

FACE = Identity()


def region(picture, x, y, half=.12):
    """The part of a picture around a canonical point (half frames)."""
    size = len(picture)
    low_x, high_x, low_y, high_y = (int((v + 1) / 2 * size) for v in
                                    (x - half, x + half, y - half, y + half))
    return picture[low_y:high_y, low_x:high_x].astype(float)


def change(units, x, y):
    size = 96
    rest, moved = (render_face(FACE, u, size) for u in ({}, units))
    return np.abs(region(moved, x, y) - region(rest, x, y)).mean()


def test_picture():
    picture = render_face(FACE, {}, 64)
    assert picture.shape == (64, 64, 3) and picture.dtype == np.uint8
    assert picture.std() > 20
    np.testing.assert_array_equal(picture, Renderer(FACE, 64).render({}))


def test_size_does_not_change_the_face():
    small, large = render_face(FACE, {}, 64), render_face(FACE, {}, 128)
    halved = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(halved.astype(float) - small).mean() < 4


@pytest.mark.parametrize(('unit', 'at', 'still'), [
    ('1', (0., -.32), (0., .42)), ('4', (0., -.28), (0., .42)), ('5', (.235, -.12), (0., .42)),
    ('6', (.235, -.08), (0., .42)), ('9', (0., 0.), (0., .75)), ('12', (.2, .4), (.2, -.3)),
    ('15', (.2, .45), (.2, -.3)), ('26', (0., .5), (.2, -.3)), ('23', (0., .42), (.2, -.3))])
def test_units_act_where_they_belong(unit, at, still):
    assert change({unit: 1.}, *at) > 4 * change({unit: 1.}, *still) + 1


def test_intensity_is_gradual():
    rest, *steps = (render_face(FACE, {'12': v, '6': v}, 64).astype(float)
                    for v in (0., .25, .5, .75, 1.))
    distance = [np.abs(step - rest).mean() for step in steps]
    assert distance == sorted(distance) and distance[0] > .1


def test_expressions_differ():
    faces = [render_face(FACE, units, 64).astype(float) for units in PROTOTYPES.values()]
    for k, face in enumerate(faces):
        for other in faces[:k]:
            assert np.abs(face - other)[15:60, 12:52].mean() > .8


def test_pose_moves_the_picture():
    rest, moved = (render_face(FACE, {}, 96, pose=Pose(dx=dx)) for dx in (0., .25))
    # a quarter of half a frame is 12 pixels
    difference = np.abs(rest[:70, 20:76].astype(float) - moved[:70, 32:88])
    assert difference.mean() < 6


def test_glasses_and_beard_show():
    plain = render_face(FACE, {}, 96).astype(float)
    for extra in ({'glasses': 'round'}, {'glasses': 'square'}, {'beard': 'full'},
                  {'beard': 'moustache'}, {'beard': 'stubble'}, {'hair_style': 'bald'}):
        assert np.abs(render_face(Identity(**extra), {}, 96) - plain).mean() > .3


def test_too_small():
    with pytest.raises(ValueError, match='at least 16'):
        render_face(FACE, {}, 8)


def test_unknown_unit():
    with pytest.raises(KeyError, match="'99'"):
        render_face(FACE, {'99': 1.}, 32)


def test_hog_detector_finds_the_faces():
    dlib = pytest.importorskip('dlib')
    detector = dlib.get_frontal_face_detector()
    found = [len(detector(Renderer(sample_identity(np.random.default_rng([3, k])), 112)
                          .render(units), 1)) > 0
             for k in range(3) for units in (*PROTOTYPES.values(), {})]
    assert np.mean(found) >= .95


@pytest.mark.slow
def test_speed():
    renderer = Renderer(FACE, 112)
    best = 0.
    for _ in range(5):
        start = time.process_time()
        for _ in range(40):
            renderer.render(PROTOTYPES['fear'])
        best = max(best, 40 / (time.process_time() - start))
    assert best >= 200
