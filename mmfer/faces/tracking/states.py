"""What trackers remember, as plain arrays."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import LedgerError

__all__ = ['reading_state', 'stack_landmarks', 'unstack_landmarks']


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
