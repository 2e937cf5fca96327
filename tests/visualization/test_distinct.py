import numpy as np

from mmfer.visualization.distinct import DistinctFrames


def test_repeated_and_overlapping_frames():
    frames = DistinctFrames.of([5, 9, 5, 7, 9, 9])
    assert frames.numbers.tolist() == [5, 7, 9]
    assert frames.counts.tolist() == [2, 1, 3]
    assert frames.inverse.tolist() == [0, 2, 0, 1, 2, 2]
    np.testing.assert_allclose(frames.uniform, [2 / 6, 1 / 6, 3 / 6])
    weights = np.array([1., 2, 4, 8, 16, 32])
    assert frames.total(weights).tolist() == [5, 8, 50]
    np.testing.assert_allclose(frames.mean(weights), [2.5, 8, 50 / 3])


def test_trailing_axes_are_kept():
    values = np.arange(12.).reshape(3, 2, 2)
    frames = DistinctFrames.of([4, 4, 1])
    np.testing.assert_allclose(frames.total(values), [values[2], values[0] + values[1]])
    np.testing.assert_allclose(frames.mean(values), [values[2], (values[0] + values[1]) / 2])


def test_without_repetitions_nothing_changes():
    values = np.array([.3, .1, .6])
    frames = DistinctFrames.of([2, 4, 6])
    np.testing.assert_array_equal(frames.total(values), values)
    np.testing.assert_array_equal(frames.mean(values), values)
