"""Hair and beard of the layer that :mod:`mmfer.synthetic.surface` prepares."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mmfer.synthetic.identity import Identity

if TYPE_CHECKING:
    from mmfer.synthetic.surface import Canvas


_PARTING = {'side': (.22, -.62), 'long': (.1, -.66), 'bob': (-.12, -.66),
            'fringe': (0., -.85), 'updo': (0., -1.2)}
"""Where hair is combed from, by style."""


@dataclass(frozen=True)
class HairMasks:
    """(n, n) float32 in 0..1: hair behind the face, and hair before it."""

    back: np.ndarray
    front: np.ndarray


def _closed(right: list[tuple[float, float]]) -> np.ndarray:
    half = np.array(right)
    points = np.concatenate([half, (half * [-1, 1])[::-1]])
    for _ in range(3):
        following = np.roll(points, -1, axis=0)
        points = np.stack([.75 * points + .25 * following, .25 * points + .75 * following],
                          1).reshape(-1, 2)
    return points


def _skull(width: float, rise: float, low: float) -> list[tuple[float, float]]:
    """Right half of a cap from the crown down to height ``low`` at the side."""
    return [(.0, -.93 - rise), (.3, -.92 - rise), (width * .95, -.72 - rise * .6),
            (width * 1.1, -.42), (width * 1.1, low)]


def hair_masks(identity: Identity, canvas: Canvas) -> HairMasks:
    """Masks of the identity's hair style; brows stay free in every style."""
    i, c = identity, canvas
    w, line, style = i.face_width, i.hairline, i.hair_style
    nothing = np.zeros((c.size_px, c.size_px), np.float32)
    if style == 'bald':
        return HairMasks(nothing, nothing)
    full = style in ('long', 'bob', 'updo', 'fringe')
    rise = {'buzz': -.02, 'short': .04, 'side': .07}.get(style, .07)
    cap = c.polygon(_closed([*_skull(w + (.04 if full else .0), rise, -.1 if full else -.2),
                             (w * .6, -.1), (0, -.1)]), .008)
    # the forehead's opening in the cap; a parting moves its top to one side
    top = {'fringe': max(line + .13, -.46), 'buzz': line - .05}.get(style, line)
    part = {'side': .2, 'long': .1, 'bob': -.12}.get(style, 0.)
    opening = _closed([(.0, top), (w * .5, top + .015), (w * .86, top + .13), (w * .9, -.28),
                       (w * .98, -.1), (w * 1.02, .5), (.0, .6)])
    opening[:, 1] += part * opening[:, 0] * (opening[:, 1] < -.25)
    ragged = .012 if style == 'buzz' else .007
    front = cap * (1 - c.polygon(opening, ragged))
    back = nothing
    if style == 'long':
        back = c.polygon(_closed([*_skull(w + .1, rise, .0), (w * 1.3, .5), (w * 1.35, 1.05),
                                  (.2, 1.1), (0, 1.1)]), .01)
    elif style == 'bob':
        back = c.polygon(_closed([*_skull(w + .1, rise, .0), (w * 1.3, .4), (w * 1.1, .68),
                                  (.2, .6), (0, .6)]), .01)
    elif style == 'updo':
        back = np.maximum(c.polygon(_closed([*_skull(w + .03, rise, -.1), (0, -.1)]), .008),
                          (c.hill(0, -1.04, .2, .12) > .45).astype(np.float32))
    elif style == 'fringe':
        back = c.polygon(_closed([*_skull(w + .08, rise, .0), (w * 1.2, .3), (w * 1.0, .5),
                                  (.2, .5), (0, .5)]), .01)
    return HairMasks(back, front)


def strands(identity: Identity, canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """(n, n, 3) float32: hair colour, streaked along the hair and lit from above."""
    i, c = identity, canvas
    # combed away from the parting, or from the crown where there is none
    from_x, from_y = _PARTING.get(i.hair_style, (0., -.5))
    angle = np.arctan2(c.x - from_x, -(c.y - from_y)).astype(np.float32)
    radius = np.sqrt((c.x - from_x)**2 + (c.y - from_y)**2)
    streaks = rng.standard_normal((24, 360)).astype(np.float32)
    streaks = cv2.GaussianBlur(streaks, (0, 0), 1.3, sigmaY=3.)
    streaks /= streaks.std()
    wave = .05 * np.sin(7 * radius + i.texture_seed % 7)
    texture = cv2.remap(streaks, ((angle + wave) / np.pi + 1) * 179, radius * 14,
                        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    texture *= np.clip(radius / .3, .15, 1)
    crown = np.sqrt(c.x**2 + (c.y + .15)**2)
    around = np.arctan2(c.x, -(c.y + .15))
    shine = np.exp(-.5 * ((crown - .72) / .08)**2) * np.exp(
        -.5 * ((around - i.light_azimuth * .8) / .7)**2)
    ball = np.clip(1.15 - .55 * np.clip(crown - .55, 0, 1)**1.5 - .18 * np.clip(c.y, 0, 1), .3, 2)
    light = ball * (.84 + .1 * texture) + .4 * i.light_strength * shine
    light *= 1 + .25 * i.light_strength * np.sin(i.light_azimuth) * c.x
    tone = np.array(i.hair, np.float32)
    return tone * light[..., None] + (18 * i.light_strength) * shine[..., None]


def add_beard(image: np.ndarray, identity: Identity, canvas: Canvas, face: np.ndarray,
              rng: np.random.Generator) -> np.ndarray:
    """Blends stubble, moustache or beard into the skin (n, n, 3)."""
    i, c = identity, canvas
    if i.beard == 'none':
        return image
    moustache = c.hill(0, i.mouth_y - .085, .15, .03)
    moustache = np.clip(moustache * 1.6, 0, 1)
    jaw = np.clip((c.y - (.1 + .5 * np.clip(.42 - np.abs(c.x), 0, 1))) / .16, 0, 1)
    cheeks = jaw * face * (1 - np.clip(2.2 * c.hill(0, i.mouth_y + .01, .17, .07), 0, 1))
    grain = np.clip(.85 + .2 * cv2.resize(
        rng.standard_normal((c.size_px // 2,) * 2).astype(np.float32), (c.size_px,) * 2), 0, 1)
    strength = {'stubble': .26, 'moustache': .8, 'full': .8}[i.beard]
    area = moustache if i.beard == 'moustache' else np.maximum(moustache, cheeks)
    weight = (c.blur(area.astype(np.float32), .012) * grain * strength)[..., None]
    return image + weight * (np.array(i.hair, np.float32) * .9 - image)
