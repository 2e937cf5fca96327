import numpy as np
import pytest

from mmfer.synthetic.action_units import PROTOTYPES, deform
from mmfer.synthetic.geometry import (
    View,
    brow_curve,
    eye_opening,
    mouth_lines,
    rest_points,
    skin_shift,
)
from mmfer.synthetic.identity import Identity, Pose, sample_identity

FACE = Identity()


def test_view_and_back():
    view = View(Pose(roll=.1, yaw=-.2, dx=.05, dy=-.03, scale=1.1), 224)
    points = np.random.default_rng(0).uniform(-.7, .7, (200, 2))
    pixels = view.to_canvas(points)
    x, y = view.to_face(pixels[:, 0], pixels[:, 1])
    np.testing.assert_allclose(np.stack([x, y], 1), points, atol=5e-3)


def test_centre_of_the_face_is_the_centre_of_the_canvas():
    np.testing.assert_allclose(View(Pose(), 100).to_canvas(np.zeros((1, 2))), [[49.5, 49.5]])


def test_a_turn_moves_the_nose_more_than_the_ears():
    points = np.array([[0, .15], [.55, 0.]])
    moved = (View(Pose(yaw=.2), 200).to_canvas(points) - View(Pose(), 200).to_canvas(points))[:, 0]
    assert moved[0] > 3 * abs(moved[1]) and moved[0] > 5


def test_closed_lips_meet_and_the_jaw_opens_them():
    closed, opened = mouth_lines(FACE, deform({})), mouth_lines(FACE, deform({'26': 1.}))
    assert closed.gap == 0
    np.testing.assert_allclose(closed.upper_inner, closed.lower_inner, atol=1e-6)
    assert opened.gap > .1
    assert (opened.lower_inner[1:-1, 1] > opened.upper_inner[1:-1, 1]).all()


def test_lip_corners_rise_and_fall():
    rest, smile, frown = (mouth_lines(FACE, deform(units)).upper_inner
                          for units in ({}, {'12': 1.}, {'15': 1.}))
    assert smile[0, 1] < rest[0, 1] < frown[0, 1]
    assert smile[-1, 0] - smile[0, 0] > rest[-1, 0] - rest[0, 0]


def test_contempt_lifts_the_subjects_right_corner_only():
    # the subject's right is on the left of the frame
    rest, sneer = (mouth_lines(FACE, deform(units)).upper_inner
                   for units in ({}, PROTOTYPES['contempt']))
    assert sneer[0, 1] < rest[0, 1] - .03
    np.testing.assert_allclose(sneer[-1], rest[-1], atol=1e-9)


@pytest.mark.parametrize('seed', range(6))
def test_lids_and_lips_never_cross(seed):
    rng = np.random.default_rng(seed)
    face = sample_identity(rng)
    for _ in range(30):
        names = rng.choice(['1', '4', '5', '6', '7', '9', '10', '12', '15', '16', '17', '20',
                            '23', '24', '26', '27'], 6, replace=False)
        moved = deform({name: float(rng.uniform(0, 1.2)) for name in names})
        for side in (0, 1):
            eye = eye_opening(face, moved, side)
            assert (eye.lower[1:-1, 1] > eye.upper[1:-1, 1]).all()
        mouth = mouth_lines(face, moved)
        assert (mouth.lower_inner[:, 1] >= mouth.upper_inner[:, 1] - 1e-9).all()
        assert (mouth.lower_outer[:, 1] >= mouth.lower_inner[:, 1] - 1e-9).all()


def test_brow_passes_through_its_points():
    rest = rest_points(FACE)
    curve = brow_curve(rest, deform({}), 1, np.array([0., .5, 1.]))
    np.testing.assert_allclose(curve, rest[1, :3])


def test_skin_moves_near_the_unit_and_not_elsewhere():
    rest = rest_points(FACE)
    x, y = np.array([FACE.mouth_width, 0.]), np.array([FACE.mouth_y, -.8])
    dx, dy = skin_shift(rest, deform({'12': 1.}), x, y)
    assert dx[0] > .03 and dy[0] < -.03
    assert abs(dx[1]) < 1e-3 and abs(dy[1]) < 1e-3
    assert not np.any(skin_shift(rest, deform({}), x, y))
