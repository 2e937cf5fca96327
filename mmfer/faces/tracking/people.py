"""What is kept of the people of a shot, and its form as plain arrays."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.tracking.states import stack_landmarks, unstack_landmarks
from mmfer.faces.tracking.views import PORTRAIT_PX, VIEW_PX, View

__all__ = ['Person', 'people_arrays', 'people_of']


@dataclass(frozen=True)
class Person:
    """Somebody of the present shot.

    Attributes:
        id: Within the video.
        box: (4,) float32, where the face was last.
        landmarks: (L, 2) float32, or None.
        score: Of the last detection.
        view: Of the last frame with the face.
        portrait: Of the last detection, or of a frame soon after on which the face was followed
            and still alike, (PORTRAIT_PX, PORTRAIT_PX) uint8.
        detections: How often a detector has seen the face.
        carried: Frames since the last detection on which the face was followed.
        absent: Frames since the face was last on one; 0: it was on the last frame.
    """

    id: int
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None
    score: float
    view: View
    portrait: NDArray[np.uint8]
    detections: int = 1
    carried: int = 0
    absent: int = 0


def people_arrays(people: Sequence[Person]) -> dict[str, NDArray]:
    """People as arrays that :func:`people_of` makes the same people of."""
    count = len(people)
    return {
        'people': np.array([[p.id, p.detections, p.carried, p.absent] for p in people],
                           np.int64).reshape(count, 4),
        'scores': np.array([p.score for p in people], np.float64),
        'boxes': np.array([p.box for p in people], np.float32).reshape(count, 4),
        'landmarks': stack_landmarks([p.landmarks for p in people]),
        'views': np.array([p.view.image for p in people],
                          np.uint8).reshape(count, VIEW_PX, VIEW_PX),
        'regions': np.array([p.view.region for p in people], np.int64).reshape(count, 3),
        'portraits': np.array([p.portrait for p in people],
                              np.uint8).reshape(count, PORTRAIT_PX, PORTRAIT_PX),
    }


def people_of(arrays: Mapping[str, NDArray]) -> list[Person]:
    """The people that arrays of :func:`people_arrays` hold."""
    landmarks = unstack_landmarks(arrays['landmarks'], len(arrays['people']))
    return [
        Person(int(numbers[0]), box, points, float(score), View(view, region), portrait,
               *(int(number) for number in numbers[1:]))
        for numbers, score, box, points, view, region, portrait in zip(
            arrays['people'], arrays['scores'], arrays['boxes'], landmarks, arrays['views'],
            arrays['regions'], arrays['portraits'], strict=True)]
