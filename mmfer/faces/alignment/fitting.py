"""Least-squares similarity between two sets of points in the plane."""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import AlignmentError

__all__ = ['fit_similarity', 'transform_points']

# below this share of the spread of both sets they have no common direction
_LEAST_AGREEMENT = 1e-6


def fit_similarity(source: NDArray[np.float64],
                   target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The turn, scaling and move of ``source`` that come nearest to ``target``.

    Umeyama's least-squares similarity (PAMI 1991) in the plane, where a point is a complex
    number, turn and scaling together are one too, and the solution is that of a line through
    the origin: ``a = sum(conj(s) t) / sum(|s|^2)`` of the centred points. Never a reflection.

    Args:
        source: (P, 2).
        target: (P, 2).

    Returns:
        (2, 3), to be applied by :func:`transform_points`.

    Raises:
        AlignmentError: The points of one set coincide, are not finite, or agree in no turn.
    """
    s, t = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    mean_s, mean_t = s.mean(), t.mean()
    s, t = s - mean_s, t - mean_t
    spread = float((np.abs(s) ** 2).sum())
    agreement = np.vdot(s, t)
    least = _LEAST_AGREEMENT * np.sqrt(spread * float((np.abs(t) ** 2).sum()))
    if not np.isfinite(agreement) or not abs(agreement) > least:
        raise AlignmentError('the landmarks coincide, are not finite, or are no face: nothing '
                             'can be fitted to them')
    a = agreement / spread
    b = mean_t - a * mean_s
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def transform_points(points: NDArray[np.floating],
                     matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (..., 2) after an affine transform (2, 3)."""
    return np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
