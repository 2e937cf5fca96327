"""Orders in which frames or regions are taken away, and the curve that an order gives.

Shape legend: U units (distinct frames, or regions of a frame), S steps.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.evaluation.localization import TIE

__all__ = ['area', 'spread_order', 'weight_order']


def weight_order(weights: ArrayLike, rng: np.random.Generator) -> NDArray[np.int64]:
    """Positions of U weights, the heaviest first; equal ones in random order.

    Were ties broken by position, uniform weights would begin with the first frames, which
    are neutral in many corpora, and would look worse than chance.

    Args:
        weights: (U,), not negative. Those that differ by less than 1e-6 of the heaviest
            count as equal.
        rng: Breaks the ties.
    """
    values = np.asarray(weights, np.float64)
    peak = values.max()
    levels = np.round(values / (peak if peak > 0 else 1.) / TIE)
    return np.lexsort((rng.random(len(values)), -levels))


def spread_order(places: ArrayLike) -> NDArray[np.int64]:
    """Positions of U places, at every step as evenly spread as those before allow.

    The first is the one nearest to the middle, each further one the farthest from those
    taken (the first of equally far ones): an order that knows nothing of the weights.

    Args:
        places: (U, n) coordinates, such as frame numbers, or rows and columns.
    """
    points = np.asarray(places, np.float64)
    middle = (points.min(0) + points.max(0)) / 2
    order = [int(np.linalg.norm(points - middle, axis=1).argmin())]
    far = np.linalg.norm(points - points[order[0]], axis=1)
    far[order[0]] = -1.
    while len(order) < len(points):
        order.append(int(far.argmax()))
        far = np.minimum(far, np.linalg.norm(points - points[order[-1]], axis=1))
        far[order[-1]] = -1.
    return np.array(order, np.int64)


def area(curve: ArrayLike) -> float:
    """Mean height of a curve with S equally spaced points, by the trapezoidal rule.

    A single point is its own mean.
    """
    values = np.asarray(curve, np.float64)
    if len(values) == 1:
        return float(values[0])
    return float((values[1:] + values[:-1]).mean() / 2)
