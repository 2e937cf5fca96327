from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import RandomSample
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


def draw(transform: RandomSample, total: int, **facts) -> dict:
    return transform(dict(total_frames=total, start_index=1, **facts))


def test_distinct_frames_in_order_drawn_anew() -> None:
    transform = TRANSFORMS.build(dict(type='RandomSample'))
    with seeded(1, 2):
        results, second = draw(transform, 40), draw(transform, 40)
    inds = results['frame_inds']
    assert len(inds) == 16 and (np.diff(inds) > 0).all() and 1 <= inds[0] and inds[-1] <= 40
    assert (results['num_clips'], results['clip_len']) == (1, 16)
    assert not np.array_equal(inds, second['frame_inds'])
    with seeded(1, 2):
        assert np.array_equal(draw(transform, 40)['frame_inds'], inds)


def test_every_frame_is_as_likely() -> None:
    transform, counts = RandomSample(4), np.zeros(10)
    with seeded(0):
        for _ in range(5000):
            counts[draw(transform, 10)['frame_inds'] - 1] += 1
    # 2,000 expected of each; the standard deviation is 35
    assert np.abs(counts - 2000).max() < 5 * 35


def test_short_clips_repeat_frames_evenly() -> None:
    with seeded(0):
        inds = draw(RandomSample(16), 7)['frame_inds']
    assert sorted(np.bincount(inds, minlength=8)[1:].tolist()) == [2, 2, 2, 2, 2, 3, 3]
    assert (np.diff(inds) >= 0).all()
    assert draw(RandomSample(3), 1)['frame_inds'].tolist() == [1, 1, 1]
    assert draw(RandomSample(5), 5)['frame_inds'].tolist() == [1, 2, 3, 4, 5]


def test_missing_frames_are_skipped() -> None:
    numbers = np.array([2, 5, 9])
    assert draw(RandomSample(3), 3, frame_numbers=numbers)['frame_inds'].tolist() == [2, 5, 9]


def test_wrong_options() -> None:
    with pytest.raises(ConfigError, match='num_frames'):
        RandomSample(0)
    assert repr(RandomSample(4)) == 'RandomSample(num_frames=4)'
