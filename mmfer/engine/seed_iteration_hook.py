"""Randomness of training as a function of (seed, iteration, rank)."""
from __future__ import annotations

import random

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import ConfigError
from mmfer.registry import HOOKS


def iteration_seed(seed: int, iteration: int, rank: int) -> int:
    """A 32-bit seed, unrelated between neighbouring arguments (NumPy's SeedSequence).

    Args:
        seed: The run's seed, not negative.
        iteration: 0-based training iteration.
        rank: The process.
    """
    return int(np.random.SeedSequence((seed, iteration, rank)).generate_state(1)[0])


@HOOKS.register_module()
class SeedIterationHook(Hook):
    """Seeds Python's, NumPy's and torch's global generators before every iteration.

    Dropout and whatever else draws in the model then depends on (seed, iteration, rank)
    alone. This replaces saving generator states in checkpoints, which would not be enough:
    building data loaders, their iterators and the model draws from the same generators, so
    a resumed run, which does these things at other moments, would still draw other numbers.
    The samples have their own generators (seed, epoch, index) and are not touched.

    The seed is the runner's (``randomness = dict(seed=...)``, or the one that MMEngine drew
    and saved in the checkpoint). Costs well under a millisecond per iteration.
    """

    priority = 'VERY_HIGH'

    def before_train_iter(self, runner: Runner, batch_idx: int,
                          data_batch: dict | tuple | list | None = None) -> None:
        """Seeds all generators, those of every GPU included."""
        if runner.seed is None:
            raise ConfigError('The runner has no seed; set randomness = dict(seed=...).')
        seed = iteration_seed(runner.seed, runner.iter, runner.rank)
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
