from __future__ import annotations

from itertools import islice

import pytest

from mmfer.datasets.samplers import StreamSampler, stream_sampler


def stream(monkeypatch, rank: int, world: int, size: int, start: int = 0,
           shuffle: bool = True) -> list:
    monkeypatch.setattr(stream_sampler, 'get_dist_info', lambda: (rank, world))
    sampler = StreamSampler(range(size), shuffle=shuffle, seed=3)
    sampler.start_at(start)
    return list(islice(sampler, 40))


def test_passes_are_complete_and_differ(monkeypatch) -> None:
    indices = stream(monkeypatch, 0, 1, 10)
    passes = [indices[i:i + 10] for i in range(0, 40, 10)]
    assert all(sorted(one) == list(range(10)) for one in passes)
    assert len({tuple(one) for one in passes}) == 4
    assert [index.epoch for index in indices] == [i // 10 for i in range(40)]


@pytest.mark.parametrize('world', [2, 3])
def test_ranks_take_turns(monkeypatch, world: int) -> None:
    whole = stream(monkeypatch, 0, 1, 7)
    shares = [stream(monkeypatch, rank, world, 7) for rank in range(world)]
    merged = [index for group in zip(*shares) for index in group]
    assert merged[:40] == whole


@pytest.mark.parametrize('seen', [0, 4, 7, 12, 20])
def test_resume_continues_the_stream(monkeypatch, seen: int) -> None:
    def facts(indices: list) -> list:
        return [(index, index.seed, index.epoch) for index in indices]

    whole = stream(monkeypatch, 0, 1, 7)
    assert facts(stream(monkeypatch, 0, 1, 7, start=seen))[:20] == facts(whole)[seen:seen + 20]
    share = stream(monkeypatch, 1, 2, 7)
    resumed = stream(monkeypatch, 1, 2, 7, start=2 * seen)
    assert facts(resumed)[:20] == facts(share)[seen:seen + 20]


def test_length_and_plain_order(monkeypatch) -> None:
    assert stream(monkeypatch, 0, 1, 3, shuffle=False)[:7] == [0, 1, 2, 0, 1, 2, 0]
    monkeypatch.setattr(stream_sampler, 'get_dist_info', lambda: (0, 2))
    sampler = StreamSampler(range(5), seed=0)
    sampler.set_epoch(9)
    assert len(sampler) == 3 and next(iter(sampler)).epoch == 0
