from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.datasets.label_distribution import map_distribution
from mmfer.errors import AnnotationError

NAMES = ('anger', 'fear', 'sadness')


def test_reorders_and_fills() -> None:
    shares = map_distribution([0.25, 0.0, 0.75], [3, None, 0], 4, 'x', NAMES)
    assert shares.dtype == np.float32 and shares.tolist() == [0.75, 0.0, 0.0, 0.25]


def test_votes_for_a_class_that_is_not_wanted() -> None:
    with pytest.raises(AnnotationError, match="clip 'é': label_distribution gives 0.1 to class "
                                              "'fear', which is not among"):
        map_distribution([0.9, 0.1, 0.0], [0, None, 1], 2, "clip 'é'", NAMES)


@given(st.permutations(range(5)), st.lists(st.integers(0, 10), min_size=5, max_size=5)
       .filter(any))
def test_any_order_of_any_votes(order: list[int], votes: list[int]) -> None:
    rounded = [round(vote / sum(votes), 4) for vote in votes]
    shares = map_distribution(rounded, order, 5, 'x', [str(name) for name in range(5)])
    assert abs(float(shares.astype(np.float64).sum()) - 1) < 1e-6
    for index, vote in zip(order, votes, strict=True):
        assert abs(float(shares[index]) - vote / sum(votes)) < 3e-4
    if max(votes) == sum(votes):  # all agree: one-hot, exactly
        assert sorted(shares.tolist()) == [0, 0, 0, 0, 1]
