"""Following a face from one frame to the next by optical flow.

Points of the face are followed forward and back again, and those that do not return to where
they came from are dropped: Kalal, Mikolajczyk and Matas, Forward-backward error: automatic
detection of tracking failures, ICPR 2010.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.faces.tracking.views import VIEW_PX, View

__all__ = ['Followed', 'follow']

_GRID = 6
"""Points along a side of the box, from which motion is estimated."""
_PLACES = np.stack(np.meshgrid(*[np.linspace(.1, .9, _GRID)] * 2), -1).reshape(-1, 2)
"""Theirs, in sides of the box; its very edge is background."""
_RETURN_PX = .5
"""Largest distance from its start at which a point returns, in pixels of the view."""
_SHARE = .5
"""Least share of the points that have to return."""
_GROWTH = 1.25
"""Largest change in size from one frame to the next."""
_WINDOW_PX = 7
_LEVELS = 2
"""Halvings of the view: with the window, motion of half a face per frame is followed."""
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, .03)


@dataclass(frozen=True)
class Followed:
    """Where a face has moved to.

    Attributes:
        box: (4,) float32.
        landmarks: (L, 2) float32, or None of a face without.
    """

    box: NDArray[np.float32]
    landmarks: NDArray[np.float32] | None


def follow(before: View, now: View, box: NDArray[np.float32],
           landmarks: NDArray[np.float32] | None) -> Followed | None:
    """Follows a face into the same region of the next frame.

    Args:
        before: The view of the face.
        now: The same region of the next frame.
        box: (4,) in the frame of ``before``.
        landmarks: (L, 2) in it, or None.

    Returns:
        None where too few points return, or where they do not move like a face.
    """
    corners = box.astype(np.float64).reshape(2, 2)
    points = before.inside(corners[0] + _PLACES * (corners[1] - corners[0]))
    if landmarks is not None:
        points = np.concatenate([points, before.inside(landmarks)])
    moved, returned = _flow(before.image, now.image, points)
    if np.count_nonzero(returned) < max(_SHARE * len(points), 3):
        return None
    motion, _ = cv2.estimateAffinePartial2D(points[returned], moved[returned], method=cv2.LMEDS)
    if motion is None:
        return None
    growth = float(np.hypot(motion[0, 0], motion[1, 0]))
    if not 1 / _GROWTH <= growth <= _GROWTH:
        return None
    corners = before.inside(corners).astype(np.float64)
    centre = motion[:, :2] @ corners.mean(0) + motion[:, 2]
    half = (corners[1] - corners[0]) / 2 * growth
    new_box = now.outside(np.stack([centre - half, centre + half])).reshape(4)
    if landmarks is None:
        return Followed(new_box, None)
    # a landmark goes its own way where it is seen to, and with the face where it is not
    start = points[len(_PLACES):]
    own = returned[len(_PLACES):, None]
    placed = np.where(own, moved[len(_PLACES):], start @ motion[:, :2].T + motion[:, 2])
    return Followed(new_box, now.outside(placed))


def _flow(before: NDArray[np.uint8], now: NDArray[np.uint8], points: NDArray[np.float32],
          ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where points (n, 2) move to, and which of them return, (n,)."""
    there, seen = _one_way(before, now, points)
    back, seen_back = _one_way(now, before, there)
    inside = ((there >= 0) & (there <= VIEW_PX - 1)).all(-1)
    near = np.linalg.norm(back - points, axis=-1) <= _RETURN_PX
    return there, seen & seen_back & inside & near


def _one_way(before: NDArray[np.uint8], now: NDArray[np.uint8], points: NDArray[np.float32],
             ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    moved, seen, _ = cv2.calcOpticalFlowPyrLK(
        before, now, points, np.empty(0), winSize=(_WINDOW_PX, _WINDOW_PX), maxLevel=_LEVELS,
        criteria=_STOP)
    return moved, seen.ravel() == 1
