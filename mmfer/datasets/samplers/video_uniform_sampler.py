"""An endless stream in which every video is as likely as any other."""
from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmfer.datasets.randomness import ORDER, SampleIndex
from mmfer.registry import DATA_SAMPLERS

__all__ = ['VideoUniformSampler']

# second word of the entropy: other numbers than those of the orders of the other samplers
_VIDEO = 2


@DATA_SAMPLERS.register_module()
class VideoUniformSampler(Sampler):
    """Draws videos with equal probability, with replacement, however long they are.

    Source: Liu et al., FG 2020, section IV.C, "one video from all the videos in the training
    dataset is selected with equal probability".

    Position k of the stream is drawn from (seed, k) alone, and so are the sample's own draws,
    so a video that comes again gives other frames. Process r of W takes positions r, r + W,
    r + 2W, ...; ``start_at(iterations * total batch size)`` resumes without going through
    what came before.

    Args:
        dataset: What to sample from. Where it has ``clip_numbers()``, as ExpressionDataset
            does, samples of one clip (``repeat``) are one video, and one of them is drawn
            with equal probability; otherwise every sample is a video.
        seed: Same for all processes; the runner gives its own. ``None`` draws one.
    """

    def __init__(self, dataset: Sized, seed: int | None = None) -> None:
        self.rank, self.world_size = get_dist_info()
        self.dataset = dataset
        self.seed = sync_random_seed() if seed is None else seed
        self.start = 0
        numbers = dataset.clip_numbers() if hasattr(dataset, 'clip_numbers') else np.arange(
            len(dataset))
        self._by_video = np.argsort(numbers, kind='stable')
        self._counts = np.bincount(numbers)
        self._first = np.cumsum(self._counts) - self._counts

    def start_at(self, samples_seen: int) -> None:
        """Lets the next iteration begin after ``samples_seen`` samples.

        Args:
            samples_seen: Samples that all processes together have consumed.
        """
        self.start = samples_seen

    def __iter__(self) -> Iterator[SampleIndex]:
        """This process's indices, without end; their ``epoch`` is the position k."""
        position = self.start + self.rank
        while True:
            rng = np.random.default_rng((ORDER, self.seed, position, _VIDEO))
            video = rng.integers(len(self._counts))
            place = self._first[video] + rng.integers(self._counts[video])
            yield SampleIndex(int(self._by_video[place]), self.seed, position)
            position += self.world_size

    def __len__(self) -> int:
        """As many samples as this process's share of the dataset; the stream does not end."""
        return -(-len(self.dataset) // self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Does nothing: the position in the stream says it all."""
