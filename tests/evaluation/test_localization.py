import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.evaluation.localization import (
    last_half_mass,
    localize,
    localize_sub_clip,
    measure_attention,
)


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


def test_selected_sub_clip_in_a_long_apex():
    # of three sub-clips of frames 1-5, 6-10 and 11-15 the apex 8-15 shares 0, 3 and 5 frames
    numbers = [1, 3, 5, 6, 8, 10, 11, 13, 15]
    assert localize_sub_clip([.2, .5, .3], numbers, (8, 15)).hit == 1
    assert localize_sub_clip([.5, .2, .3], numbers, (8, 15)).hit == 0
    found = localize_sub_clip([.2, .5, .3], numbers, (9, 15))  # 2 of 5 are too few
    assert (found.hit, found.mass, found.chance) == (0, pytest.approx(.3), pytest.approx(1 / 3))


def test_sub_clip_that_holds_most_of_a_short_apex():
    numbers = [1, 5, 9, 11, 15, 19]
    assert localize_sub_clip([.7, .3], numbers, (4, 4)).hit == 1  # not a sampled frame itself
    assert localize_sub_clip([.7, .3], numbers, (8, 11)).hit == 1  # 8 and 9, two of four
    assert localize_sub_clip([.7, .3], numbers, (8, 11)).chance == .5
    assert localize_sub_clip([.7, .3], numbers, (8, 12)).chance == 0  # two of five each
    assert localize_sub_clip([.7, .3], numbers, (10, 10)).chance == 0


def test_ties_of_sub_clips_are_broken_by_chance():
    found = localize_sub_clip([.4, .4, .2], [1, 2, 3, 4, 5, 6], (1, 2))
    assert (found.hit, found.mass) == (.5, pytest.approx(.4))


@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 40), st.integers(0, 20),
       st.randoms())
def test_uniform_scores_give_exactly_chance(clips, length, first, extent, random):
    numbers = [random.randint(1, 40) for _ in range(clips * length)]
    found = localize_sub_clip(np.full(clips, .2), numbers, (first, first + extent))
    assert found.hit == pytest.approx(found.chance) == pytest.approx(found.mass)


def test_sub_clips_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match='2 sub-clips'):
        localize_sub_clip([.5, .5], [1, 2, 3], (1, 1))


def test_measures_follow_from_what_is_known():
    weights, scores = np.array([.1, .2, .3, .4]), np.array([.3, .7])
    numbers, apex = [1, 2, 3, 4], (3, 4)
    both = {'frame_weights': weights, 'clip_scores': scores}
    expected = {'last_half_mass': (.7, .5), 'hit_rate': (1, .5), 'attention_mass': (.7, .5),
                'clip_hit_rate': (1, .5)}
    found = measure_attention(both, numbers, apex)
    assert found.keys() == expected.keys()
    for name, pair in expected.items():
        assert found[name] == pytest.approx(pair)
    assert measure_attention(both, numbers, None).keys() == {'last_half_mass'}
    assert measure_attention({'clip_scores': scores}, numbers, apex).keys() == {'clip_hit_rate'}
    assert measure_attention({}, numbers, apex) == {}


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
