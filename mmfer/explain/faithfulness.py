"""Does attention show what the answer rests on? Deletion and insertion curves.

After Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models",
BMVC 2018, over the frames of a video and over the regions of its frames. *Deletion* takes
units away, the heaviest first; the faster the class's probability falls, the smaller the
area under the curve, the better the weights. *Insertion* begins with nothing and brings the
heaviest back first; there a large area is good. Both mean nothing alone, since models differ
in how much they lean on single frames: they are compared with a random order, and with one
that takes units away evenly over the clip.

Shape legend: T sampled frames, U units (distinct frames, or regions), S steps, C classes.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.explain.orders import area, spread_order, weight_order
from mmfer.explain.perturbation import without_frames, without_regions
from mmfer.structures import PackedFrames

__all__ = ['Faithfulness', 'frame_faithfulness', 'kept_counts', 'kept_frames',
           'region_faithfulness']

Answer = Callable[[PackedFrames], NDArray[np.float64]]
"""Probabilities (N, C) of the N videos in a batch."""


@dataclass(frozen=True)
class Faithfulness:
    """Curves of one video: the probability of one class, (S,) each.

    Step s of ``deletion`` has s of the S - 1 parts taken away, step s of ``insertion`` s of
    them brought back.

    Attributes:
        deletion: By weight.
        insertion: By weight.
        uniform_deletion: Evenly spread.
        uniform_insertion: Evenly spread.
        random: Taken away in random order, the mean over the draws. Brought back in the
            opposite order, which is as random, the curve is the same from right to left:
            its area is what both deletion and insertion reach by chance.
    """

    deletion: NDArray[np.float64]
    insertion: NDArray[np.float64]
    uniform_deletion: NDArray[np.float64]
    uniform_insertion: NDArray[np.float64]
    random: NDArray[np.float64]

    @property
    def areas(self) -> dict[str, float]:
        """Area under each curve, in [0, 1]."""
        return {name: area(getattr(self, name)) for name in CURVES}


CURVES = ('deletion', 'insertion', 'uniform_deletion', 'uniform_insertion', 'random')


def kept_counts(units: int, least: int, most_steps: int | None = None) -> NDArray[np.int64]:
    """How many units are kept at each step, from all down to ``least``, equally spaced.

    Args:
        units: U.
        least: 0, or 1 where something must stay.
        most_steps: Steps at most; by default one for each unit.
    """
    steps = units - least
    if most_steps is not None:
        steps = min(steps, most_steps)
    return np.round(np.linspace(units, least, steps + 1)).astype(np.int64)


def kept_frames(order: ArrayLike, counts: ArrayLike) -> NDArray[np.bool_]:
    """(S, U) bool: units kept when the first ones of an order are taken away.

    Args:
        order: (U,) positions, the first to go first.
        counts: (S,) how many are kept at each step.
    """
    positions = np.asarray(order)
    rank = np.empty(len(positions), np.int64)
    rank[positions] = np.arange(len(positions))
    return rank >= len(positions) - np.asarray(counts)[:, None]


def _curves(orders: dict[str, NDArray[np.int64]],
            probe: Callable[[NDArray[np.int64]], NDArray[np.float64]],
            draws: Iterable[NDArray[np.int64]]) -> Faithfulness:
    """Curves of deletion by the orders; insertion is deletion of the opposite order, reversed."""
    curves = {}
    for name, order in orders.items():
        curves[f'{name}deletion'] = probe(order)
        curves[f'{name}insertion'] = probe(order[..., ::-1])[::-1]
    random = np.mean([probe(order) for order in draws], axis=0)
    return Faithfulness(random=random, **curves)


def frame_faithfulness(inputs: PackedFrames, weights: ArrayLike, numbers: ArrayLike,
                       answer: Answer, label: int, rng: np.random.Generator,
                       fill: str = 'nearest', draws: int = 10) -> Faithfulness:
    """Curves over the distinct frames of a video.

    The default puts the nearest kept frame in the place of one that is taken away: the
    model goes on seeing real frames of this video only, in their order. Its curves end with
    one frame left. The mean frame (``fill='mean'``) allows to take all away, but a mean of
    faces is a face too, with part of the expression in it, of a kind that no model was
    trained on.

    Args:
        inputs: One video; at least two distinct frames.
        weights: (T,) of the sampled frames, not negative; those of equal frames are summed.
        numbers: (T,) frame numbers of the sampled frames.
        answer: The model.
        label: Class whose probability is looked at.
        rng: Draws the random orders, and breaks ties.
        fill: See :func:`~mmfer.explain.perturbation.frame_sources`.
        draws: Number of random orders.

    Raises:
        ValueError: There is one frame only, or not one weight and number per frame.
    """
    gather, count = inputs.gather.cpu().numpy(), len(inputs.frames)
    entries, places = np.asarray(weights, np.float64), np.asarray(numbers, np.int64)
    if entries.shape != gather.shape or places.shape != gather.shape:
        raise ValueError(f'{entries.size} weights and {places.size} frame numbers for '
                         f'{len(gather)} sampled frames')
    if count < 2:
        raise ValueError('one distinct frame has no order')
    totals = np.bincount(gather, entries, count)
    distinct = np.zeros(count, np.int64)
    distinct[gather] = places
    counts = kept_counts(count, 1 if fill == 'nearest' else 0)

    def probe(order: NDArray[np.int64]) -> NDArray[np.float64]:
        kept = kept_frames(order, counts)
        return np.concatenate([answer(batch)[:, label] for batch
                               in without_frames(inputs, kept, distinct, fill)])

    return _curves({'': weight_order(totals, rng), 'uniform_': spread_order(distinct[:, None])},
                   probe, (rng.permutation(count) for _ in range(draws)))


def region_faithfulness(inputs: PackedFrames, maps: ArrayLike, answer: Answer, label: int,
                        rng: np.random.Generator, fill: str = 'blur', draws: int = 2,
                        steps: int = 8) -> Faithfulness:
    """Curves over the regions: at each step the next heaviest of every frame go together.

    Args:
        inputs: One video.
        maps: (T, heads, h, w) of the sampled frames, not negative; averaged over the heads
            and over equal frames. At least two regions.
        answer: The model.
        label: Class whose probability is looked at.
        rng: Draws the random orders, one for each frame, and breaks ties.
        fill: One of :data:`~mmfer.explain.perturbation.REGION_FILLS`.
        draws: Number of random orders.
        steps: Steps of a curve at most; each costs a pass of all frames through the trunk.

    Raises:
        ValueError: There is one region only, or not one map per sampled frame.
    """
    gather, count = inputs.gather.cpu().numpy(), len(inputs.frames)
    entries = np.asarray(maps, np.float64)
    if entries.ndim != 4 or len(entries) != len(gather):
        raise ValueError(f'maps {entries.shape} for {len(gather)} sampled frames')
    rows, columns = entries.shape[2:]
    regions = rows * columns
    if regions < 2:
        raise ValueError('one region has no order')
    totals = np.zeros((count, regions))
    np.add.at(totals, gather, entries.mean(1).reshape(len(gather), regions))
    counts = kept_counts(regions, 0, steps)

    def probe(orders: NDArray[np.int64]) -> NDArray[np.float64]:
        kept = np.stack([kept_frames(order, counts) for order in orders])  # (U, S, regions)
        removed = ~kept.reshape(count, len(counts), rows, columns)
        return np.concatenate([
            answer(batch)[:, label] for batch in without_regions(
                inputs, lambda step: removed[:, step], len(counts), fill, (rows, columns))])

    grid = np.argwhere(np.ones((rows, columns)))
    by_weight = np.stack([weight_order(frame, rng) for frame in totals])
    even = np.broadcast_to(spread_order(grid), by_weight.shape)
    return _curves({'': by_weight, 'uniform_': even}, probe,
                   (np.stack([rng.permutation(regions) for _ in range(count)])
                    for _ in range(draws)))
