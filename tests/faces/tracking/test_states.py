import numpy as np
import pytest

from mmfer.errors import LedgerError
from mmfer.faces.tracking.states import reading_state, stack_landmarks, unstack_landmarks


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
