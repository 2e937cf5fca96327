"""Which detection is whose.

Boxes are (n, 4), x0, y0, x1, y1 in pixels.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

__all__ = ['assign', 'overlaps']


def overlaps(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of every box (n, 4) with every other (m, 4), (n, m)."""
    a = np.asarray(first, np.float64).reshape(-1, 1, 4)
    b = np.asarray(second, np.float64).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.prod(np.maximum(sides, 0), -1)
    areas = [np.prod(np.maximum(box[..., 2:] - box[..., :2], 0), -1) for box in (a, b)]
    union = areas[0] + areas[1] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def assign(merit: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """One-to-one pairs of rows and columns with the largest sum of merits (n, m).

    Pairs of less than ``least`` are not made, and weigh nothing in the sum (Hungarian
    algorithm). Pairs come by ascending row.
    """
    allowed = merit >= least
    rows, columns = linear_sum_assignment(np.where(allowed, merit, 0), maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)
            if allowed[row, column]]
