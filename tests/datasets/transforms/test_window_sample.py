from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.transforms import WindowSample
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


def windows(total: int, tail: str, length: int = 8, **fields) -> list[dict]:
    count = -(-total // length)
    return [WindowSample(length, tail)(dict(total_frames=total, start_index=1, repeat_index=index,
                                            repeat_count=count, **fields))
            for index in range(count)]


def inds(samples: list[dict]) -> list[list[int]]:
    return [sample['frame_inds'].tolist() for sample in samples]


@pytest.mark.parametrize('tail,last', [
    ('mask', [17, 18, 19]), ('shift', list(range(12, 20))),
    ('repeat', [17, 18, 19, 19, 19, 19, 19, 19]), ('zeros', [17, 18, 19, 19, 19, 19, 19, 19])])
def test_the_last_window(tail: str, last: list[int]) -> None:
    samples = windows(19, tail)
    assert inds(samples) == [list(range(1, 9)), list(range(9, 17)), last]
    for sample in samples:
        assert (sample['num_clips'], sample['clip_len']) == (1, len(sample['frame_inds']))
        blank = sample.get('frame_blank')
        if tail == 'zeros':
            assert blank.tolist() == [False] * 3 + [True] * 5 if sample is samples[-1] else (
                not blank.any())
        else:
            assert blank is None


@pytest.mark.parametrize('tail', ['mask', 'zeros', 'repeat', 'shift'])
@pytest.mark.parametrize('total', [1, 3, 8, 9, 16, 31])
def test_every_frame_is_answered(tail: str, total: int) -> None:
    samples = windows(total, tail)
    assert sorted({frame for sample in inds(samples) for frame in sample}) == list(
        range(1, total + 1))
    lengths = {len(sample) for sample in inds(samples)}
    if tail in ('zeros', 'repeat') or (tail == 'shift' and total >= 8):
        assert lengths == {8}
    if total % 8 == 0:  # nothing to fill up
        assert inds(samples) == inds(windows(total, 'mask'))


def test_missing_frames_and_videos() -> None:
    numbers = np.array([2, 3, 5, 9, 10])
    samples = windows(5, 'mask', 2, frame_numbers=numbers)
    assert inds(samples) == [[2, 3], [5, 9], [10]]


def test_refuses_wrong_settings() -> None:
    with pytest.raises(ConfigError, match='length is 0'):
        WindowSample(0)
    with pytest.raises(ConfigError, match="'cut' does not exist"):
        WindowSample(tail='cut')
    with pytest.raises(ConfigError, match=r"'a' of 19 frames comes as 1 samples.*windows=8"):
        WindowSample()(dict(clip='a', total_frames=19, start_index=1, repeat_index=0,
                            repeat_count=1))
    with pytest.raises(ConfigError, match='comes as 5 samples, not as 3'):
        WindowSample()(dict(total_frames=19, start_index=1, repeat_index=0, repeat_count=5))


def test_is_built_by_name() -> None:
    step = TRANSFORMS.build(dict(type='WindowSample', tail='shift'))
    assert repr(step) == "WindowSample(length=8, tail='shift')"
