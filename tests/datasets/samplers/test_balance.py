from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from mmfer.datasets.samplers import EpochSampler, StreamSampler, epoch_sampler, stream_sampler
from mmfer.datasets.samplers.balance import balanced_order, class_pools, corpus_pools
from mmfer.errors import ConfigError

LABELS = [0] * 20 + [1] * 7 + [3] * 3


class Labelled:
    """A dataset that knows classes alone."""

    def __len__(self) -> int:
        return len(LABELS)

    def get_cat_ids(self, index: int) -> list[int]:
        return [LABELS[index]]


def facts(indices) -> list:
    return [(int(index), index.seed, index.epoch, index.position) for index in indices]


def test_pools() -> None:
    assert [pool.tolist() for pool in class_pools(Labelled())] == [
        list(range(20)), list(range(20, 27)), [27, 28, 29]]
    with pytest.raises(ConfigError, match='get_cat_ids'):
        class_pools(range(3))


def test_a_sample_of_two_classes_is_in_both_pools() -> None:
    dataset = Labelled()
    dataset.get_cat_ids = lambda index: [2, 0] if index == 4 else [0]
    assert [4 in pool for pool in class_pools(dataset)] == [True, True]


@pytest.mark.parametrize('size', [30, 31, 29, 2, 300])
def test_equal_counts_and_turns(size: int) -> None:
    pools = class_pools(Labelled())
    order, earlier = balanced_order(pools, size, seed=1, epoch=0)
    assert len(order) == len(earlier) == size
    per_class = [sum(LABELS[i] == c for i in order) for c in (0, 1, 3)]
    assert max(per_class) - min(per_class) <= 1
    for pool in pools:
        times = [Counter(order.tolist())[i] for i in pool]
        assert max(times) - min(times) <= 1
    seen: Counter = Counter()
    for index, before in zip(order.tolist(), earlier.tolist()):
        assert before == seen[index]
        seen[index] += 1


def test_the_odd_ones_change_with_the_epoch() -> None:
    pools = class_pools(Labelled())
    counts = np.zeros(3, int)
    for epoch in range(300):
        order, _ = balanced_order(pools, 31, seed=1, epoch=epoch)
        counts += [sum(LABELS[i] == c for i in order) == 11 for c in (0, 1, 3)]
    assert counts.sum() == 300 and counts.min() > 60  # 100 expected, sd 8


def test_epochs_are_a_function_of_seed_and_epoch() -> None:
    def epoch(seed: int, number: int) -> list:
        sampler = EpochSampler(Labelled(), seed=seed, class_balanced=True)
        sampler.set_epoch(number)
        return facts(sampler)

    assert epoch(5, 1) == epoch(5, 1)
    assert epoch(5, 1) != epoch(5, 2)
    assert [f[0] for f in epoch(5, 1)] != [f[0] for f in epoch(6, 1)]
    # repetitions of one sample draw numbers of their own
    assert len({position for *_, position in epoch(5, 1)}) == len(LABELS)


@pytest.mark.parametrize('world', [2, 4])
def test_ranks_share_the_epoch(monkeypatch, world: int) -> None:
    whole = facts(EpochSampler(Labelled(), seed=5, class_balanced=True))
    shares = []
    for rank in range(world):
        monkeypatch.setattr(epoch_sampler, 'get_dist_info', lambda rank=rank: (rank, world))
        shares.append(facts(EpochSampler(Labelled(), seed=5, class_balanced=True)))
        assert len(shares[-1]) == -(-len(LABELS) // world)
    merged = [index for group in zip(*shares) for index in group]
    assert merged == (whole + whole)[:len(merged)]


@pytest.mark.parametrize('seen', [0, 4, 30, 47])
@pytest.mark.parametrize('world', [1, 2])
def test_stream_resumes(monkeypatch, seen: int, world: int) -> None:
    whole = facts(islice(StreamSampler(Labelled(), seed=5, class_balanced=True), 120))
    assert {epoch for _, _, epoch, _ in whole} == {0, 1, 2, 3}
    shares = []
    for rank in range(world):
        monkeypatch.setattr(stream_sampler, 'get_dist_info', lambda rank=rank: (rank, world))
        sampler = StreamSampler(Labelled(), seed=5, class_balanced=True)
        sampler.start_at(seen)
        shares.append(facts(islice(sampler, 20)))
    merged = [index for group in zip(*shares) for index in group]
    assert merged == whole[seen:seen + len(merged)]


@pytest.mark.parametrize('sampler', [EpochSampler, StreamSampler])
def test_needs_a_random_order(sampler) -> None:
    with pytest.raises(ConfigError, match='shuffle=True'):
        sampler(Labelled(), shuffle=False, seed=0, class_balanced=True)


class TwoCorpora(Labelled):
    """One that knows corpora as well: 24 samples and 6."""

    def corpus_numbers(self) -> np.ndarray:
        return np.repeat([0, 1], [24, 6])


@pytest.mark.parametrize('sampler', [EpochSampler, StreamSampler])
def test_corpora_in_the_place_of_classes(sampler) -> None:
    assert [pool.tolist() for pool in corpus_pools(TwoCorpora())] == [
        list(range(24)), list(range(24, 30))]
    built = sampler(TwoCorpora(), seed=0, corpus_balanced=True)
    drawn = [int(index) for index in islice(built, 30)]
    assert sum(index < 24 for index in drawn) == 15
    assert {Counter(drawn)[index] for index in range(24, 30)} == {2, 3}
    with pytest.raises(ConfigError, match='exclude each other'):
        sampler(TwoCorpora(), seed=0, corpus_balanced=True, class_balanced=True)
    with pytest.raises(ConfigError, match=f'{sampler.__name__}: corpus_balanced.*shuffle'):
        sampler(TwoCorpora(), seed=0, corpus_balanced=True, shuffle=False)
    with pytest.raises(ConfigError, match='name several corpora'):
        sampler(Labelled(), seed=0, corpus_balanced=True)
