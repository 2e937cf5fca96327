"""Detection on smaller copies of frames."""
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['enlarge_boxes', 'shrink']


def shrink(image: NDArray[np.uint8], max_side_px: int | None) -> NDArray[np.uint8]:
    """A copy whose longer side is ``max_side_px``; the image itself where it is no larger."""
    height, width = image.shape[:2]
    if max_side_px is None or max(height, width) <= max_side_px:
        return image
    factor = max_side_px / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # averages over the pixels that fall together, so that nothing aliases
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def enlarge_boxes(boxes: NDArray[np.float32], small: NDArray[np.uint8],
                  image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Boxes (n, 4) on a smaller copy, on the image itself; both share the outer edges."""
    if small is image:
        return boxes
    factors = np.array(image.shape[1::-1]) / small.shape[1::-1]
    # coordinates count from the centre of the first pixel, half a pixel inside the edge
    return ((boxes + .5) * np.tile(factors, 2) - .5).astype(np.float32)
