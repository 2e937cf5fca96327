import random

import numpy as np
import pytest
import torch

from mmfer.engine.seed_iteration_hook import SeedIterationHook, iteration_seed
from mmfer.errors import ConfigError


class Runner:
    def __init__(self, seed=0, iteration=0, rank=0):
        self.seed, self.iter, self.rank = seed, iteration, rank


def draws(runner):
    SeedIterationHook().before_train_iter(runner, 0)
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_draws_depend_on_all_three_and_nothing_else():
    first = draws(Runner())
    torch.rand(100)
    assert draws(Runner()) == first
    others = [draws(Runner(*arguments)) for arguments in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]]
    for position in range(3):
        assert len({d[position] for d in [first, *others]}) == 4


def test_seeds_do_not_collide():
    seeds = {iteration_seed(s, i, r) for s in range(10) for i in range(100) for r in range(4)}
    assert len(seeds) == 4000


def test_needs_a_seed():
    with pytest.raises(ConfigError, match='randomness'):
        draws(Runner(seed=None))
