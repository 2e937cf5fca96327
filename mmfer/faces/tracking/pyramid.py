"""A frame at several sizes, so that small pictures of it are made quickly."""
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['Pyramid']


class Pyramid:
    """A frame and its halvings, each made when it is first asked for.

    Blocks of two by two pixels are averaged, for which OpenCV is many times quicker than for
    any other ratio. An odd last row or column is left out; a single one stays.

    Args:
        image: (H, W, 3) uint8.

    Attributes:
        size: Its height and width.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.size: tuple[int, int] = (image.shape[0], image.shape[1])
        self._levels = [image]

    def level(self, halvings: int) -> NDArray[np.uint8]:
        """The frame halved so many times."""
        while len(self._levels) <= halvings:
            image = self._levels[-1]
            rows, columns = max(image.shape[0] // 2, 1), max(image.shape[1] // 2, 1)
            self._levels.append(cv2.resize(image[:2 * rows, :2 * columns], (columns, rows),
                                           interpolation=cv2.INTER_AREA))
        return self._levels[halvings]

    @staticmethod
    def halvings(side_px: float, least_px: int) -> int:
        """How often a side can be halved and keep at least ``least_px``."""
        count = 0
        while side_px >= 2 * least_px:
            side_px, count = side_px / 2, count + 1
        return count
