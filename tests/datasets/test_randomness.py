from __future__ import annotations

import pickle
import random

import numpy as np
import pytest
import torch

from mmfer.datasets.randomness import SampleIndex, fixed_generator, global_generator, seeded


def draws() -> tuple:
    return (random.random(), np.random.rand(), torch.rand(()).item(),
            global_generator().random())


def test_equal_entropy_draws_equal_numbers() -> None:
    def inside(*entropy: int) -> tuple:
        with seeded(*entropy):
            return draws()

    assert inside(1, 2, 3) == inside(1, 2, 3)
    results = [inside(*e) for e in [(1, 2, 3), (1, 2, 4), (1, 3, 3), (2, 2, 3), (1, 3, 2)]]
    for column in zip(*results):
        assert len(set(column)) == len(results)
    assert len(set(results[0])) == 4  # the generators do not echo each other


def test_generators_are_restored_also_after_an_error() -> None:
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    expected = draws()
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    with pytest.raises(KeyError), seeded(7):
        draws()
        raise KeyError
    assert draws() == expected


def test_global_generator_advances_the_global_one() -> None:
    np.random.seed(0)
    first = global_generator().integers(0, 1000, 8)
    assert not np.array_equal(first, global_generator().integers(0, 1000, 8))
    np.random.seed(0)
    assert np.array_equal(first, global_generator().integers(0, 1000, 8))


def test_fixed_generator_ignores_the_global_one() -> None:
    assert fixed_generator(1, 2).random() == fixed_generator(1, 2).random()
    assert fixed_generator(1, 2).random() != fixed_generator(2, 1).random()


@pytest.mark.parametrize('moved, value', [
    (lambda i: i - 3, 7), (lambda i: i % 4, 2), (lambda i: 5 + i, 15), (lambda i: i + 1, 11)])
def test_sample_index_survives_arithmetic(moved, value) -> None:
    index = moved(SampleIndex(10, seed=4, epoch=6))
    assert (index, index.seed, index.epoch, index.position) == (value, 4, 6, 10)


def test_sample_index_survives_pickling_and_indexes_lists() -> None:
    index = pickle.loads(pickle.dumps(SampleIndex(2, 4, 6) % 2))
    assert (index, index.seed, index.epoch, index.position) == (0, 4, 6, 2)
    assert ['a', 'b'][index] == 'a'
