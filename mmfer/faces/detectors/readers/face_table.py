"""Faces of a clip as arrays, by frame number, and how they are put together."""
from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.structures import SCHEMES, FaceDetections

__all__ = ['FaceRow', 'FaceTable', 'Tables', 'build_tables']


@dataclass(frozen=True)
class FaceRow:
    """One face as a file gives it.

    Attributes:
        clip: Id of the clip, or None where the file is that of one clip.
        number: Of the frame; None of a clip that is listed without a face.
        box: x0, y0, x1, y1, or None where landmarks stand for it; without either, the frame is
            listed without a face.
        score: As the file gives it.
        points: x, y, x, y, ... of the landmarks, or None.
    """

    clip: str | None
    number: int | None
    box: Sequence[float] | None = None
    score: float = 1.
    points: Sequence[float] | None = None


@dataclass(frozen=True)
class FaceTable:
    """The n faces of one clip, by frame number ascending.

    Attributes:
        numbers: (n,) int64.
        boxes: (n, 4) float32.
        scores: (n,) float32.
        landmarks: (n, L, 2) float32, or None.
    """

    numbers: NDArray[np.int64]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None

    def at(self, number: int) -> FaceDetections:
        """The faces on one frame, in the order of the file; none on a frame without a row."""
        start, stop = np.searchsorted(self.numbers, (number, number + 1))
        landmarks = None if self.landmarks is None else self.landmarks[start:stop].copy()
        return FaceDetections(self.boxes[start:stop].copy(), self.scores[start:stop].copy(),
                              landmarks)


Tables = dict[str | None, FaceTable]
"""Faces by clip; under None those of a file that names no clips."""


class _Columns:
    """Grows packed: a long clip with 68 landmarks has ten million numbers."""

    def __init__(self) -> None:
        self.numbers = array('q')
        self.boxes = array('f')
        self.scores = array('f')
        self.points = array('f')

        self.from_zero = False

    def add(self, row: FaceRow, least: float | None) -> None:
        if row.number is None:
            return
        self.from_zero |= row.number == 0
        empty = row.box is None and row.points is None
        if empty or (least is not None and row.score < least):
            return
        self.numbers.append(row.number)
        self.boxes.extend(row.box or _box_around(row.points or ()))
        self.scores.append(row.score)
        self.points.extend(row.points or ())

    def table(self, landmarks: int | None) -> FaceTable:
        numbers = np.array(self.numbers, np.int64) + self.from_zero
        order = np.argsort(numbers, kind='stable')
        points = None
        if landmarks is not None:
            points = np.array(self.points, np.float32).reshape(-1, landmarks, 2)[order]
        return FaceTable(numbers[order], np.array(self.boxes, np.float32).reshape(-1, 4)[order],
                         np.array(self.scores, np.float32)[order], points)


def _box_around(points: Sequence[float]) -> tuple[float, float, float, float]:
    return min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])


def build_tables(rows: Iterable[FaceRow], scheme: str | None,
                 min_score: float | None = None) -> Tables:
    """Faces by clip.

    A clip with a frame 0 is numbered from 1, as
    :func:`mmfer.faces.frames.images.list_images` does it with folders.

    Args:
        rows: With landmarks of ``scheme``, or a box, or both. A face without a box gets the
            smallest one around its landmarks.
        scheme: A key of :data:`mmfer.faces.structures.SCHEMES`, or None: boxes alone.
        min_score: Faces with a lower score are left out.
    """
    clips: dict[str | None, _Columns] = {}
    for row in rows:
        clips.setdefault(row.clip, _Columns()).add(row, min_score)
    landmarks = None if scheme is None else SCHEMES[scheme]
    return {clip: columns.table(landmarks) for clip, columns in clips.items()}
