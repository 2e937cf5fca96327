from __future__ import annotations

import pytest

from mmfer.datasets.samplers import EpochSampler, epoch_sampler
from mmfer.registry import DATA_SAMPLERS


def sampler_of(monkeypatch, rank: int, world: int, size: int, **kwargs) -> EpochSampler:
    monkeypatch.setattr(epoch_sampler, 'get_dist_info', lambda: (rank, world))
    return EpochSampler(range(size), seed=5, **kwargs)


def test_order_follows_from_seed_and_epoch() -> None:
    sampler = EpochSampler(range(50), seed=5)
    first = list(sampler)
    assert first == list(sampler) and sorted(first) == list(range(50))
    sampler.set_epoch(1)
    second = list(sampler)
    assert second != first and {index.epoch for index in second} == {1}
    resumed = EpochSampler(range(50), seed=5)
    resumed.set_epoch(1)
    assert list(resumed) == second
    assert list(EpochSampler(range(50), seed=6)) != first


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize('size, world', [(10, 2), (7, 2), (7, 3), (2, 5), (1, 1)])
def test_ranks_share_the_epoch(monkeypatch, size: int, world: int, shuffle: bool) -> None:
    for round_up in (True, False):
        samplers = [sampler_of(monkeypatch, rank, world, size, shuffle=shuffle,
                               round_up=round_up) for rank in range(world)]
        shares = [list(sampler) for sampler in samplers]
        assert [len(share) for share in shares] == [len(sampler) for sampler in samplers]
        together = [index for share in shares for index in share]
        assert set(together) == set(range(size))
        if round_up:
            assert {len(share) for share in shares} == {-(-size // world)}
        else:
            assert len(together) == size


def test_without_shuffle_in_order(monkeypatch) -> None:
    assert list(sampler_of(monkeypatch, 1, 2, 5, shuffle=False)) == [1, 3, 0]
    assert list(sampler_of(monkeypatch, 1, 2, 5, shuffle=False, round_up=False)) == [1, 3]


def test_built_as_the_runner_builds_it() -> None:
    sampler = DATA_SAMPLERS.build(
        dict(type='EpochSampler', shuffle=True), default_args=dict(dataset=range(3), seed=2))
    assert {index.seed for index in sampler} == {2}
    assert isinstance(EpochSampler(range(3)).seed, int)
