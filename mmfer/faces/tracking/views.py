"""Small grey pictures of faces, in which they are followed and compared.

A face spans the middle half of its view, whatever its size in the frame: the cost and the
reach of optical flow are the same for all, and whole frames need not be kept.
"""
from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.faces.tracking.pyramid import Pyramid

__all__ = ['PORTRAIT_PX', 'VIEW_PX', 'View', 'correlation', 'view_of']

VIEW_PX = 64
"""Side of a view."""
PORTRAIT_PX = 32
"""Side of what is kept to compare a face with its last detection."""
_ROOM = 2.
"""Side of a view's region, in longer sides of the face's box."""
_SHIFT_PX = 4
"""How far a portrait may lie from where it is expected: boxes of detectors jump."""
_SIZES = (1 / 1.2, 1., 1.2)
"""Sizes at which faces are compared: one step up and down of dlib's pyramid."""


@dataclass(frozen=True)
class View:
    """A square region of a frame, made small and grey.

    Attributes:
        image: (VIEW_PX, VIEW_PX) uint8.
        region: (3,) int64, column and row of its top left pixel and its side in the frame.
    """

    image: NDArray[np.uint8]
    region: NDArray[np.int64]

    def again(self, frame: Pyramid) -> View:
        """The same region of another frame."""
        return View(_grey(frame, self.region), self.region)

    def inside(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points (n, 2) of the frame in pixels of the view."""
        x, y, side = self.region
        scaled = (points - (x, y) + .5) * (VIEW_PX / side) - .5
        return scaled.astype(np.float32)

    def outside(self, points: NDArray[np.floating]) -> NDArray[np.float32]:
        """Points (n, 2) of the view in pixels of the frame."""
        x, y, side = self.region
        scaled = (points.astype(np.float64) + .5) * (side / VIEW_PX) - .5 + (x, y)
        return scaled.astype(np.float32)

    def portrait(self) -> NDArray[np.uint8]:
        """(PORTRAIT_PX, PORTRAIT_PX) uint8, the face alone."""
        return self._middle(PORTRAIT_PX)

    def likeness(self, portrait: NDArray[np.uint8], any_size: bool = False) -> float:
        """Normalised correlation, -1 to 1, of the face with a portrait, at the best shift.

        Args:
            portrait: Of a face, maybe another one.
            any_size: Whether to try other sizes too: detectors that look at a pyramid give
                boxes whose size jumps by a step of it.
        """
        sides = [round(PORTRAIT_PX * size) for size in (_SIZES if any_size else (1., ))]
        return max(correlation(self._middle(side + 2 * _SHIFT_PX), _square(portrait, side))
                   for side in sides)

    def _middle(self, side_px: int) -> NDArray[np.uint8]:
        # pixels of the view per pixel of a portrait
        step = VIEW_PX / _ROOM / PORTRAIT_PX
        margin = round((VIEW_PX - side_px * step) / 2)
        middle = self.image[margin:VIEW_PX - margin, margin:VIEW_PX - margin]
        return _square(middle, side_px)


def view_of(frame: Pyramid, box: NDArray[np.floating]) -> View:
    """The view of a face with the given box (4,) in a frame.

    What lies beyond the frame repeats its edge.
    """
    x0, y0, x1, y1 = (float(value) for value in box)
    # a box far larger than the frame shows nothing more
    side = min(max(x1 - x0, y1 - y0, 2.), max(frame.size)) * _ROOM
    step = 2 ** _halvings(side)
    region = [round(value / step) * step
              for value in ((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side)]
    return View(_grey(frame, np.array(region, np.int64)), np.array(region, np.int64))


def _square(image: NDArray[np.uint8], side_px: int) -> NDArray[np.uint8]:
    if image.shape[0] == side_px:
        return image
    return cv2.resize(image, (side_px, side_px), interpolation=cv2.INTER_AREA)


def correlation(image: NDArray[np.uint8], template: NDArray[np.uint8]) -> float:
    """Largest normalised correlation coefficient of a template at any place of an image."""
    return float(cv2.matchTemplate(image, template, cv2.TM_CCOEFF_NORMED).max())


def _halvings(side_px: float) -> int:
    return Pyramid.halvings(side_px, VIEW_PX)


def _grey(frame: Pyramid, region: NDArray[np.int64]) -> NDArray[np.uint8]:
    count = _halvings(int(region[2]))
    image = frame.level(count)
    x, y, side = (int(value) >> count for value in region)
    height, width = image.shape[:2]
    # at least one row and column, where the region lies outside
    rows = slice(min(max(y, 0), height - 1), max(min(y + side, height), 1))
    columns = slice(min(max(x, 0), width - 1), max(min(x + side, width), 1))
    grey = cv2.cvtColor(np.ascontiguousarray(image[rows, columns]), cv2.COLOR_RGB2GRAY)
    top, left = max(rows.start - y, 0), max(columns.start - x, 0)
    bottom, right = max(side - top - grey.shape[0], 0), max(side - left - grey.shape[1], 0)
    if top or left or bottom or right:
        grey = cv2.copyMakeBorder(grey, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return cv2.resize(grey[:side, :side], (VIEW_PX, VIEW_PX), interpolation=cv2.INTER_LINEAR)
