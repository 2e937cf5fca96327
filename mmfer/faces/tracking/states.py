"""What trackers remember, as plain arrays."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import LedgerError
from mmfer.faces.structures import Status, TrackedFace

__all__ = ['face_arrays', 'faces_of', 'reading_state', 'stack_landmarks', 'unstack_landmarks']

_STATUSES: tuple[Status, ...] = get_args(Status)


@contextmanager
def reading_state() -> Iterator[None]:
    """Names what is wrong with arrays that are no state.

    Raises:
        LedgerError: An array is missing or has another shape.
    """
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise LedgerError(f'the state of tracking is damaged ({error!r}); begin the video '
                          'anew') from error


def stack_landmarks(landmarks: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float32]:
    """Landmarks (n, L, 2) of n faces; (0, 0, 2) of a detector that gives none."""
    points = [one for one in landmarks if one is not None]
    return np.stack(points) if points else np.zeros((0, 0, 2), np.float32)


def unstack_landmarks(stacked: NDArray[np.float32],
                      count: int) -> Sequence[NDArray[np.float32] | None]:
    """Undoes :func:`stack_landmarks` of ``count`` faces.

    Raises:
        ValueError: They are those of another number of faces.
    """
    if len(stacked) == 0:
        return [None] * count
    if len(stacked) != count:
        raise ValueError(f'{len(stacked)} landmarks of {count} faces')
    return list(stacked)


def face_arrays(faces: Sequence[TrackedFace]) -> dict[str, NDArray]:
    """Faces of one shot as arrays that :func:`faces_of` makes the same faces of."""
    return {
        'numbers': np.array([[face.id, _STATUSES.index(face.status)] for face in faces],
                            np.int64).reshape(-1, 2),
        'scores': np.array([face.score for face in faces], np.float64),
        'boxes': np.array([face.box for face in faces], np.float32).reshape(-1, 4),
        'landmarks': stack_landmarks([face.landmarks for face in faces]),
    }


def faces_of(arrays: Mapping[str, NDArray], shot: int) -> list[TrackedFace]:
    """The faces that arrays of :func:`face_arrays` hold.

    Raises:
        KeyError, ValueError, IndexError: They are no such arrays.
    """
    landmarks = unstack_landmarks(arrays['landmarks'], len(arrays['numbers']))
    return [TrackedFace(int(id_), shot, box, points, float(score), _STATUSES[status])
            for (id_, status), score, box, points in zip(
                arrays['numbers'], arrays['scores'], arrays['boxes'], landmarks, strict=True)]
