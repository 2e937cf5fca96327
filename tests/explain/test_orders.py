import numpy as np
import pytest

from mmfer.explain.orders import area, spread_order, weight_order


def rng(seed=0):
    return np.random.default_rng(seed)


class TestWeightOrder:

    def test_heaviest_first_whatever_the_scale(self):
        weights = np.array([.2, .5, .1, .15, .05])
        for scale in (1e-12, 1., 1e6):
            assert weight_order(weights * scale, rng()).tolist() == [1, 0, 3, 2, 4]

    def test_equal_weights_come_in_random_order(self):
        first = [weight_order(np.full(4, .25) + 1e-9 * np.arange(4), rng(seed))[0]
                 for seed in range(400)]
        assert np.bincount(first, minlength=4).min() > 70  # of 100 expected

    def test_ties_are_broken_among_themselves_only(self):
        for seed in range(20):
            order = weight_order([.1, .4, .1, .4], rng(seed)).tolist()
            assert sorted(order[:2]) == [1, 3] and sorted(order[2:]) == [0, 2]

    def test_no_weight_at_all(self):
        assert sorted(weight_order(np.zeros(3), rng())) == [0, 1, 2]


class TestSpreadOrder:

    def test_middle_then_ends_then_between(self):
        assert spread_order(np.arange(5)[:, None]).tolist() == [2, 0, 4, 1, 3]

    def test_it_is_about_places_not_positions(self):
        # frames 1, 2, 3, 100: the middle of time is nearest to frame 3
        assert spread_order([[1], [2], [3], [100]]).tolist() == [2, 3, 0, 1]

    def test_equal_places_come_once_each(self):
        assert sorted(spread_order(np.zeros((4, 2)))) == [0, 1, 2, 3]

    def test_grid(self):
        order = spread_order(np.argwhere(np.ones((3, 3)))).tolist()
        assert order[0] == 4 and sorted(order[1:5]) == [0, 2, 6, 8]


@pytest.mark.parametrize('curve, expected', [
    ([.7], .7), ([1, 0], .5), ([1, 0, 0], .25), ([.2, .4, .9], (.1 + .4 + .45) / 2)])
def test_area(curve, expected):
    assert area(curve) == pytest.approx(expected, rel=1e-12)
