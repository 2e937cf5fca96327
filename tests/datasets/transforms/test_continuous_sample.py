from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import ContinuousSample
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

# runs of 4, 9 and 3 consecutive numbers
NUMBERS = np.array([1, 2, 3, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 23])
CODE = dict(max_span=12, labelled_only=True)


def draw(step: ContinuousSample, times: int = 200, **fields) -> list[tuple[int, ...]]:
    drawn = []
    for epoch in range(times):
        with seeded(epoch):
            drawn.append(tuple(step(dict(start_index=1, **fields))['frame_inds'].tolist()))
    return drawn


def labels(ignored: set[int], last: int = 23) -> np.ndarray:
    return np.array([-1 if number in ignored else 0 for number in range(1, last + 1)])


def code_starts(numbers: list[int], length: int = 8, limit: int = 12) -> set[tuple[int, ...]]:
    """The runs that the code's loop can end with."""
    runs = [tuple(numbers[i:i + length]) for i in range(len(numbers) - length + 1)]
    return {run for run in runs if run[-1] - run[0] <= limit}


def test_paper_takes_consecutive_numbers_from_any_start() -> None:
    drawn = draw(ContinuousSample(8), total_frames=16, frame_numbers=NUMBERS)
    assert set(drawn) == {tuple(range(10, 18)), tuple(range(11, 19))}
    assert 60 < drawn.count(tuple(range(10, 18))) < 140  # equally likely, of 200


def test_without_gaps_every_start_is_as_likely() -> None:
    drawn = draw(ContinuousSample(3), 600, total_frames=5)
    assert set(drawn) == {(1, 2, 3), (2, 3, 4), (3, 4, 5)}
    assert min(map(drawn.count, set(drawn))) > 150


def test_code_bridges_small_gaps_and_skips_ignored_frames() -> None:
    ignored = {11, 12, 22}
    kept = [n for n in NUMBERS.tolist() if n not in ignored]
    drawn = draw(ContinuousSample(8, **CODE), 400, total_frames=16, frame_numbers=NUMBERS,
                 frame_labels=labels(ignored))
    expected = code_starts(kept)
    assert set(drawn) == expected and 1 < len(expected) < len(kept) - 7
    assert all(run[-1] - run[0] <= 12 and not ignored & set(run) for run in drawn)


def test_a_clip_label_labels_every_frame() -> None:
    assert set(draw(ContinuousSample(3, **CODE), total_frames=4)) == {(1, 2, 3), (2, 3, 4)}


def test_tightest_run_where_none_is_tight_enough() -> None:
    numbers = np.array([1, 4, 5, 9, 10, 30])
    with pytest.warns(UserWarning, match="'x' has no 3 frames within 3 numbers"):
        drawn = draw(ContinuousSample(3), 5, clip='x', total_frames=6, frame_numbers=numbers)
    assert set(drawn) == {(1, 4, 5)}
    with pytest.warns(UserWarning, match='no 8 frames within 13'):
        drawn = draw(ContinuousSample(8, **CODE), 1, total_frames=3, clip='y',
                     frame_numbers=np.array([1, 2, 30]))
    assert drawn == [(1, 2, 30)]


def test_short_clips_give_all_their_frames() -> None:
    step = ContinuousSample(8)
    results = step(dict(total_frames=3, start_index=0))
    assert results['frame_inds'].tolist() == [0, 1, 2]
    assert (results['num_clips'], results['clip_len']) == (1, 3)


def test_refuses_what_cannot_be() -> None:
    with pytest.raises(ConfigError, match='length is 0'):
        ContinuousSample(0)
    with pytest.raises(ConfigError, match='8 frames span at least 7, but max_span is 6'):
        ContinuousSample(8, max_span=6)
    with pytest.raises(ConfigError, match="'x' has no labelled frame"):
        ContinuousSample(8, **CODE)(dict(clip='x', total_frames=2, start_index=1,
                                         frame_labels=np.array([-1, -1, 0])))


def test_is_built_by_name() -> None:
    step = TRANSFORMS.build(dict(type='ContinuousSample', **CODE))
    assert repr(step) == 'ContinuousSample(length=8, max_span=12, labelled_only=True)'
