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

__all__ = ['match']

_REACH = 2.
"""How far from where a face was last it may come back, in sides of its box."""
_RESIZED = 1.5
"""By how much its size may have changed."""


def match(people: Sequence[Person], moved: Mapping[int, Followed], boxes: NDArray[np.float32],
          views: Sequence[View], settings: TrackingSettings) -> dict[int, Person]:
    """Joins detections to people, one to one.

    Those first whose faces were followed to this frame, by overlap: pictures moved by the flow
    leave little doubt. Then everybody else, among those not too far and of similar size, by
    likeness to the last detection. Who was hidden by another face for a short while is known by
    the place alone, for half a face is like nobody.

    Args:
        people: Everybody known in this shot.
        moved: Where faces were followed to, by id.
        boxes: (n, 4) of the detections.
        views: Theirs, n.
        settings: Thresholds.

    Returns:
        The person of each detection that is somebody's, by its row.
    """
    near = [person for person in people if person.id in moved]
    places = np.array([moved[person.id].box for person in near]).reshape(-1, 4)
    pairs = assign(overlaps(places, boxes), settings.min_iou)
    matched = {column: near[row] for row, column in pairs}

    others = boxes[sorted(matched)]
    known = {person.id for person in matched.values()}
    away = [person for person in people if person.id not in known]
    rows = [row for row in range(len(boxes)) if row not in matched]
    merit = np.full((len(away), len(rows)), -np.inf)
    for i, person in enumerate(away):
        for j, row in enumerate(rows):
            if _within_reach(person.box, boxes[row]):
                likeness = views[row].likeness(person.portrait, any_size=True)
                if likeness >= _least(person, boxes[row], others, settings):
                    merit[i, j] = 1 + likeness  # of pairs that may be, none is worth nothing
    matched.update({rows[j]: away[i] for i, j in assign(merit, 0)})
    return matched


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
