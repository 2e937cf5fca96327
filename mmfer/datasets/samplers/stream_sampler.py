"""An endless sequence of passes over the dataset, shared among processes."""
from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmfer.datasets.randomness import SampleIndex
from mmfer.datasets.samplers.balance import balanced_order, balanced_pools
from mmfer.datasets.samplers.epoch_sampler import epoch_order
from mmfer.registry import DATA_SAMPLERS

__all__ = ['StreamSampler']


@DATA_SAMPLERS.register_module()
class StreamSampler(Sampler):
    """The sampler for training counted in iterations.

    The stream is pass after pass over the dataset, each in an order from (seed, pass);
    its samples draw from (seed, pass, index). Process r of W takes positions r, r + W,
    r + 2W, ... Any position is found without going through the ones before it, so a
    resumed training starts there at once: ``start_at(iterations * total batch size)``.

    Args:
        dataset: What to sample from.
        shuffle: Whether each pass has an order of its own; otherwise it is the dataset's.
        seed: Same for all processes; the runner gives its own. ``None`` draws one.
        class_balanced: A pass still has as many samples as the dataset, but every class
            equally often; see :class:`EpochSampler`.
        corpus_balanced: The same with corpora in the place of classes, where several are
            read at once (:class:`~mmfer.datasets.JointDataset`).

    Raises:
        ConfigError: ``class_balanced`` or ``corpus_balanced`` without ``shuffle``, both of
            them, or the dataset does not tell classes or corpora of its samples.
    """

    def __init__(self, dataset: Sized, shuffle: bool = True, seed: int | None = None,
                 class_balanced: bool = False,
                 corpus_balanced: bool = False) -> None:
        self.rank, self.world_size = get_dist_info()
        self.dataset = dataset
        self.shuffle = shuffle
        self.seed = sync_random_seed() if seed is None else seed
        self.pools = balanced_pools(dataset, 'StreamSampler', shuffle, class_balanced,
                                    corpus_balanced)
        self.start = 0

    def start_at(self, samples_seen: int) -> None:
        """Lets the next iteration begin after ``samples_seen`` samples.

        Args:
            samples_seen: Samples that all processes together have consumed.
        """
        self.start = samples_seen

    def __iter__(self) -> Iterator[SampleIndex]:
        """This process's indices, without end."""
        size = len(self.dataset)
        position, current, order = self.start + self.rank, -1, np.arange(size)
        repeats = np.zeros(size, dtype=np.int64)
        while True:
            epoch, offset = divmod(position, size)
            if self.shuffle and epoch != current:
                current = epoch
                if self.pools is not None:
                    order, repeats = balanced_order(self.pools, size, self.seed, epoch)
                else:
                    order = epoch_order(size, self.seed, epoch)
            index = int(order[offset])
            yield SampleIndex(index, self.seed, epoch, index + size * int(repeats[offset]))
            position += self.world_size

    def __len__(self) -> int:
        """Samples of this process in one pass; the stream itself does not end."""
        return -(-len(self.dataset) // self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Does nothing: the position in the stream says which pass it is."""
