import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.evaluation.localization import last_half_mass, localize, mean_localization


def test_hand_counted_case():
    found = localize([1, 2, 4, 3], [1, 3, 5, 7], apex=(4, 7))
    assert found.hit == 1
    assert found.mass == pytest.approx(0.7)
    assert found.chance == 0.5


def test_miss():
    assert localize([3, 1], [1, 2], apex=(2, 2)).hit == 0


def test_tie_is_the_expectation_of_breaking_it_by_chance():
    assert localize([2, 2, 2, 1], [1, 2, 3, 4], apex=(3, 4)).hit == pytest.approx(1 / 3)


def test_ties_of_rounded_weights():
    weights = np.full(3, 1 / 3, np.float32)
    weights[0] = np.nextafter(weights[0], np.float32(1))
    assert localize(weights, [1, 2, 3], apex=(3, 3)).hit == pytest.approx(1 / 3)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(1, 12),
       st.integers(0, 6))
def test_uniform_weights_score_exactly_chance(numbers, first, length):
    # also with frames that were sampled several times
    found = localize(np.full(len(numbers), 0.3), sorted(numbers), (first, first + length))
    assert found.hit == pytest.approx(found.chance)
    assert found.mass == pytest.approx(found.chance)


def test_doubling_every_frame_changes_nothing():
    weights, numbers = np.array([.1, .5, .4]), np.array([2, 4, 9])
    once = localize(weights, numbers, (4, 6))
    twice = localize(np.repeat(weights, 2), np.repeat(numbers, 2), (4, 6))
    assert (once.hit, once.chance) == (twice.hit, twice.chance)
    assert once.mass == pytest.approx(twice.mass)


def test_apex_that_was_not_sampled():
    found = localize([1, 2], [1, 9], apex=(4, 5))
    assert (found.hit, found.mass, found.chance) == (0, 0, 0)


def test_mean_gives_each_clip_the_same_weight():
    mean = mean_localization([localize([1, 0, 0, 0], [1, 2, 3, 4], (1, 1)),
                              localize([1, 0], [1, 2], (2, 2))])
    assert (mean.hit, mean.mass, mean.chance) == (0.5, 0.5, pytest.approx(0.375))
    assert np.isnan(mean_localization([]).hit)


def test_last_half():
    assert last_half_mass([1, 1, 3, 5]) == pytest.approx(0.8)
    assert last_half_mass([1, 2, 5]) == pytest.approx(0.75)  # the middle frame counts half


@pytest.mark.parametrize('count', [1, 2, 3, 7, 10])
def test_last_half_of_uniform_weights(count):
    assert last_half_mass(np.full(count, 0.2)) == pytest.approx(0.5)


@pytest.mark.parametrize('weights,match', [
    ([], 'vector'), ([[1]], 'vector'), ([1, -1], 'negative'), ([1, np.nan], 'finite'),
    ([0, 0], 'zero'),
])
def test_refuses_weights_without_meaning(weights, match):
    with pytest.raises(ValueError, match=match):
        last_half_mass(weights)


def test_refuses_other_lengths():
    with pytest.raises(ValueError, match='2 weights'):
        localize([1, 2], [1, 2, 3], (1, 1))
