"""Which detections are faces of people that are known."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.tracking.association import assign, overlaps
from mmfer.faces.tracking.flow import Followed
from mmfer.faces.tracking.people import Person
from mmfer.faces.tracking.settings import TrackingSettings
from mmfer.faces.tracking.views import View

__all__ = ['match', 'unmistaken']

_SURE = .5
"""Overlap with where the face was last from which a detection may do without flow."""
_REACH = 2.
"""How far from where a face was last it may come back, in sides of its box."""
_RESIZED = 1.5
"""By how much its size may have changed."""


def unmistaken(people: Sequence[Person], boxes: NDArray[np.float32], views: Sequence[View],
               settings: TrackingSettings) -> dict[int, Person]:
    """People of the last frame whose detections need no flow, which costs the most here.

    A detection lies where the face was, touches no other person's, no other detection does, and
    it is as alike as that of somebody who comes back has to be.

    Args:
        people: Those on the last frame.
        boxes: (n, 4) of the detections.
        views: Theirs, n.
        settings: Thresholds.

    Returns:
        The person by the row of the detection.
    """
    places = np.array([person.box for person in people]).reshape(-1, 4)
    shared = overlaps(places, boxes)
    touching = shared > 0
    alone = (touching.sum(0) == 1) & (touching.sum(1, keepdims=True) == 1)
    return {
        int(row): people[i] for i, row in zip(*np.nonzero(alone & (shared >= _SURE)), strict=True)
        if views[row].likeness(people[i].portrait) >= settings.min_likeness}


def match(people: Sequence[Person], sure: Mapping[int, Person], moved: Mapping[int, Followed],
          boxes: NDArray[np.float32], views: Sequence[View],
          settings: TrackingSettings) -> dict[int, Person]:
    """Joins detections to people, one to one.

    After those that are :func:`unmistaken`, faces that were followed to this frame are joined by
    overlap: pictures moved by the flow leave little doubt. Then everybody else, among those not
    too far and of similar size, by likeness to the last detection. Who was hidden by another
    face for a short while is known by the place alone, for half a face is like nobody.

    Args:
        people: Everybody known in this shot.
        sure: Who is unmistaken, by row.
        moved: Where faces were followed to, by id.
        boxes: (n, 4) of the detections.
        views: Theirs, n.
        settings: Thresholds.

    Returns:
        The person of each detection that is somebody's, by its row.
    """
    matched = dict(sure)
    near, rows = _left(people, boxes, matched)
    near = [person for person in near if person.id in moved]
    places = np.array([moved[person.id].box for person in near]).reshape(-1, 4)
    pairs = assign(overlaps(places, boxes[rows]), settings.min_iou)
    matched.update({rows[j]: near[i] for i, j in pairs})

    others = boxes[sorted(matched)]
    away, rows = _left(people, boxes, matched)
    merit = np.full((len(away), len(rows)), -np.inf)
    for i, person in enumerate(away):
        for j, row in enumerate(rows):
            if _within_reach(person.box, boxes[row]):
                likeness = views[row].likeness(person.portrait, any_size=True)
                if likeness >= _least(person, boxes[row], others, settings):
                    merit[i, j] = 1 + likeness  # of pairs that may be, none is worth nothing
    matched.update({rows[j]: away[i] for i, j in assign(merit, 0)})
    return matched


def _left(people: Sequence[Person], boxes: NDArray[np.float32],
          matched: Mapping[int, Person]) -> tuple[list[Person], list[int]]:
    """People without a detection, and rows of detections without a person."""
    known = {person.id for person in matched.values()}
    return ([person for person in people if person.id not in known],
            [row for row in range(len(boxes)) if row not in matched])


def _least(person: Person, box: NDArray[np.float32], others: NDArray[np.float32],
           settings: TrackingSettings) -> float:
    """How much somebody who was away has to be like the person at the last detection."""
    was_hidden = overlaps(np.stack([person.box, box]), others).any()
    return -1. if was_hidden and person.absent <= settings.longest_gap else settings.min_likeness


def _within_reach(before: NDArray[np.float32], now: NDArray[np.float32]) -> bool:
    a, b = before.astype(np.float64), now.astype(np.float64)
    side, new_side = max(a[2:] - a[:2]), max(b[2:] - b[:2])
    distance = np.linalg.norm((a[:2] + a[2:] - b[:2] - b[2:]) / 2)
    alike = max(side, new_side) <= _RESIZED * min(side, new_side)
    return bool(alike and distance <= _REACH * max(side, new_side))
