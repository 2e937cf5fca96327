from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.transforms import sampling


@pytest.mark.parametrize('total, segments, first, behind', [
    (9, 3, [0, 3, 6], [3, 6, 9]),
    (10, 3, [0, 3, 6], [3, 6, 10]),
    (11, 3, [0, 3, 7], [3, 7, 11]),
    (8, 5, [0, 1, 3, 4, 6], [1, 3, 4, 6, 8]),
    (3, 3, [0, 1, 2], [1, 2, 3]),
    (2, 3, [0, 0, 1], [1, 1, 2]),
    (1, 3, [0, 0, 0], [1, 1, 1]),
    (3, 8, [0, 0, 0, 1, 1, 1, 2, 2], [1, 1, 1, 2, 2, 2, 3, 3]),
    (71, 2, [0, 35], [35, 71]),
])
def test_segment_bounds(total: int, segments: int, first: list, behind: list) -> None:
    low, high = sampling.segment_bounds(total, segments)
    assert low.tolist() == first and high.tolist() == behind


def test_segments_are_drawn_uniformly_and_on_their_own() -> None:
    rng = np.random.default_rng(0)
    drawn = np.stack([sampling.segment_positions(10, 3, rng) for _ in range(6000)])
    for column, (low, high) in enumerate([(0, 3), (3, 6), (6, 10)]):
        counts = np.bincount(drawn[:, column], minlength=10)
        expected = 6000 / (high - low)
        assert counts[:low].sum() == counts[high:].sum() == 0
        assert np.abs(counts[low:high] - expected).max() < 5 * expected**0.5
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.05


@pytest.mark.parametrize('variant, total, segments, low, high', [
    ('code_ckplus', 20, 3, [0, 4, 8], [4, 8, 12]),
    ('code_ckplus', 24, 3, [0, 4, 8], [4, 8, 12]),
    ('code_ckplus', 6, 3, [0, 1, 2], [1, 2, 3]),
    ('code_ckplus', 14, 5, [0, 2, 4, 6, 8], [2, 4, 6, 8, 10]),
    ('code_afew', 20, 3, [0, 6, 12], [6, 12, 19]),
    ('code_afew', 4, 3, [0, 1, 2], [1, 2, 3]),
    ('code_afew', 10, 2, [0, 5], [5, 9]),
    # too short: the clip's own frame, then any
    ('code_ckplus', 5, 3, [2, 0, 0], [2, 4, 4]),
    ('code_afew', 3, 3, [2, 0, 0], [2, 2, 2]),
    ('code_afew', 2, 3, [0, 0, 0], [0, 1, 1]),
])
def test_code_positions_reach_exactly_their_range(
        variant: str, total: int, segments: int, low: list, high: list) -> None:
    rng = np.random.default_rng(0)
    drawn = np.stack([
        sampling.code_positions(total, segments, variant, 2, rng) for _ in range(2000)])
    assert drawn.min(0).tolist() == low and drawn.max(0).tolist() == high


@pytest.mark.parametrize('total, num_frames, positions', [
    (9, 3, [1, 4, 7]), (10, 5, [1, 3, 5, 7, 9]), (10, 1, [5]), (4, 4, [0, 1, 2, 3]),
    (2, 4, [0, 0, 1, 1]), (1, 3, [0, 0, 0]), (7, 2, [1, 5])])
def test_uniform_positions(total: int, num_frames: int, positions: list) -> None:
    assert sampling.uniform_positions(total, num_frames).tolist() == positions


def test_frame_inds() -> None:
    positions = np.array([0, 2, 2])
    assert sampling.to_frame_inds(positions, 1).tolist() == [1, 3, 3]
    assert sampling.to_frame_inds(positions, 0, np.array([1, 4, 9])).tolist() == [0, 8, 8]
    inds = sampling.to_frame_inds(sampling.all_positions(3), 10, np.array([1, 4, 9]))
    assert inds.tolist() == [10, 13, 18] and inds.dtype == np.int64
    results = sampling.set_frame_inds(dict(start_index=1), positions)
    assert (results['num_clips'], results['clip_len']) == (1, 3)


@pytest.mark.parametrize('numbers,length,span,starts', [
    ([1, 2, 3, 4], 2, 1, [0, 1, 2]), ([1, 2, 4, 5], 2, 1, [0, 2]), ([1, 2, 4, 5], 2, 2, [0, 1, 2]),
    ([1, 4, 6, 8], 2, 1, [1]), ([1, 9], 2, 1, [0]), ([5], 2, 1, [0]), ([1, 3, 5], 1, 0, [0, 1, 2])])
def test_run_starts(numbers, length, span, starts) -> None:
    assert sampling.run_starts(np.array(numbers), length, span).tolist() == starts


def test_stand_ins_are_sampled_frames_with_a_face():
    present = np.array([0, 1, 0, 1, 0, 0, 1], bool)
    assert sampling.stand_ins(np.array([0, 1, 2, 3, 4]), present).tolist() == [1, 1, 1, 3, 3]
    # clips may come in any order: the one sampled before, not the nearest in time
    assert sampling.stand_ins(np.array([4, 6, 0, 1]), present).tolist() == [6, 6, 6, 1]
    assert sampling.stand_ins(np.array([4, 5]), present).tolist() == [6, 6]
    assert sampling.stand_ins(np.array([2]), present).tolist() == [1]
