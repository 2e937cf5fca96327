"""Brows, eyes, lips and glasses, drawn on the warped skin.

Every function draws into ``canvas``, (H, W, 3) uint8 RGB at twice the final size.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mmfer.synthetic.action_units import Deformation
from mmfer.synthetic.geometry import (
    SIGNS,
    View,
    brow_curve,
    eye_opening,
    mouth_lines,
)
from mmfer.synthetic.identity import Identity
from mmfer.synthetic.surface import Surface

_SHIFT = 4


def _fixed(points: np.ndarray) -> np.ndarray:
    """Pixels as OpenCV's fixed-point coordinates."""
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)


def _fill(image: np.ndarray, points: np.ndarray, colour: np.ndarray) -> None:
    cv2.fillPoly(image, [_fixed(points)], colour.tolist(), cv2.LINE_AA, _SHIFT)


def _line(image: np.ndarray, points: np.ndarray, colour: np.ndarray, width_px: float) -> None:
    cv2.polylines(image, [_fixed(points)], False, colour.tolist(), max(round(width_px), 1),
                  cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True)
class Brush:
    """What all features share: the face, its light and the mapping to pixels."""

    identity: Identity
    surface: Surface
    view: View
    rest: np.ndarray
    moved: Deformation

    @property
    def unit_px(self) -> float:
        """Pixels per half frame."""
        return self.view.pose.scale * self.view.canvas_px / 2

    def lit(self, colour: np.ndarray, at: np.ndarray, least: float = .35) -> np.ndarray:
        """A colour under the light that falls on canonical point ``at``."""
        return np.clip(colour * max(self.surface.light_at(at[0], at[1]), least), 0, 255)

    def window(self, canvas: np.ndarray, points: np.ndarray, margin_px: float
               ) -> tuple[np.ndarray, np.ndarray]:
        """The part of the canvas around pixels (n, 2), and its top left corner (x, y)."""
        size = canvas.shape[0]
        low = np.floor(points.min(0) - margin_px).astype(int).clip(0, size - 2)
        high = np.ceil(points.max(0) + margin_px).astype(int)
        high = np.maximum(high.clip(0, size), low + 2)
        return canvas[low[1]:high[1], low[0]:high[0]], low


def draw_brow(canvas: np.ndarray, brush: Brush, side: int) -> None:
    """A tapered band of hairs along the brow's curve."""
    i = brush.identity
    t = np.linspace(0, 1, 11)
    curve = brow_curve(brush.rest, brush.moved, side, t)
    thick = i.brow_thickness * (.75 + .5 * t) * np.clip((1.03 - t) / .45, .08, 1)
    up = curve - np.stack([np.zeros_like(t), thick * .5], 1)
    down = curve + np.stack([np.zeros_like(t), thick * .5], 1)
    pixels = brush.view.to_canvas(np.concatenate([up, down[::-1]]))
    part, low = brush.window(canvas, pixels, .03 * brush.unit_px)
    colour = brush.lit(np.array(i.hair) * .8, curve[5], .5)
    layer = part.copy()
    _fill(layer, pixels - low, colour)
    layer = cv2.GaussianBlur(layer, (0, 0), max(.011 * brush.unit_px, .4))
    cv2.addWeighted(layer, .82, part, .18, 0, part)
    # hairs lean outwards and up
    sign = SIGNS[side]
    top, bottom = pixels[:11] - low, pixels[:10:-1] - low
    width = max(.006 * brush.unit_px, 1)
    for k in range(10):
        hair = np.stack([bottom[k] * .9 + top[k] * .1,
                         top[k] * .8 + bottom[k] * .2 + [sign * .03 * brush.unit_px, 0]])
        _line(part, hair, colour * (.85 + .07 * (k % 3)), width)


def draw_eye(canvas: np.ndarray, brush: Brush, side: int) -> None:
    """Eyeball, iris, lids and lashes."""
    i = brush.identity
    eye = eye_opening(i, brush.moved, side)
    n = len(eye.upper)
    circle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    ring = np.stack([np.cos(circle), np.sin(circle)], 1)
    discs = [eye.centre + ring * eye.radius * r for r in (1., .82, .42)]
    order = 1 if eye.upper[0, 0] < eye.upper[-1, 0] else -1
    for disc in discs:
        # what the lids cover is cut off
        disc[:, 1] = np.clip(disc[:, 1],
                             np.interp(disc[:, 0], eye.upper[::order, 0], eye.upper[::order, 1]),
                             np.interp(disc[:, 0], eye.lower[::order, 0], eye.lower[::order, 1]))
    rise = eye.upper - [0, .03 * i.eye_open]
    points = brush.view.to_canvas(np.concatenate([eye.upper, eye.lower, rise, *discs]))
    upper, lower, crease = points[:n], points[n:2 * n], points[2 * n:3 * n]
    disc_px = points[3 * n:].reshape(3, 20, 2)
    part, low = brush.window(canvas, points, .03 * brush.unit_px)
    upper, lower, crease, disc_px = upper - low, lower - low, crease - low, disc_px - low
    skin = np.array(i.skin)
    light_at = eye.centre
    unit = brush.unit_px
    layer = part.copy()
    _line(layer, crease[1:-1], brush.lit(skin * .62, light_at), .014 * unit)
    cv2.addWeighted(layer, .6, part, .4, 0, part)
    white = brush.lit(np.array([238., 234., 230.]), light_at, .6)
    _fill(part, np.concatenate([upper, lower[::-1]]), white)
    # the upper lid throws a shadow on the eyeball
    _fill(part, np.concatenate([upper, (upper * .72 + lower * .28)[::-1]]), white * .78)
    iris = np.array(i.iris)
    _fill(part, disc_px[0], iris * .45)
    _fill(part, disc_px[1], np.clip(iris * 1.12, 0, 255))
    _fill(part, disc_px[2], np.array([14., 12., 12.]))
    lash = np.minimum(skin * .22, [52, 40, 36])
    _line(part, upper, lash, .02 * unit)
    _line(part, lower[2:-1], brush.lit(skin * .5, light_at), .009 * unit)
    part[:] = cv2.GaussianBlur(part, (0, 0), max(.0062 * unit, .35))
    middle = brush.view.to_canvas(eye.centre[None] + [[.016, -.014]])[0] - low
    if upper[:, 1].min() + 1 < middle[1]:
        cv2.circle(part, tuple(_fixed(middle).tolist()), int(.011 * unit * 16), (245, 245, 245),
                   -1, cv2.LINE_AA, _SHIFT)


def draw_mouth(canvas: np.ndarray, brush: Brush) -> None:
    """Lips and, where they part, the inside of the mouth with teeth and tongue."""
    i = brush.identity
    mouth = mouth_lines(i, brush.moved)
    lines = [mouth.upper_outer, mouth.upper_inner, mouth.lower_inner, mouth.lower_outer]
    n = len(lines[0])
    pixels = brush.view.to_canvas(np.concatenate(lines))
    unit = brush.unit_px
    part, low = brush.window(canvas, pixels, .05 * unit)
    upper_outer, upper_inner, lower_inner, lower_outer = (pixels - low).reshape(4, n, 2)
    skin, red = np.array(i.skin), i.lip_redness
    lip = skin * np.array([.86, .62, .6]) * red + skin * np.array([.86, .76, .74]) * (1 - red)
    at = np.array([0., i.mouth_y + .03])
    layer = part.copy()
    _fill(layer, np.concatenate([upper_outer, upper_inner[::-1]]), brush.lit(lip * .84, at))
    _fill(layer, np.concatenate([lower_inner, lower_outer[::-1]]), brush.lit(lip, at))
    _fill(layer, np.concatenate([lower_inner * .55 + lower_outer * .45,
                                 (lower_inner * .35 + lower_outer * .65)[::-1]])[3:-3],
          np.clip(brush.lit(lip * 1.1, at) + 8, 0, 255))
    layer = cv2.GaussianBlur(layer, (0, 0), max(.011 * unit, .4))
    gap_px = mouth.gap * unit
    if gap_px > .6:
        inner = np.concatenate([upper_inner, lower_inner[::-1]])
        _fill(layer, inner, np.array([58., 22., 24.]))
        height = lower_inner[:, 1] - upper_inner[:, 1]
        _teeth(layer, brush, upper_inner, lower_inner, height)
    seam = np.array([70., 32., 30.]) * min(1., .5 + skin[0] / 400)
    edge = upper_inner if gap_px > .6 else (upper_inner + lower_inner) / 2
    _line(layer, edge, seam, .011 * unit)
    for corner in (0, -1):
        cv2.circle(layer, tuple(_fixed(edge[corner]).tolist()), int(.014 * unit * 16),
                   (seam * 1.15).tolist(), -1, cv2.LINE_AA, _SHIFT)
    part[:] = cv2.GaussianBlur(layer, (0, 0), max(.007 * unit, .35))


def _teeth(layer: np.ndarray, brush: Brush, upper: np.ndarray, lower: np.ndarray,
           height: np.ndarray) -> None:
    """Teeth under the upper lip, over a lip that is pulled down, and the tongue behind."""
    unit = brush.unit_px
    ivory = brush.lit(np.array([226., 218., 206.]), np.array([0., brush.identity.mouth_y]), .6)
    side = np.arange(len(upper)) > len(upper) // 2
    raised = -brush.moved.move('upper_lip')[side.astype(int), 1]
    pulled = brush.moved.move('mouth_corner')[side.astype(int), 0]
    show = np.clip(.045 + .5 * raised + .35 * pulled, .02, .085) * unit
    inset = slice(2, -2)
    down = np.zeros_like(upper)
    if height.max() > .1 * unit:
        floor = lower[5:-5]
        round_top = np.sqrt(1 - np.linspace(-1, 1, len(floor))**2) * height.max() * .3
        top = floor - np.stack([np.zeros(len(floor)), round_top], 1)
        _fill(layer, np.concatenate([top, floor[::-1]]), np.array([138., 66., 64.]))
    down[:, 1] = np.minimum(show, height * .72)
    _fill(layer, np.concatenate([upper[inset], (upper + down)[inset][::-1]]), ivory)
    low_lip = brush.moved.move('lower_lip')[:, 1].mean()
    drop = brush.moved.move('chin')[:, 1].mean()
    # a lower lip that moves down without the jaw bares the lower teeth
    bared = np.clip(low_lip - 1.3 * max(drop, 0.) - .01, 0, .03) * unit
    if bared > .4:
        down[:, 1] = np.minimum(bared, height * .45)
        _fill(layer, np.concatenate([(lower - down)[inset], lower[inset][::-1]]), ivory * .93)


def draw_glasses(canvas: np.ndarray, brush: Brush) -> None:
    """Rims, bridge and temples; they sit on the head, so expressions do not move them."""
    i = brush.identity
    if i.glasses == 'none':
        return
    angle = np.linspace(0, 2 * np.pi, 28)
    power = .55 if i.glasses == 'square' else 1.
    x = np.sign(np.cos(angle)) * np.abs(np.cos(angle))**power * .165
    y = np.sign(np.sin(angle)) * np.abs(np.sin(angle))**power * (.115 if power < 1 else .135)
    rims = [np.stack([sign * i.eye_spacing + x, i.eye_y + .015 + y], 1) for sign in SIGNS]
    inner = i.eye_spacing - .165
    bridge = np.array([(-inner, i.eye_y), (0., i.eye_y - .02), (inner, i.eye_y)])
    outer = i.eye_spacing + .165
    temples = [np.array([(s * outer, i.eye_y - .02), (s * (i.face_width + .05), i.eye_y - .05)])
               for s in SIGNS]
    width = .015 * brush.unit_px
    for line in (*rims, bridge, *temples):
        _line(canvas, brush.view.to_canvas(line), np.array([38., 34., 36.]), width)
