"""Balanced order: every class, or every corpus, as often as any other, however small it is.

Pools: for each class the indices of the samples that show it, or for each corpus those of its
samples.
"""
from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np

from mmfer.datasets.randomness import ORDER
from mmfer.errors import ConfigError

__all__ = ['balanced_order', 'balanced_pools', 'class_pools', 'corpus_pools']

# second word of the entropy: other numbers than those of the plain order of an epoch
_BALANCED = 1


def class_pools(dataset: Sized) -> list[np.ndarray]:
    """For each class that occurs, the indices of its samples, ascending int64.

    A sample of several classes (frame labels) is in the pool of each.

    Raises:
        ConfigError: The dataset does not tell the classes of its samples.
    """
    classes_of: Any = getattr(dataset, 'get_cat_ids', None)
    if classes_of is None:
        raise ConfigError(f'class_balanced=True needs a dataset with get_cat_ids(index), such as '
                          f'ExpressionDataset; {type(dataset).__name__} has none')
    pools: dict[int, list[int]] = {}
    for index in range(len(dataset)):
        for label in classes_of(index):
            pools.setdefault(int(label), []).append(index)
    return [np.array(pools[label], dtype=np.int64) for label in sorted(pools)]


def corpus_pools(dataset: Sized) -> list[np.ndarray]:
    """For each of several corpora the indices of its samples, ascending int64.

    Raises:
        ConfigError: The dataset does not tell the corpora of its samples.
    """
    numbers: Any = getattr(dataset, 'corpus_numbers', None)
    if numbers is None:
        raise ConfigError('corpus_balanced=True needs a dataset with corpus_numbers(), such as '
                          f'JointDataset; {type(dataset).__name__} has none: name several corpora '
                          'in the config')
    of = numbers()
    return [np.flatnonzero(of == number) for number in np.unique(of)]


def balanced_pools(dataset: Sized, sampler: str, shuffle: bool, class_balanced: bool,
                   corpus_balanced: bool) -> list[np.ndarray] | None:
    """The pools that a sampler's arguments ask for; None where they ask for none.

    Raises:
        ConfigError: Both are asked for, or one of them without ``shuffle``, or the dataset
            does not tell them apart.
    """
    if class_balanced and corpus_balanced:
        raise ConfigError(f'{sampler}: class_balanced and corpus_balanced exclude each other')
    asked = 'class_balanced' if class_balanced else 'corpus_balanced'
    if (class_balanced or corpus_balanced) and not shuffle:
        raise ConfigError(f'{sampler}: {asked}=True draws a random order; set shuffle=True')
    if corpus_balanced:
        return corpus_pools(dataset)
    return class_pools(dataset) if class_balanced else None


def balanced_order(pools: list[np.ndarray], size: int, seed: int,
                   epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """``size`` indices in random order, as many of each pool up to one, from (seed, epoch).

    Within a pool the samples take turns: none comes again before all others of its pool
    have come as often. Which pools are drawn once more, where ``size`` does not divide,
    changes with the epoch.

    Args:
        pools: What :func:`class_pools` or :func:`corpus_pools` gives.
        size: Indices in all.
        seed: Of the sampler.
        epoch: Or the pass over the dataset.

    Returns:
        The indices, and how many times each one has come before in this order; both
        (size,) int64.
    """
    rng = np.random.default_rng((ORDER, seed, epoch, _BALANCED))
    shares = np.full(len(pools), size // len(pools))
    shares[rng.permutation(len(pools))[:size % len(pools)]] += 1
    drawn = []
    for pool, share in zip(pools, shares):
        rounds = [rng.permutation(pool) for _ in range(-(-share // len(pool)))]
        drawn.append(np.concatenate([pool[:0], *rounds])[:share])
    order = rng.permutation(np.concatenate(drawn))
    return order, _earlier(order)


def _earlier(order: np.ndarray) -> np.ndarray:
    """For each element how often the same value stands before it."""
    by_value = np.argsort(order, kind='stable')
    _, first, counts = np.unique(order[by_value], return_index=True, return_counts=True)
    earlier = np.empty_like(order)
    earlier[by_value] = np.arange(len(order)) - np.repeat(first, counts)
    return earlier
