"""Does attention find the apex? Hit rate and attention mass beside their chance levels.

Shape legend: T sampled frames of one clip. A frame that was sampled more than once is an
entry of its own each time, with its own weight, so chance refers to the entries that the
model really saw: uniform weights score exactly chance, however the clip was sampled.

Some methods sample a clip as K short clips and score those; they are called sub-clips here.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mmfer.structures import CLIP_SCORES, FRAME_WEIGHTS

TIE = 1e-6
"""Weights within this relative distance of the heaviest count as equally heavy."""


@dataclass(frozen=True)
class Localization:
    """Attention of one clip against its apex; all in [0, 1].

    Attributes:
        hit: The heaviest frame, or sub-clip, lies in the apex; of equally heavy ones the
            share that does, which is the expectation of breaking the tie by chance.
        mass: Share of the attention that lies in the apex.
        chance: Share of the sampled frames, or sub-clips, that lie in the apex: what
            uniform weights score, in ``hit`` and in ``mass``.
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
    return _against(shares, (numbers >= apex[0]) & (numbers <= apex[1]))


def _against(shares: np.ndarray, inside: np.ndarray) -> Localization:
    heaviest = shares >= shares.max() * (1 - TIE)
    return Localization(hit=float(inside[heaviest].mean()),
                        mass=float(shares[inside].sum()),
                        chance=float(inside.mean()))


def localize_sub_clip(scores: ArrayLike, frame_numbers: ArrayLike,
                      apex: tuple[int, int]) -> Localization:
    """Compares the scores of sub-clips with the annotated apex (CEFLNet's Table 7).

    A sub-clip reaches from its first to its last sampled frame. It lies in the apex where
    the two share at least half of the frames of the shorter one: so a sub-clip counts that
    holds most of a short apex, and one that lies mostly within a long apex.

    Args:
        scores: (K,) non-negative, of any scale.
        frame_numbers: (T,) 1-based numbers of the sampled frames, sub-clip after
            sub-clip, T / K of each.
        apex: First and last frame number of the apex, both included.

    Raises:
        ValueError: K does not divide T, or the scores are negative, not finite or all zero.
    """
    shares = _shares(scores)
    numbers = np.asarray(frame_numbers)
    if numbers.ndim != 1 or not numbers.size or numbers.size % shares.size:
        raise ValueError(f'{shares.size} sub-clips of equal length cannot have frame numbers of '
                         f'shape {numbers.shape}')
    grid = numbers.reshape(shares.size, -1)
    first, last = grid.min(axis=1), grid.max(axis=1)
    shared = np.minimum(last, apex[1]) - np.maximum(first, apex[0]) + 1
    shorter = np.minimum(last - first, apex[1] - apex[0]) + 1
    return _against(shares, 2 * shared >= shorter)


def measure_attention(attention: Mapping[str, np.ndarray], frame_numbers: ArrayLike,
                      apex: tuple[int, int] | None) -> dict[str, tuple[float, float]]:
    """All measures of one clip's attention, each with its level of chance; all in [0, 1].

    Args:
        attention: Weights by stable name (:mod:`mmfer.structures`).
        frame_numbers: (T,) 1-based numbers of the sampled frames.
        apex: First and last frame number of the apex, where annotated.

    Returns:
        ``last_half_mass`` with frame weights; with an apex also ``hit_rate`` and
        ``attention_mass``; with clip scores and an apex ``clip_hit_rate``.
    """
    measures = {}
    if FRAME_WEIGHTS in attention:
        measures['last_half_mass'] = (last_half_mass(attention[FRAME_WEIGHTS]), .5)
        if apex is not None:
            frames = localize(attention[FRAME_WEIGHTS], frame_numbers, apex)
            measures['hit_rate'] = (frames.hit, frames.chance)
            measures['attention_mass'] = (frames.mass, frames.chance)
    if CLIP_SCORES in attention and apex is not None:
        clips = localize_sub_clip(attention[CLIP_SCORES], frame_numbers, apex)
        measures['clip_hit_rate'] = (clips.hit, clips.chance)
    return measures


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
