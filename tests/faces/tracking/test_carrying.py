import numpy as np
import pytest

from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import VideoFrame
from mmfer.faces.tracking.carrying import carry
from mmfer.faces.tracking.flow import Followed
from mmfer.faces.tracking.people import Person
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.views import view_of

BOX = np.array([60, 40, 120, 100], np.float32)
POINTS = np.array([[70, 60], [80, 60], [95, 60], [108, 60], [90, 80]], np.float32)
NOBODY = np.zeros((0, 4), np.float32)


class Fitter(FaceDetector):
    """Fits landmarks that lie ``off`` pixels beside :data:`POINTS`."""

    def __init__(self, off=None):
        self.off, self.boxes = off, []

    def detect(self, frames):
        raise AssertionError('nobody asked')

    def fit_landmarks(self, frame, boxes):
        self.boxes.append(boxes)
        return None if self.off is None else np.stack([POINTS + self.off] * len(boxes))

    def identity(self):
        return {}


def stay(detector, frame, people, moved, taken=NOBODY, least=.5):
    return carry(detector, frame, Pyramid(frame.image), people, moved, taken, least)


@pytest.fixture
def frame(drawing):
    image = drawing['background'](160, 240, 4)
    drawing['paste'](image, drawing['face_of'](0), (40., 20.))
    return VideoFrame(image, 1, 0.)


def person(frame, id_=1, box=BOX):
    view = view_of(Pyramid(frame.image), box)
    return Person(id_, box, POINTS, 1., view, view.portrait())


def test_followed_landmarks_stay_where_none_can_be_fitted(frame):
    carried = stay(Fitter(), frame, [person(frame)], {1: Followed(BOX, POINTS)})
    assert carried[1].face.landmarks is POINTS and carried[1].likeness > .99


@pytest.mark.parametrize('off, stays', [(6., True), (7., False)])
def test_fitted_landmarks_replace_followed_ones_near_them(frame, off, stays):
    """Both coordinates are off, so 0.15 of 60 px are 6.36 each."""
    detector = Fitter(off)
    carried = stay(detector, frame, [person(frame)], {1: Followed(BOX, POINTS)})
    assert (1 in carried) == stays
    np.testing.assert_array_equal(detector.boxes, [[BOX]])
    if stays:
        np.testing.assert_array_equal(carried[1].face.landmarks, POINTS + off)


def test_faces_without_landmarks_are_judged_by_looks_alone(frame):
    carried = stay(Fitter(50.), frame, [person(frame)], {1: Followed(BOX, None)})
    assert carried[1].face.landmarks is None


def test_what_no_longer_looks_like_the_face_is_lost(frame, drawing):
    empty = VideoFrame(drawing['background'](160, 240, 4), 2, .04)
    moved = {1: Followed(BOX, POINTS)}
    assert stay(Fitter(), empty, [person(frame)], moved) == {}
    assert set(stay(Fitter(), empty, [person(frame)], moved, least=-1.)) == {1}


@pytest.mark.parametrize('shift, stays', [(15, False), (25, True)])
def test_behind_a_detected_face_nobody_is(frame, shift, stays):
    """Shifted by 15 of 60 px, 45 of 75 are shared, 0.6; by 25, 35 of 85, 0.41."""
    taken = (BOX + [shift, 0, shift, 0])[None].astype(np.float32)
    carried = stay(Fitter(), frame, [person(frame)], {1: Followed(BOX, POINTS)}, taken)
    assert (1 in carried) == stays


def test_of_two_on_one_face_the_one_that_looks_like_it_stays(frame):
    other = person(frame, 2, BOX + np.float32(9))  # whose portrait is off, so less alike here
    moved = {1: Followed(BOX, POINTS), 2: Followed(BOX, POINTS)}
    for people in ([person(frame), other], [other, person(frame)]):
        assert set(stay(Fitter(), frame, people, moved, least=-1.)) == {1}


def test_who_was_not_followed_is_not_asked_for(frame):
    detector = Fitter(0.)
    assert stay(detector, frame, [person(frame)], {}) == {}
    assert detector.boxes == []
