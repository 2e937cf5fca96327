"""Where the parts of a face are, at rest and moved, and how the head sits in the frame.

The canonical face looks straight ahead; its coordinates are half frames (x right,
y down). Axes: n points, 2 = (x, y); arrays over sides have the subject's right first,
which is on the left of the frame.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mmfer.synthetic.action_units import POINTS, Deformation
from mmfer.synthetic.identity import Identity, Pose

SIGNS = np.array([-1., 1.])
"""Sign of x per side."""

# reach of each moving point over the skin (standard deviation), in POINTS' order
_REACH = dict(brow_inner=.085, brow_mid=.09, brow_outer=.09, cheek=.13, nose_wing=.06,
              mouth_corner=.1, upper_lip=.075, lower_lip=.09, chin=.17, jaw=.18)
# upper_lip, lower_lip and chin sit on both sides near the middle, so each takes half
_SHARE = dict(upper_lip=.55, lower_lip=.55, chin=.62, jaw=.7)


def rest_points(identity: Identity) -> np.ndarray:
    """(2, points, 2): the moving points of a face at rest, in :data:`POINTS`' order."""
    i = identity
    brow = i.eye_y - i.brow_height
    at = dict(brow_inner=(i.eye_spacing - .13, brow + .01),
              brow_mid=(i.eye_spacing + .01, brow - i.brow_arch),
              brow_outer=(i.eye_spacing + .155, brow + .012),
              cheek=(i.eye_spacing + .06, .1), nose_wing=(i.nose_width, i.nose_y),
              mouth_corner=(i.mouth_width, i.mouth_y), upper_lip=(.05, i.mouth_y - .03),
              lower_lip=(.06, i.mouth_y + .05), chin=(.1, i.chin_y - .02),
              jaw=(i.face_width * i.jaw * .8, .55))
    points = np.array([at[name] for name in POINTS])
    return np.stack([points * [sign, 1.] for sign in SIGNS])


def brow_curve(rest: np.ndarray, moved: Deformation, side: int, positions: np.ndarray
               ) -> np.ndarray:
    """(n, 2): points along a brow at ``positions`` (n,), 0 at the inner end, 1 at the outer."""
    names = ('brow_inner', 'brow_mid', 'brow_outer')
    index = [POINTS.index(name) for name in names]
    control = rest[side, index] + moved.moves[side, index] * [SIGNS[side], 1.]
    # quadratic through the three points (Lagrange, knots 0, 0.5, 1)
    t = positions[:, None]
    return (control[0] * (2 * (t - .5) * (t - 1)) + control[1] * (-4 * t * (t - 1))
            + control[2] * (2 * t * (t - .5)))


@dataclass(frozen=True)
class Eye:
    """An eye opening: ``upper`` and ``lower`` (n, 2) lid lines from inner to outer corner."""

    upper: np.ndarray
    lower: np.ndarray
    centre: np.ndarray
    radius: float


_LID_T = np.linspace(-1, 1, 15)
_LID_UPPER = (1 - np.abs(_LID_T)**2.2)**.85
_LID_LOWER = (1 - _LID_T**2)**.9


def eye_opening(identity: Identity, moved: Deformation, side: int) -> Eye:
    """The opening between the lids of one eye."""
    i, sign = identity, SIGNS[side]
    up = max(.047 * i.eye_open + moved.lids[side, 0], .004)
    # the lower lid covers more the higher it rises, but the lids never cross
    low = max(.03 * i.eye_open - moved.lids[side, 1], .004 - up * .6)
    x = i.eye_spacing + _LID_T * i.eye_width
    slant = i.eye_y - i.eye_tilt * _LID_T
    upper = np.stack([sign * x, slant - up * _LID_UPPER], 1)
    lower = np.stack([sign * x, slant + low * _LID_LOWER], 1)
    return Eye(upper, lower, np.array([sign * i.eye_spacing, i.eye_y - .008]), .052)


@dataclass(frozen=True)
class Mouth:
    """Lip lines (n, 2) from left to right of the frame, and the height of the gap."""

    upper_outer: np.ndarray
    upper_inner: np.ndarray
    lower_inner: np.ndarray
    lower_outer: np.ndarray
    gap: float


_LIP_T = np.linspace(-1, 1, 21)
_LIP_ROUND = (1 - _LIP_T**2)**.62
_LIP_OUTER = (1 - np.abs(_LIP_T)**2.2)
# cupid's bow: two peaks beside a dip
_LIP_BOW = _LIP_OUTER * (1 - .22 * np.exp(-(_LIP_T / .13)**2))
_CURVE = np.abs(_LIP_T)**1.7


def mouth_lines(identity: Identity, moved: Deformation) -> Mouth:
    """The four lip lines."""
    i = identity
    corners = moved.move('mouth_corner')
    t01 = (_LIP_T + 1) / 2
    x = (1 - t01) * -(i.mouth_width + corners[0, 0]) + t01 * (i.mouth_width + corners[1, 0])
    # each half of a line is bent by its own corner
    side = (_LIP_T > 0).astype(int)
    upper_move = moved.move('upper_lip')[:, 1].mean()
    lower_move = moved.move('lower_lip')[:, 1].mean()
    gap = max(lower_move - upper_move - .004, 0.)
    # closed lips meet halfway between what the two lips want
    middle = i.mouth_y + (upper_move if gap else (upper_move + lower_move) / 2)
    corner_y = i.mouth_y + corners[side, 1]
    # an uneven upper lip (one-sided raise) lifts its own half
    uneven = (moved.move('upper_lip')[side, 1] - upper_move) * (1 - _LIP_T**2) * np.abs(_LIP_T)
    # the wider the mouth is open, the more its lines turn from arcs into an oval
    wide = min(gap / .1, 1.)
    curve = (1 - wide) * _CURVE + wide * (1 - _LIP_ROUND)
    upper_inner = middle + (corner_y - middle) * curve + uneven
    lower_inner = np.maximum(middle + gap + (corner_y - middle - gap) * curve,
                             upper_inner + gap * _LIP_ROUND * .6)
    thin = moved.lips[side]
    upper_outer = upper_inner - i.lip_upper * (1 - thin[:, 0]) * _LIP_BOW
    lower_outer = lower_inner + i.lip_lower * (1 - thin[:, 1]) * _LIP_OUTER**.8
    return Mouth(np.stack([x, upper_outer], 1), np.stack([x, upper_inner], 1),
                 np.stack([x, lower_inner], 1), np.stack([x, lower_outer], 1), gap)


def depth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How far the skin lies before the head's axis; what a turn of the head shifts."""
    head = .5 * np.clip(1 - (x / .68)**2 - (y / 1.05)**2, -.25, None)
    return head + .16 * np.exp(-(x / .09)**2 - ((y - .12) / .16)**2)


@dataclass(frozen=True)
class View:
    """Maps canonical points to pixels of a canvas of ``canvas_px``, and back."""

    pose: Pose
    canvas_px: int

    def to_canvas(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) canonical to (n, 2) pixels (pixel centres at integers)."""
        p, half = self.pose, self.canvas_px / 2
        x = points[:, 0] + p.yaw * depth(points[:, 0], points[:, 1])
        y = points[:, 1]
        c, s = p.scale * math.cos(p.roll), p.scale * math.sin(p.roll)
        return np.stack([(c * x - s * y + p.dx + 1) * half - .5,
                         (s * x + c * y + p.dy + 1) * half - .5], 1)

    def to_face(self, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels to canonical points; the inverse of :meth:`to_canvas` to about 1e-3."""
        p, half = self.pose, self.canvas_px / 2
        u, v = (x_px + .5) / half - 1 - p.dx, (y_px + .5) / half - 1 - p.dy
        c, s = math.cos(p.roll) / p.scale, math.sin(p.roll) / p.scale
        turned, y = c * u + s * v, c * v - s * u
        x = turned
        for _ in range(3):
            x = turned - p.yaw * depth(x, y)
        return x, y


_SIGMA = np.array([_REACH[name] for name in POINTS])
_WEIGHT = np.array([_SHARE.get(name, 1.) for name in POINTS])


def skin_shift(rest: np.ndarray, moved: Deformation, x: np.ndarray, y: np.ndarray
               ) -> tuple[np.ndarray, np.ndarray]:
    """How far the skin that is now at (x, y) has come from its place at rest.

    A sum of Gaussian hills around the moving points, so it fades towards hair and neck.
    """
    push = moved.moves * np.stack([SIGNS, np.ones(2)], 1)[:, None] * _WEIGHT[:, None]
    active = np.abs(push).sum(-1) > 1e-5
    if not active.any():
        return np.zeros_like(x), np.zeros_like(y)
    push = push[active].astype(np.float32)
    centre = (rest[active] + push / 2).astype(np.float32)
    scale = np.broadcast_to(-.5 / _SIGMA**2, (2, len(POINTS)))[active].astype(np.float32)
    dx = x.reshape(1, -1).astype(np.float32) - centre[:, :1]
    dy = y.reshape(1, -1).astype(np.float32) - centre[:, 1:]
    hills = np.exp((dx * dx + dy * dy) * scale[:, None])
    shift = push.T @ hills
    return shift[0].reshape(x.shape), shift[1].reshape(x.shape)
