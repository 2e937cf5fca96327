import numpy as np
import pytest

from mmfer.errors import LedgerError
from mmfer.faces.structures import TrackedFace
from mmfer.faces.tracking.states import (
    face_arrays,
    faces_of,
    reading_state,
    stack_landmarks,
    unstack_landmarks,
)


def test_landmarks_come_back():
    points = [np.full((5, 2), n, np.float32) for n in range(3)]
    stacked = stack_landmarks(points)
    assert stacked.shape == (3, 5, 2)
    for one, other in zip(points, unstack_landmarks(stacked, 3), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize('count', [0, 2])
def test_so_do_none(count):
    assert unstack_landmarks(stack_landmarks([None] * count), count) == [None] * count


def test_landmarks_of_others_are_refused():
    with pytest.raises(ValueError, match='3 landmarks of 2 faces'):
        unstack_landmarks(np.zeros((3, 5, 2), np.float32), 2)


@pytest.mark.parametrize('error', [KeyError('boxes'), ValueError(), IndexError(), TypeError()])
def test_what_is_wrong_is_named(error):
    with pytest.raises(LedgerError, match='state of tracking is damaged'):
        with reading_state():
            raise error


def test_faces_come_back_as_they_were():
    rng = np.random.default_rng(0)
    for points in (rng.normal(size=(3, 5, 2)).astype(np.float32), [None] * 3):
        faces = [TrackedFace(7 + k, 4, rng.normal(size=4).astype(np.float32), points[k], 1 / 3,
                             status)
                 for k, status in enumerate(['found', 'tracked', 'interpolated'])]
        for some in (faces, faces[:1], []):
            again = faces_of(face_arrays(some), 4)
            for one, other in zip(some, again, strict=True):
                assert one.box.tobytes() == other.box.tobytes()
                assert (one.id, one.shot, one.score, one.status) == (
                    other.id, other.shot, other.score, other.status)
                np.testing.assert_array_equal(one.landmarks, other.landmarks)
