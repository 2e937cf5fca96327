from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import ClipSample
from mmfer.datasets.transforms.clip_sample import (
    frames_in_bounds,
    normalised_positions,
    sub_video_bounds,
)
from mmfer.datasets.transforms.sampling import segment_bounds
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


def draw(transform: ClipSample, total: int) -> np.ndarray:
    """Positions (K, n) that a transform samples."""
    results = transform(dict(total_frames=total, start_index=1))
    assert (results['num_clips'], results['clip_len']) == (transform.num_clips,
                                                           transform.frames_per_clip)
    return results['frame_inds'].reshape(transform.num_clips, -1) - 1


@pytest.mark.parametrize('total', [1, 2, 40, 104, 105, 106, 500])
def test_normalised_positions_are_the_nearest_of_evenly_spaced_points(total: int) -> None:
    got = normalised_positions(total, 105)
    points = np.linspace(0, total - 1, 105)
    assert np.abs(got - points).max() <= 0.5 + 1e-9
    assert (np.diff(got) >= 0).all() and got[0] == 0 and got[-1] == total - 1


def test_a_video_of_the_wanted_length_stays_as_it_is() -> None:
    assert normalised_positions(105, 105).tolist() == list(range(105))


def test_longer_videos_can_be_cut_instead() -> None:
    assert normalised_positions(300, 105, 'cut').tolist() == list(range(105))
    assert np.array_equal(normalised_positions(50, 105, 'cut'), normalised_positions(50, 105))


def test_papers_sub_videos() -> None:
    first, behind = sub_video_bounds(75, 7, 15, window=75)
    assert first.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert (behind - first == 15).all()
    for one, other in zip(first, sub_video_bounds(75, 7, 15, overlap=5)[0]):
        assert one == other


@pytest.mark.parametrize('num_clips', range(1, 11))
def test_sub_videos_span_the_window(num_clips: int) -> None:
    first, behind = sub_video_bounds(75, num_clips, 15, window=75)
    assert (behind - first == 15).all()
    if num_clips == 1:
        assert first.tolist() == [30]
    else:
        assert (first[0], behind[-1]) == (0, 75)
        assert np.ptp(np.diff(first)) <= 1


@pytest.mark.parametrize('total', [1, 3, 4, 16, 37, 300])
def test_without_overlap_a_whole_video_is_cut_evenly(total: int) -> None:
    got = sub_video_bounds(total, 4, 15, overlap=0)
    for one, other in zip(got, segment_bounds(total, 4)):
        assert np.array_equal(one, other)


@pytest.mark.parametrize('total', [1, 5, 20, 74, 200])
@pytest.mark.parametrize('options', [dict(window=75), dict(overlap=5), dict(overlap=14)])
@pytest.mark.parametrize('num_clips', [1, 4, 7])
def test_stretched_sub_videos_stay_inside(total: int, options: dict, num_clips: int) -> None:
    first, behind = sub_video_bounds(total, num_clips, 15, **options)
    assert first.min() >= 0 and behind.max() <= total and (behind > first).all()


def test_test_mode_takes_the_papers_frames() -> None:
    got = draw(ClipSample(test_mode=True), 105)
    assert got.tolist() == [[15 + 10 * k + i for i in (0, 3, 6, 9, 12)] for k in range(7)]


def test_training_draws_distinct_frames_of_each_sub_video() -> None:
    transform = TRANSFORMS.build(dict(type='ClipSample'))
    starts = set()
    for epoch in range(300):
        with seeded(0, epoch):
            got = draw(transform, 105)
        assert got.shape == (7, 5) and (np.diff(got, axis=1) > 0).all()
        assert (got.max(axis=1) - got.min(axis=1) < 15).all()
        # the k-th sub-video lies in [start + 10 k, start + 10 k + 14], so these bound the start
        lowest = (got.max(axis=1) - 10 * np.arange(7) - 14).max()
        highest = (got.min(axis=1) - 10 * np.arange(7)).min()
        assert 0 <= highest and lowest <= 29
        if lowest == highest:
            starts.add(int(lowest))
    assert {0, 29} <= starts and max(starts) == 29 and min(starts) == 0
    with seeded(0, 0):
        again = draw(transform, 105)
    with seeded(0, 0):
        assert np.array_equal(again, draw(transform, 105))


@pytest.mark.parametrize('frames', [2, 5, 10, 15])
@pytest.mark.parametrize('test_mode', [True, False])
def test_frames_per_clip_by_one_option(frames: int, test_mode: bool) -> None:
    got = draw(ClipSample(frames_per_clip=frames, test_mode=test_mode), 105)
    assert got.shape == (7, frames) and (np.diff(got, axis=1) > 0).all()


@pytest.mark.parametrize('num_clips', range(1, 11))
@pytest.mark.parametrize('options', [dict(), dict(window=None, overlap=5)])
def test_number_of_clips_by_one_option(num_clips: int, options: dict) -> None:
    for test_mode in (True, False):
        got = draw(ClipSample(num_clips, test_mode=test_mode, **options), 105)
        assert got.shape == (num_clips, 5) and 0 <= got.min() <= got.max() < 105


def test_ten_clips_at_the_papers_distance_fill_the_video() -> None:
    got = draw(ClipSample(10, window=None, overlap=5, test_mode=True), 105)
    assert got[:, 0].tolist() == list(range(0, 100, 10))


@pytest.mark.parametrize('total', [1, 2, 7, 30])
def test_short_videos_repeat_frames(total: int) -> None:
    for options in (dict(), dict(num_frames=None)):
        got = draw(ClipSample(**options), total)
        assert got.shape == (7, 5) and 0 <= got.min() <= got.max() < total


def test_the_window_can_span_the_whole_video() -> None:
    options = dict(num_frames=None, window=None, overlap=0, num_clips=4, frames_per_clip=4)
    got = draw(ClipSample(test_mode=True, **options), 16)
    assert got.reshape(-1).tolist() == list(range(16))
    got = draw(ClipSample(test_mode=False, **options), 160)
    assert (got // 40 == np.arange(4)[:, None]).all()


def test_sub_videos_of_too_few_frames_repeat_them_evenly() -> None:
    got = frames_in_bounds(np.array([2]), np.array([4]), 5, np.random.default_rng(0))
    assert got.tolist() == [[2, 2, 2, 3, 3]]


@pytest.mark.parametrize('options, match', [
    (dict(num_clips=0), 'num_clips'), (dict(frames_per_clip=0), 'frames_per_clip'),
    (dict(starts=0), 'starts'), (dict(test_start=-1), 'test_start'),
    (dict(longer='drop'), 'longer'), (dict(overlap=5), 'give one'), (dict(window=None), 'give one'),
    (dict(window=None, overlap=15), '0 to 14'), (dict(window=10), 'does not fit'),
    (dict(window=110), 'num_frames=105'), (dict(num_clips=11, window=None, overlap=5), '115'),
])
def test_wrong_options(options: dict, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        ClipSample(**options)
