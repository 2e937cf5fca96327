"""Faces that no detector saw on a frame: whether they were followed to it rightly."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import VideoFrame
from mmfer.faces.tracking.association import overlaps
from mmfer.faces.tracking.flow import Followed
from mmfer.faces.tracking.people import Person
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.views import View, view_of

__all__ = ['Carried', 'carry']

_MISFIT = .15
"""Largest mean distance of fitted landmarks from followed ones, in sides of the box."""
_HIDDEN = .5
"""Overlap with another face from which a followed one lies behind it."""


@dataclass(frozen=True)
class Carried:
    """A face followed to a frame, and checked there.

    Attributes:
        face: Where it is.
        view: What it looks like.
        likeness: Normalised correlation with its last detection.
    """

    face: Followed
    view: View
    likeness: float


def carry(detector: FaceDetector, frame: VideoFrame, picture: Pyramid,
          people: Sequence[Person], moved: Mapping[int, Followed], taken: NDArray[np.float32],
          least: float) -> dict[int, Carried]:
    """Checks followed faces on the picture.

    A face stays if its landmarks, fitted anew inside the moved box, lie where they were followed
    to, if it still looks like its last detection, and if no other face lies before it.

    Args:
        detector: Fits landmarks, if it can.
        frame: The frame.
        picture: Its image at several sizes.
        people: Whose faces they are, any order.
        moved: Where they were followed to, by id; others are passed over.
        taken: Boxes (n, 4) of faces that a detector sees on the frame.
        least: Least correlation with the last detection.

    Returns:
        By id, those that stay.
    """
    people = [person for person in people if person.id in moved]
    faces = _fitted(detector, frame, [moved[person.id] for person in people])
    checked = {}
    for person, face in zip(people, faces, strict=True):
        if face is not None:
            view = view_of(picture, face.box)
            likeness = view.likeness(person.portrait)
            if likeness >= least:
                checked[person.id] = Carried(face, view, likeness)
    return _before_others(checked, taken)


def _fitted(detector: FaceDetector, frame: VideoFrame,
            faces: Sequence[Followed]) -> list[Followed | None]:
    if not faces:
        return []
    boxes = np.stack([face.box for face in faces])
    fitted = detector.fit_landmarks(frame, boxes)
    if fitted is None:
        return list(faces)
    kept: list[Followed | None] = []
    for face, points in zip(faces, fitted, strict=True):
        if face.landmarks is not None:
            side = float(max(face.box[2:] - face.box[:2]))
            misfit = np.linalg.norm(points - face.landmarks, axis=-1).mean() / side
            kept.append(replace(face, landmarks=points) if misfit <= _MISFIT else None)
        else:
            kept.append(face)
    return kept


def _before_others(carried: Mapping[int, Carried],
                   taken: NDArray[np.float32]) -> dict[int, Carried]:
    """Without those that lie behind a detected face or one that looks more like itself."""
    kept: dict[int, Carried] = {}
    boxes = [np.asarray(box) for box in taken]
    for id_, one in sorted(carried.items(), key=lambda item: (-item[1].likeness, item[0])):
        if not boxes or overlaps(one.face.box, np.stack(boxes)).max() <= _HIDDEN:
            kept[id_] = one
            boxes.append(one.face.box)
    return kept
