"""From an identity and action units to a picture."""
from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import cv2
import numpy as np

from mmfer.synthetic.action_units import WRINKLES, Deformation, deform
from mmfer.synthetic.features import Brush, draw_brow, draw_eye, draw_glasses, draw_mouth
from mmfer.synthetic.geometry import View, rest_points, skin_shift
from mmfer.synthetic.identity import Identity, Pose
from mmfer.synthetic.surface import EXTENT, bake

_OVERSAMPLING = 2
_GRID = 25
"""Points along a side at which the warp is computed; between them it is interpolated."""


class Renderer:
    """Draws one identity at one size; keeps what no action unit changes.

    Args:
        identity: The face.
        size_px: Side of the pictures, at least 16.
    """

    def __init__(self, identity: Identity, size_px: int) -> None:
        if size_px < 16:
            raise ValueError(f'size_px is {size_px}; a face needs at least 16 pixels')
        self.identity = identity
        self.size_px = size_px
        self._canvas_px = size_px * _OVERSAMPLING
        self._surface = bake(identity, self._canvas_px)
        self._rest = rest_points(identity)
        self._rest_units = dict(identity.rest)
        top, bottom = (np.array(colour, np.float32) for colour in identity.background)
        ramp = np.linspace(0, 1, self._canvas_px, dtype=np.float32)
        across = 1 + .12 * np.sin(identity.light_azimuth) * (ramp - .5)
        wall = (top + ramp[:, None, None] * (bottom - top)) * across[None, :, None]
        self._background = np.clip(wall, 0, 255).astype(np.uint8)
        line = (np.arange(_GRID) * (self._canvas_px - 1) / (_GRID - 1)).astype(np.float32)
        self._grid = np.meshgrid(line, line)
        # corner-aligned interpolation of the coarse grid to every pixel of the canvas
        fine = np.linspace(0, _GRID - 1, self._canvas_px, dtype=np.float32)
        self._fine = np.meshgrid(fine, fine)

    def render(self, action_units: Mapping[str, float], pose: Pose | None = None) -> np.ndarray:
        """The face performing ``action_units`` on top of its resting ones.

        Args:
            action_units: Name -> intensity, see :mod:`mmfer.synthetic.action_units`.
            pose: Where the head is; the identity's own pose by default.

        Returns:
            (size_px, size_px, 3) uint8 RGB.
        """
        units = dict(self._rest_units)
        for name, intensity in action_units.items():
            units[name] = units.get(name, 0.) + intensity
        moved = deform(units)
        view = View(pose or self.identity.pose, self._canvas_px)
        canvas = self._warp(self._folded(moved), moved, view)
        brush = Brush(self.identity, self._surface, view, self._rest, moved)
        for side in (0, 1):
            draw_eye(canvas, brush, side)
            draw_brow(canvas, brush, side)
        draw_mouth(canvas, brush)
        draw_glasses(canvas, brush)
        return cv2.resize(canvas, (self.size_px, self.size_px), interpolation=cv2.INTER_AREA)

    def _folded(self, moved: Deformation) -> np.ndarray:
        """The skin layer with the wrinkles of this expression."""
        layer = self._surface.image
        active = [(self._surface.folds[side, name], moved.folds[side, k])
                  for side in (0, 1) for k, name in enumerate(WRINKLES)
                  if moved.folds[side, k] > .02]
        if not active:
            return layer
        top = min(fold.rows.start for fold, _ in active)
        bottom = max(fold.rows.stop for fold, _ in active)
        left = min(fold.columns.start for fold, _ in active)
        right = max(fold.columns.stop for fold, _ in active)
        change = np.ones((bottom - top, right - left), np.float32)
        for fold, depth in active:
            part = change[fold.rows.start - top:fold.rows.stop - top,
                          fold.columns.start - left:fold.columns.stop - left]
            part += np.float32(depth) * fold.change
        factor = cv2.convertScaleAbs(cv2.max(change, .25), alpha=128)
        layer = layer.copy()
        part = layer[top:bottom, left:right]
        opaque = np.full_like(factor, 128)
        cv2.multiply(part, cv2.merge([factor, factor, factor, opaque]), part, scale=1 / 128)
        return layer

    def _warp(self, layer: np.ndarray, moved: Deformation, view: View) -> np.ndarray:
        """Moves the skin layer into the frame, over the background."""
        x, y = view.to_face(*self._grid)
        dx, dy = skin_shift(self._rest, moved, x, y)
        per_unit = self._surface.canvas.per_unit
        coarse = np.stack([(x - dx + EXTENT) * per_unit - .5, (y - dy + EXTENT) * per_unit - .5],
                          -1).astype(np.float32)
        at = cv2.remap(coarse, *self._fine, cv2.INTER_LINEAR)
        rgba = cv2.remap(layer, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        through = cv2.merge([cv2.bitwise_not(rgba[..., 3])] * 3)
        return cv2.add(cv2.multiply(self._background, through, scale=1 / 255),
                       cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB))


@lru_cache(maxsize=16)
def renderer(identity: Identity, size_px: int) -> Renderer:
    """A prepared renderer; the most recent ones are kept."""
    return Renderer(identity, size_px)


def render_face(identity: Identity, action_units: Mapping[str, float], size_px: int, *,
                pose: Pose | None = None) -> np.ndarray:
    """Draws one face; the same arguments always give the same picture.

    Args:
        identity: Who it is.
        action_units: Name ('12', or 'R12' for one side) -> intensity from 0; see
            :data:`mmfer.synthetic.PROTOTYPES` for expressions.
        size_px: Side of the picture.
        pose: Where the head is; the identity's own pose by default.

    Returns:
        (size_px, size_px, 3) uint8 RGB.

    Raises:
        KeyError: An action unit is unknown.
    """
    return renderer(identity, size_px).render(action_units, pose)
