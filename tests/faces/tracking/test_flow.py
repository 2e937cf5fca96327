import cv2
import numpy as np
import pytest

from mmfer.faces.tracking.flow import follow
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.views import view_of

BOX = np.array([80, 60, 150, 130], np.float32)
LANDMARKS = np.array([[95, 85], [105, 85], [122, 86], [135, 85], [114, 105]], np.float32)


def picture(seed=0):
    image = np.random.default_rng(seed).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    return cv2.resize(image, (256, 192), interpolation=cv2.INTER_CUBIC)


def moved(image, growth=1., angle=0., shift=(0., 0.)):
    """The picture after a similarity about the box's centre, and the points after it."""
    matrix = cv2.getRotationMatrix2D((115, 95), angle, growth) + [[0, 0, shift[0]],
                                                                 [0, 0, shift[1]]]
    return cv2.warpAffine(image, matrix, (256, 192)), LANDMARKS @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize('motion', [
    dict(), dict(shift=(9.3, -6.6)), dict(shift=(-18, 4)), dict(growth=1.1, shift=(4, 0)),
    dict(growth=.92), dict(angle=8), dict(angle=-6, growth=1.05, shift=(3.5, 5))])
def test_box_and_landmarks_go_with_the_face(motion):
    before = picture()
    now, points = moved(before, **motion)
    view = view_of(Pyramid(before), BOX)
    face = follow(view, view.again(Pyramid(now)), BOX, LANDMARKS)
    np.testing.assert_allclose(face.landmarks, points, atol=.6)
    shift, growth = motion.get('shift', (0, 0)), motion.get('growth', 1)
    centre, half = np.array([115, 95]) + shift, 35 * growth
    np.testing.assert_allclose(face.box, [*(centre - half), *(centre + half)], atol=.8)
    assert face.box.dtype == face.landmarks.dtype == np.float32


def test_a_landmark_goes_its_own_way_and_a_covered_one_with_the_face():
    before = picture()
    now = before.copy()
    now[76:96, 86:114] = before[72:92, 86:114]  # around the first two: four down
    view = view_of(Pyramid(before), BOX)
    face = follow(view, view.again(Pyramid(now)), BOX, LANDMARKS)
    np.testing.assert_allclose(face.landmarks[0], LANDMARKS[0] + [0, 4], atol=.8)
    np.testing.assert_allclose(face.landmarks[3:], LANDMARKS[3:], atol=.3)
    covered, _ = moved(before, shift=(6, 0))
    covered[92:118, 105:136] = 128  # where the last one would be
    face = follow(view, view.again(Pyramid(covered)), BOX, LANDMARKS)
    np.testing.assert_allclose(face.landmarks[4], LANDMARKS[4] + [6, 0], atol=1)


def test_boxes_alone_are_followed_too():
    before = picture()
    now, _ = moved(before, shift=(5, 5))
    view = view_of(Pyramid(before), BOX)
    face = follow(view, view.again(Pyramid(now)), BOX, None)
    assert face.landmarks is None
    np.testing.assert_allclose(face.box, BOX + 5, atol=.5)


@pytest.mark.parametrize('now', [
    picture(1), np.full((192, 256, 3), 90, np.uint8), moved(picture(), growth=1.5)[0],
    moved(picture(), shift=(120, 0))[0]], ids=['another', 'flat', 'growth', 'far'])
def test_what_is_not_there_is_not_followed(now):
    view = view_of(Pyramid(picture()), BOX)
    assert follow(view, view.again(Pyramid(now)), BOX, LANDMARKS) is None
