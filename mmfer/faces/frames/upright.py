"""Turning frames as the file says they are to be shown."""
from __future__ import annotations

import numpy as np

__all__ = ['make_upright']


def make_upright(image: np.ndarray, matrix: bytes | None) -> np.ndarray:
    """Turns and mirrors a decoded frame.

    Args:
        image: (H, W, 3).
        matrix: The display matrix that comes with it (ISO 14496-12, 8.5.2; FFmpeg's side data
            of this name): nine 32-bit integers a, b, u, c, d, v, x, y, w in the machine's byte
            order, by which (p, q) is shown at (a p + c q, b p + d q). The nearest quarter turn
            counts. None where there is none.

    Returns:
        (H, W, 3) or (W, H, 3).
    """
    if matrix is None:
        return image
    a, b, _, c, d = np.frombuffer(matrix, np.int32, 5).astype(np.int64)
    if abs(b) + abs(c) > abs(a) + abs(d):
        image, a, d = image.swapaxes(0, 1), c, b
    if a < 0:
        image = image[:, ::-1]
    if d < 0:
        image = image[::-1]
    return np.ascontiguousarray(image)
