"""Does attention find the apex? Hit rate and attention mass beside their chance levels.

Shape legend: T sampled frames of one clip. A frame that was sampled more than once is an
entry of its own each time, with its own weight, so chance refers to the entries that the
model really saw: uniform weights score exactly chance, however the clip was sampled.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

TIE = 1e-6
"""Weights within this relative distance of the heaviest count as equally heavy."""


@dataclass(frozen=True)
class Localization:
    """Attention against the apex, of one clip or as the mean over several; all in [0, 1].

    Attributes:
        hit: The heaviest frame lies in the apex; of equally heavy frames the share that
            does, which is the expectation of breaking the tie by chance.
        mass: Share of the attention that lies in the apex.
        chance: Share of the sampled frames that lie in the apex: what uniform weights
            score, in ``hit`` and in ``mass``.
    """

    hit: float
    mass: float
    chance: float


def _shares(weights: ArrayLike) -> np.ndarray:
    values = np.asarray(weights, np.float64)
    if values.ndim != 1 or not values.size:
        raise ValueError(f'weights must be a vector with an entry per frame, not {values.shape}')
    if not np.isfinite(values).all() or values.min() < 0:
        raise ValueError('weights must be finite and not negative')
    if not values.sum() > 0:
        raise ValueError('all weights are zero: no frame is heavier than another')
    return values / values.sum()


def localize(weights: ArrayLike, frame_numbers: ArrayLike,
             apex: tuple[int, int]) -> Localization:
    """Compares the attention of one clip with its annotated apex.

    Args:
        weights: (T,) non-negative, of any scale.
        frame_numbers: (T,) 1-based numbers of the sampled frames.
        apex: First and last frame number of the apex, both included.

    Raises:
        ValueError: The lengths differ, or the weights are negative, not finite or all zero.
    """
    shares = _shares(weights)
    numbers = np.asarray(frame_numbers)
    if numbers.shape != shares.shape:
        raise ValueError(f'{shares.size} weights for frame numbers of shape {numbers.shape}')
    inside = (numbers >= apex[0]) & (numbers <= apex[1])
    heaviest = shares >= shares.max() * (1 - TIE)
    return Localization(hit=float(inside[heaviest].mean()),
                        mass=float(shares[inside].sum()),
                        chance=float(inside.mean()))


def mean_localization(clips: Iterable[Localization]) -> Localization:
    """Mean over clips, each clip with the same weight; NaN for no clips."""
    table = np.array([(clip.hit, clip.mass, clip.chance) for clip in clips]).reshape(-1, 3)
    hit, mass, chance = table.mean(0) if len(table) else np.full(3, np.nan)
    return Localization(float(hit), float(mass), float(chance))


def last_half_mass(weights: ArrayLike) -> float:
    """Share of the attention in the last half of the sampled frames, in temporal order.

    With an odd number of frames the middle one counts half, so uniform weights give
    exactly 0.5.

    Args:
        weights: (T,) non-negative, of any scale, in the order of the frames.
    """
    shares = _shares(weights)
    count = len(shares)
    in_last_half = np.clip(np.arange(1, count + 1) - count / 2, 0., 1.)
    return float((shares * in_last_half).sum())
