"""Who is seen in a video, and when.

Axes: N frames of the video, n of a person's stay.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.status_runs import CROPPED, SEEN, format_runs
from mmfer.faces.structures import ABSENT, FOUND, FrameFaces, Status, TrackedFace, VideoFrame

__all__ = ['PeopleLog', 'Stay']


@dataclass(frozen=True)
class Stay:
    """The frames from a person's first to the last one.

    Attributes:
        id: Of the person within the video.
        shot: Number of cuts before.
        numbers: (n,) int64 frame numbers.
        times_s: (n,) when they are shown.
        statuses: n of them; ``'absent'`` where the person was not seen.
        faces: By frame number the face, where there is one; empty where crops were given.
    """

    id: int
    shot: int
    numbers: NDArray[np.int64]
    times_s: NDArray[np.float64]
    statuses: tuple[Status, ...]
    faces: Mapping[int, TrackedFace] = field(repr=False)

    @property
    def cropped(self) -> NDArray[np.int64]:
        """Places of the frames with a crop, ascending."""
        return np.flatnonzero([status in CROPPED for status in self.statuses])

    def coverage(self, first: int = 0, behind: int | None = None) -> float:
        """Share of the frames at some places on which the face was found or tracked."""
        statuses = self.statuses[first:behind]
        return sum(status in SEEN for status in statuses) / len(statuses)

    def runs(self, first: int = 0, behind: int | None = None) -> str:
        """The statuses at some places as text."""
        return format_runs(self.statuses[first:behind])


class PeopleLog:
    """Notes down who is on which frame."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._times_s: list[float] = []
        self._faces: dict[int, dict[int, TrackedFace]] = {}
        self._crops: list[int] = []

    def see(self, seen: FrameFaces) -> None:
        """Takes the next frame with the people on it."""
        self._see(seen.frame)
        for face in seen.faces:
            if face.status != ABSENT:
                self._faces.setdefault(face.id, {})[len(self._numbers) - 1] = face

    def see_crop(self, crop: VideoFrame) -> None:
        """Takes the next frame, which is a crop of the one person there is."""
        self._see(crop)
        self._crops.append(len(self._numbers) - 1)

    def _see(self, frame: VideoFrame) -> None:
        # crops are numbered as the frames that they were cut from, and some have none
        last, time_s = (self._numbers[-1], self._times_s[-1]) if self._numbers else (
            frame.number - 1, frame.time_s)
        steps = frame.number - last
        for step in range(1, steps):
            self._numbers.append(last + step)
            self._times_s.append(time_s + (frame.time_s - time_s) * step / steps)
        self._numbers.append(frame.number)
        self._times_s.append(frame.time_s)

    def frames(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Numbers (N,) and times (N,) of all frames so far."""
        return np.array(self._numbers, np.int64), np.array(self._times_s, np.float64)

    def stays(self) -> list[Stay]:
        """Everybody who was seen, by id ascending."""
        numbers, times_s = self.frames()
        stays = []
        for person in sorted(self._faces):
            faces = self._faces[person]
            first, last = min(faces), max(faces)
            stays.append(Stay(
                person, faces[first].shot, numbers[first:last + 1], times_s[first:last + 1],
                tuple(faces[place].status if place in faces else ABSENT
                      for place in range(first, last + 1)),
                {int(numbers[place]): face for place, face in faces.items()}))
        if self._crops:
            there = set(self._crops)
            stays.append(Stay(1, 0, numbers, times_s, tuple(
                FOUND if place in there else ABSENT for place in range(len(numbers))), {}))
        return stays
