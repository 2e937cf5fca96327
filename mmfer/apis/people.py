"""What a model says of the people in a video.

Axes: N frames of the video, C classes.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmfer.apis.answers import Answer
from mmfer.apis.stays import Stay
from mmfer.apis.timeline import Timeline

__all__ = ['Person', 'VideoAnalysis']


@dataclass(frozen=True)
class Person:
    """What is said of one person.

    Attributes:
        stay: When the person is there.
        coverage: Share of the stay's frames with the face found or tracked.
        crops: Frames of which there is a crop.
        answer: For all of the stay, as for one clip; None with too few crops.
        timeline: Over the stay; None with too few crops.
    """

    stay: Stay
    coverage: float
    crops: int
    answer: Answer | None = None
    timeline: Timeline | None = None

    @property
    def id(self) -> int:
        """Of the person within the video."""
        return self.stay.id


@dataclass(frozen=True)
class VideoAnalysis:
    """What is said of the people in one video.

    Attributes:
        name: Of the video.
        classes: C names.
        numbers: (N,) int64 frame numbers.
        times_s: (N,) when they are shown.
        people: By id ascending.
    """

    name: str
    classes: tuple[str, ...]
    numbers: NDArray[np.int64]
    times_s: NDArray[np.float64]
    people: tuple[Person, ...]
