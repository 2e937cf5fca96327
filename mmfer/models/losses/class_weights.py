"""Weights of classes from how often they occur: pure functions of counts.

Axes: C classes. A class that does not occur has weight 0; the others' weights average 1
over the samples, sum_c n_c w_c / sum_c n_c = 1, so that a loss keeps its size, and a
learning rate its meaning, whichever weights are chosen.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmfer.errors import ConfigError

__all__ = ['balanced_weights', 'effective_weights']


def balanced_weights(counts: Sequence[float]) -> np.ndarray:
    """Inverse frequencies, w_c ~ 1 / n_c, (C,) float64 (scikit-learn's ``'balanced'``)."""
    n = _checked(counts)
    return _averaging_one(np.divide(1.0, n, out=np.zeros_like(n), where=n > 0), n)


def effective_weights(counts: Sequence[float], beta: float = 0.999) -> np.ndarray:
    """Inverse effective numbers, w_c ~ (1 - beta) / (1 - beta^n_c), (C,) float64.

    Source: Cui et al., Class-Balanced Loss Based on Effective Number of Samples,
    CVPR 2019, Eq. (2); they scale the weights to sum to C, here they average 1 over the
    samples. beta = 0 weighs all alike, beta towards 1 gives :func:`balanced_weights`.

    Args:
        counts: n_c.
        beta: In [0, 1); 1 - 1 / (number of samples after which more tell nothing new).

    Raises:
        ConfigError: beta is out of range.
    """
    if not 0 <= beta < 1:
        raise ConfigError(f'beta={beta}: must be at least 0 and below 1; for weights of 1 / count '
                          "take class_weight='balanced'")
    n = _checked(counts)
    return _averaging_one(
        np.divide(1 - beta, 1 - beta**n, out=np.zeros_like(n), where=n > 0), n)


def _checked(counts: Sequence[float]) -> np.ndarray:
    n = np.asarray(counts, dtype=np.float64)
    if n.ndim != 1 or not n.sum() > 0 or n.min() < 0:
        raise ConfigError(f'counts of classes must be at least 0 and not all 0, got {list(counts)}')
    return n


def _averaging_one(weights: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return weights * counts.sum() / (weights * counts).sum()
