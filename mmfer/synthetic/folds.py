"""The folds that action units press into the skin, as brightness maps at rest."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mmfer.synthetic.identity import Identity

if TYPE_CHECKING:
    from mmfer.synthetic.surface import Canvas

Stroke = tuple[list[tuple[float, float]], float, float]
"""Points (out, y) of a line, its width, its depth."""


@dataclass(frozen=True)
class Fold:
    """Change of brightness at depth 1.

    Attributes:
        rows: Rows of the layer that it covers.
        columns: Columns of the layer that it covers.
        change: float32 map, share of the brightness, negative in the fold's shadow.
    """

    rows: slice
    columns: slice
    change: np.ndarray


def _strokes(identity: Identity) -> dict[str, list[Stroke]]:
    """The lines of every wrinkle on the side with positive x."""
    i = identity
    brow = i.eye_y - i.brow_height
    eye, wide = i.eye_spacing, i.eye_width
    forehead_mid: list[Stroke] = []
    forehead_side: list[Stroke] = []
    for k in range(3):
        y = brow - .085 - .06 * k
        forehead_mid.append(([(0., y + .004), (.1, y - .004), (.19, y + .006)], .02, .3))
        forehead_side.append(([(.17, y + .006), (.28, y - .004), (.38, y + .025)], .02, .26))
    return {
        'forehead_mid': forehead_mid, 'forehead_side': forehead_side,
        'glabella': [([(.035, brow - .03), (.028, brow + .03), (.035, brow + .085)], .02, .5),
                     ([(.07, brow + .05), (.1, brow + .02)], .022, .25)],
        'crow': [([(eye + wide + .02, i.eye_y + dy * .3), (eye + wide + .085, i.eye_y + dy)],
                  .012, .34) for dy in (-.045, .0, .045)],
        'under_eye': [([(eye - .09, i.eye_y + .05), (eye, i.eye_y + .085),
                        (eye + .1, i.eye_y + .055)], .018, .36)],
        'nose': [([(.0, i.eye_y + y), (.035, i.eye_y + y + .008), (.065, i.eye_y + y + .035)],
                  .014, .42) for y in (-.03, .01, .05)]
                + [([(i.nose_width * .95, i.nose_y - .06), (i.nose_width * 1.18, i.nose_y)],
                    .02, .3)],
        'nasolabial': [([(i.nose_width * 1.1, i.nose_y - .02), (i.nose_width + .07, .27),
                         (i.mouth_width + .035, i.mouth_y - .07),
                         (i.mouth_width + .05, i.mouth_y + .01)], .022, .42)],
        'dimple': [([(i.mouth_width + .03, i.mouth_y - .05), (i.mouth_width + .048, i.mouth_y),
                     (i.mouth_width + .035, i.mouth_y + .05)], .022, .6)],
        'mouth_corner': [([(i.mouth_width - .005, i.mouth_y + .02),
                           (i.mouth_width + .012, i.mouth_y + .1)], .024, .42)],
        'chin': [([(.0, i.mouth_y + .125), (.06, i.mouth_y + .13), (.12, i.mouth_y + .155)],
                  .024, .34),
                 ([(.03, i.chin_y - .12), (.06, i.chin_y - .08)], .03, .16)],
        'upper_lid': [([(eye - .08, i.eye_y - .065), (eye, i.eye_y - .085),
                        (eye + .09, i.eye_y - .06)], .012, .3)],
    }


def _fold(strokes: list[Stroke], sign: float, strength: float, canvas: Canvas) -> Fold:
    """Draws the lines: a dark groove and, below it, the lit bulge of the pushed-up skin."""
    extent = canvas.size_px / 2 / canvas.per_unit
    lines = [(np.array(points) * [sign, 1] + extent) * canvas.per_unit - .5
             for points, _, _ in strokes]
    margin = .09 * canvas.per_unit
    every = np.concatenate(lines)
    low = np.floor(every.min(0) - margin).astype(int).clip(0, canvas.size_px - 1)
    high = np.ceil(every.max(0) + margin).astype(int).clip(1, canvas.size_px)
    change = np.zeros((high[1] - low[1], high[0] - low[0]), np.float32)
    for line, (_, width, deep) in zip(lines, strokes, strict=True):
        groove = np.zeros(change.shape, np.uint8)
        curve = _spline(line - low)
        thickness = max(round(width * .7 * canvas.per_unit), 1)
        cv2.polylines(groove, [(curve * 16).round().astype(np.int32)], False, 255,
                      thickness, cv2.LINE_AA, 4)
        dark = cv2.GaussianBlur(groove.astype(np.float32) / 255, (0, 0),
                                max(width * .62 * canvas.per_unit, .5))
        shift = np.array([[1, 0, 0], [0, 1, width * 1.7 * canvas.per_unit]], np.float32)
        bulge = cv2.warpAffine(dark, shift, (dark.shape[1], dark.shape[0]))
        change += deep * strength * (.42 * bulge - dark)
    return Fold(slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])), change)


def _spline(points: np.ndarray) -> np.ndarray:
    """Chaikin's corner cutting of an open line, ends kept."""
    for _ in range(2 if len(points) > 2 else 0):
        cut = np.stack([.75 * points[:-1] + .25 * points[1:],
                        .25 * points[:-1] + .75 * points[1:]], 1).reshape(-1, 2)
        points = np.concatenate([points[:1], cut, points[-1:]])
    return points


def fold_layers(identity: Identity, canvas: Canvas, bare: np.ndarray
                ) -> dict[tuple[int, str], Fold]:
    """Every fold on both sides; the key is (side, wrinkle).

    Args:
        identity: The face.
        canvas: The grid of the layer.
        bare: (n, n) in 0..1, where the skin is not under hair.
    """
    found = {}
    for name, lines in _strokes(identity).items():
        for side, sign in ((0, -1.), (1, 1.)):
            fold = _fold(lines, sign, identity.wrinkle, canvas)
            found[side, name] = Fold(fold.rows, fold.columns,
                                     fold.change * bare[fold.rows, fold.columns])
    return found
