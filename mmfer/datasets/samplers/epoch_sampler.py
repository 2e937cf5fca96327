"""A pass over the dataset per epoch, shared among processes."""
from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmfer.datasets.randomness import ORDER, SampleIndex
from mmfer.datasets.samplers.balance import balanced_order, balanced_pools
from mmfer.registry import DATA_SAMPLERS

__all__ = ['EpochSampler', 'epoch_order']


def epoch_order(size: int, seed: int, epoch: int) -> np.ndarray:
    """The order of one epoch: a permutation of ``range(size)`` from (seed, epoch)."""
    return np.random.default_rng((ORDER, seed, epoch)).permutation(size)


@DATA_SAMPLERS.register_module()
class EpochSampler(Sampler):
    """Like mmengine's ``DefaultSampler``, with draws that follow from (seed, epoch, index).

    Every process takes every world-size-th index of the same order. The runner calls
    :meth:`set_epoch` before each training epoch, also the first one after a resume.

    Args:
        dataset: What to sample from.
        shuffle: Whether the order changes with the epoch; otherwise it is the dataset's.
        seed: Same for all processes; the runner gives its own. ``None`` draws one.
        round_up: Whether to repeat the first samples until all processes have equally
            many; evaluation counts a repeated clip once.
        class_balanced: An epoch still has as many samples as the dataset, but every class
            equally often: samples of rare classes come several times, with draws of their
            own, and some of frequent ones not at all
            (:func:`~mmfer.datasets.samplers.balance.balanced_order`).
        corpus_balanced: The same with corpora in the place of classes, where several are
            read at once (:class:`~mmfer.datasets.JointDataset`).

    Raises:
        ConfigError: ``class_balanced`` or ``corpus_balanced`` without ``shuffle``, both of
            them, or the dataset does not tell classes or corpora of its samples.
    """

    def __init__(self, dataset: Sized, shuffle: bool = True, seed: int | None = None,
                 round_up: bool = True, class_balanced: bool = False,
                 corpus_balanced: bool = False) -> None:
        self.rank, self.world_size = get_dist_info()
        self.dataset = dataset
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self.round_up = round_up
        self.pools = balanced_pools(dataset, 'EpochSampler', shuffle, class_balanced,
                                    corpus_balanced)
        self.epoch = 0

    def __iter__(self) -> Iterator[SampleIndex]:
        """This process's indices of the current epoch."""
        size = len(self.dataset)
        repeats = np.zeros(size, dtype=np.int64)
        if self.pools is not None:
            order, repeats = balanced_order(self.pools, size, self.seed, self.epoch)
        else:
            order = epoch_order(size, self.seed, self.epoch) if self.shuffle else np.arange(size)
        pairs = np.stack([order, order + size * repeats], axis=1)
        if self.round_up:
            pairs = np.resize(pairs, (-(-size // self.world_size) * self.world_size, 2))
        for index, position in pairs[self.rank::self.world_size].tolist():
            yield SampleIndex(index, self.seed, self.epoch, position)

    def __len__(self) -> int:
        """Number of samples of this process in an epoch."""
        rest = 0 if self.round_up else self.rank
        return -(-(len(self.dataset) - rest) // self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch that the next iteration is for."""
        self.epoch = epoch
