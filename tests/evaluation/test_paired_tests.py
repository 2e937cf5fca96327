"""Paired tests against enumeration, SciPy, worked examples, and simulated methods."""
import itertools

import numpy as np
import pytest
from scipy import stats

from mmfer.evaluation.functional import confusion_matrix, uar, war
from mmfer.evaluation.paired_tests import holm, mcnemar, paired_test, sign_flip_test
from mmfer.evaluation.units import group_units
from mmfer.testing.simulated import SHARES, Population, draw_pair


def clips_of(subjects, seed=0, accuracy=.6, classes=7):
    """Labels and predictions of six clips per subject, as (M,), (1, M) and the units."""
    rng = np.random.default_rng(seed)
    count = subjects * 6
    labels = rng.integers(classes, size=count)
    given = np.where(rng.random(count) < accuracy, labels, rng.integers(classes, size=count))
    units = group_units([f's{i // 6}' for i in range(count)], [f'c{i}' for i in range(count)])
    return labels, given[None], units


class TestSignFlips:

    def test_exact_against_enumeration(self):
        shares = np.array([.3, -.1, .2, .05, 0., -.25])
        sums = [np.dot(signs, shares) for signs in itertools.product([1, -1], repeat=6)]
        expected = np.mean(np.abs(sums) >= abs(shares.sum()) - 1e-12)
        result = sign_flip_test(shares)
        assert result.exact and result.units == 5
        assert result.difference == pytest.approx(.2)
        assert result.p == pytest.approx(expected)

    def test_agrees_with_scipy(self):
        shares = np.random.default_rng(1).normal(.15, 1, 12)
        reference = stats.permutation_test((shares, ), lambda x, axis: x.sum(axis),
                                           permutation_type='samples', vectorized=True)
        assert sign_flip_test(shares).p == pytest.approx(reference.pvalue)

    def test_random_swaps_approach_the_exact_test(self):
        shares = np.random.default_rng(0).normal(.3, 1, 13)
        exact = sign_flip_test(shares)
        drawn = sign_flip_test(shares, resamples=8000)
        assert exact.exact and not drawn.exact
        assert drawn.p == pytest.approx(exact.p, abs=.02)

    def test_random_p_is_never_zero(self):
        assert sign_flip_test(np.ones(40), resamples=999).p == pytest.approx(1 / 1000)

    def test_nothing_differs(self):
        result = sign_flip_test(np.zeros(5))
        assert (result.p, result.units, result.difference) == (1, 0, 0)

    def test_sums_that_tie_on_paper_count_as_tied(self):
        shares = np.array([.1, .2, -.3])  # sums to 5.6e-17, not to zero
        assert sign_flip_test(shares).p == 1


class TestPaired:

    @pytest.mark.parametrize('name,score', [('WAR', war), ('UAR', uar)])
    def test_swapping_a_unit_changes_the_score_by_its_share(self, name, score):
        labels, a, units = clips_of(5, seed=0)
        b = clips_of(5, seed=1)[1]
        b = np.where(b == a, b, (labels + 1) % 7)
        tests = paired_test(labels, a[0] == labels, b[0] == labels, units, 7)
        differences = []
        for swaps in itertools.product([False, True], repeat=5):
            swap = np.array(swaps)[units.index]
            first, second = np.where(swap, b, a)[0], np.where(swap, a, b)[0]
            differences.append(score(confusion_matrix(labels, first, 7))
                               - score(confusion_matrix(labels, second, 7)))
        assert tests[name].difference == pytest.approx(differences[0])
        assert tests[name].p == pytest.approx(
            np.mean(np.abs(differences) >= abs(differences[0]) - 1e-12))


def rejected(population, subjects, gain, taste, studies):
    """How often the permutation tests and McNemar's have p <= 0.05."""
    rng, counts = np.random.default_rng(0), dict.fromkeys(('WAR', 'UAR', 'McNemar'), 0)
    for number in range(studies):
        pair = draw_pair(population, subjects, gain, taste, rng)
        tests = paired_test(pair.labels, *pair.correct, pair.units, len(SHARES), 400, number)
        for name, test in tests.items():
            counts[name] += test.p <= .05
        counts['McNemar'] += mcnemar(*pair.correct) <= .05
    return counts


class TestSimulated:
    """Bounds are those that a test of exactly 5% passes in 999 of 1,000 simulations."""

    studies = 600

    def most(self, level=.05):
        return stats.binom.ppf(.999, self.studies, level)

    def test_level_is_kept_where_clips_of_a_subject_go_together(self):
        counts = rejected(Population(.6, .15, 6), 60, 0., .3, self.studies)
        assert max(counts['WAR'], counts['UAR']) <= self.most()
        # what taking clips for independent leads to: twice as many findings and more
        assert counts['McNemar'] > self.most(.1)

    def test_level_of_independent_clips(self):
        counts = rejected(Population(.6, 0., 1), 150, 0., 0., self.studies)
        assert max(counts.values()) <= self.most()
        assert counts['WAR'] > stats.binom.ppf(.001, self.studies, .02)  # not merely cautious

    def test_a_planted_difference_is_found(self):
        counts = rejected(Population(.6, .15, 6), 100, .1, .1, 100)
        assert counts['WAR'] >= 80

    @pytest.mark.parametrize('differing', [1, 5, 12])
    def test_swapping_single_clips_is_mcnemar(self, differing):
        rng = np.random.default_rng(differing)
        a = rng.random(40) < .5
        b = np.where(np.arange(40) < differing, ~a, a)
        flips = sign_flip_test((a.astype(float) - b) / 40)
        assert flips.exact and flips.p == pytest.approx(mcnemar(a, b))


def test_mcnemar_counts_discordant_clips():
    a = np.array([1, 1, 1, 1, 1, 1, 0, 1, 0], bool)
    b = np.array([0, 0, 0, 0, 0, 0, 1, 1, 0], bool)
    assert mcnemar(a, b) == pytest.approx(2 * (1 + 7) / 2**7)  # 6 against 1
    assert mcnemar(a, a) == 1


@pytest.mark.parametrize('only_a,only_b,expected', [
    (5, 1, 2 * (1 + 6) / 2**6),  # 0.21875
    (10, 2, 2 * (1 + 12 + 66) / 2**12),  # 0.0386
    (21, 20, 1.),  # as even as 41 can be
])
def test_mcnemar_by_hand(only_a, only_b, expected):
    a = np.repeat([True, False, True], [only_a, only_b, 7])
    b = np.repeat([False, True, True], [only_a, only_b, 7])
    assert mcnemar(a, b) == pytest.approx(expected)
    assert mcnemar(a, b) == pytest.approx(
        stats.binomtest(only_b, only_a + only_b, .5).pvalue)


def test_holm():
    # sorted .005*4, .01*3, .03*2, then .04*1 raised to its predecessor
    np.testing.assert_allclose(holm([.01, .04, .03, .005]), [.03, .06, .06, .02])
    np.testing.assert_allclose(holm([.9, .8]), [1, 1])
    assert holm([]).size == 0
