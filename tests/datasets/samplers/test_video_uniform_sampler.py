from __future__ import annotations

from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from mmfer.datasets import ExpressionDataset
from mmfer.datasets.samplers import VideoUniformSampler, video_uniform_sampler
from mmfer.registry import DATA_SAMPLERS


class Windows:
    """Three videos of 1, 5 and 2 samples, in any order."""

    numbers = np.array([1, 1, 0, 2, 1, 1, 2, 1])

    def __len__(self) -> int:
        return len(self.numbers)

    def clip_numbers(self) -> np.ndarray:
        return self.numbers


def stream(monkeypatch, dataset, count: int = 40, rank: int = 0, world: int = 1, start: int = 0,
           seed: int = 3) -> list:
    monkeypatch.setattr(video_uniform_sampler, 'get_dist_info', lambda: (rank, world))
    sampler = VideoUniformSampler(dataset, seed=seed)
    sampler.start_at(start)
    return list(islice(sampler, count))


def facts(indices: list) -> list:
    return [(int(index), index.seed, index.epoch) for index in indices]


def test_videos_are_equally_likely_and_so_are_their_samples(monkeypatch) -> None:
    drawn = np.bincount(stream(monkeypatch, Windows(), 6000), minlength=8)
    videos = np.bincount(Windows.numbers, drawn)
    # 2,000 each, standard deviation 37
    assert abs(videos - 2000).max() < 150
    assert abs(drawn[Windows.numbers == 1] - 400).max() < 100
    alone = np.bincount(stream(monkeypatch, range(4), 4000), minlength=4)
    assert abs(alone - 1000).max() < 150


def test_a_video_that_comes_again_draws_anew(monkeypatch) -> None:
    indices = stream(monkeypatch, range(2))
    assert len({(int(index), index.epoch) for index in indices}) == 40
    assert stream(monkeypatch, range(2)) == indices
    assert facts(stream(monkeypatch, range(2), seed=4)) != facts(indices)


@pytest.mark.parametrize('world', [2, 3])
def test_ranks_take_turns(monkeypatch, world: int) -> None:
    whole = facts(stream(monkeypatch, Windows()))
    shares = [stream(monkeypatch, Windows(), rank=rank, world=world) for rank in range(world)]
    merged = facts([index for group in zip(*shares) for index in group])
    assert merged[:40] == whole


@pytest.mark.parametrize('seen', [0, 4, 7, 20])
def test_resume_continues_the_stream(monkeypatch, seen: int) -> None:
    whole = facts(stream(monkeypatch, Windows()))
    assert facts(stream(monkeypatch, Windows(), 20, start=seen)) == whole[seen:seen + 20]
    share = facts(stream(monkeypatch, Windows(), rank=1, world=2))
    assert facts(stream(monkeypatch, Windows(), 10, 1, 2, 2 * seen)) == share[seen:seen + 10]


def test_length_and_epochs(monkeypatch) -> None:
    monkeypatch.setattr(video_uniform_sampler, 'get_dist_info', lambda: (0, 2))
    sampler = DATA_SAMPLERS.build(dict(type='VideoUniformSampler', dataset=range(5), seed=0))
    before = next(iter(sampler))
    sampler.set_epoch(9)
    assert len(sampler) == 3 and facts([next(iter(sampler))]) == facts([before])


def test_repeats_of_a_clip_are_one_video(corpus: SimpleNamespace, monkeypatch) -> None:
    dataset = ExpressionDataset(**corpus.args, repeat=dict(windows=2))
    assert dataset.clip_numbers().tolist() == [0, 0, 0, 0, 1, 1, 2, 3]
    drawn = np.bincount(stream(monkeypatch, dataset, 4000), minlength=8)
    assert abs(drawn[[6, 7]] - 1000).max() < 150 and abs(drawn[:4].sum() - 1000) < 150
