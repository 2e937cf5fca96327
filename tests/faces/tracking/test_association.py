from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmfer.faces.tracking.association import assign, overlaps


def test_overlaps_of_a_worked_example():
    # 2 x 2 and 2 x 2 share 1 x 2 of 6; the third is apart, the fourth is empty
    first = np.array([[0, 0, 2, 2]], np.float32)
    second = np.array([[1, 0, 3, 2], [0, 0, 2, 2], [2, 0, 4, 2], [1, 1, 1, 1]], np.float32)
    np.testing.assert_allclose(overlaps(first, second), [[1 / 3, 1, 0, 0]])
    assert overlaps(np.zeros((0, 4)), second).shape == (0, 4)


def test_overlap_of_two_empty_boxes_is_none():
    assert overlaps(np.zeros((1, 4)), np.zeros((1, 4))) == [[0.]]


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_assign_is_the_best_of_all_ways(rows, columns, seed):
    merit, least = np.random.default_rng(seed).random((rows, columns)), .4
    pairs = assign(merit, least)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(merit[pair] >= least for pair in pairs)
    # every way: rows to columns, or to one of `rows` places that stand for nobody
    worth = np.hstack([np.where(merit >= least, merit, 0), np.zeros((rows, rows))])
    best = max(sum(worth[row, column] for row, column in enumerate(way))
               for way in permutations(range(columns + rows), rows))
    np.testing.assert_allclose(sum(merit[pair] for pair in pairs), best)


def test_assign_makes_no_pair_of_nothing():
    assert assign(np.full((2, 3), -np.inf), .5) == []
    assert assign(np.array([[.9, .45], [.45, 0.]]), .4) == [(0, 0)]
    assert assign(np.array([[.5, .45], [.45, 0.]]), .4) == [(0, 1), (1, 0)]
