import itertools
import time

import numpy as np
import pytest
from scipy import stats

from mmfer.evaluation.functional import SCORES, confusion_matrix, uar, war
from mmfer.evaluation.statistics import (
    group_units,
    holm,
    mcnemar,
    mean_interval,
    paired_test,
    score_interval,
    sign_flip_test,
    unit_confusions,
)


def clips_of(subjects, seed=0, accuracy=.6, classes=7):
    """Labels and predictions of six clips per subject, as (M,), (1, M) and the units."""
    rng = np.random.default_rng(seed)
    count = subjects * 6
    labels = rng.integers(classes, size=count)
    given = np.where(rng.random(count) < accuracy, labels, rng.integers(classes, size=count))
    units = group_units([f's{i // 6}' for i in range(count)], [f'c{i}' for i in range(count)])
    return labels, given[None], units


class TestUnits:

    def test_subjects(self):
        units = group_units(['b', 'a', 'b'], ['1', '2', '3'])
        assert (units.index.tolist(), units.count, units.name) == ([1, 0, 1], 2, 'subjects')

    def test_clips_where_no_subject_is_known(self):
        units = group_units([None, None, None], ['1', '2', '1'])
        assert (units.index.tolist(), units.count, units.name) == ([0, 1, 0], 2, 'clips')

    def test_a_clip_and_a_subject_of_one_name_differ(self):
        units = group_units([None, 'x'], ['x', 'y'])
        assert (units.count, units.name) == (2, 'subjects and clips')

    def test_confusions_add_up(self):
        labels, given, units = clips_of(10)
        both = np.concatenate([given, given[:, ::-1]])
        counts = unit_confusions(labels, both, units, 7)
        assert counts.shape == (2, 10, 7, 7)
        for seed in range(2):
            np.testing.assert_array_equal(counts[seed].sum(0),
                                          confusion_matrix(labels, both[seed], 7))
            one = units.index == 3
            np.testing.assert_array_equal(
                counts[seed, 3], confusion_matrix(labels[one], both[seed, one], 7))


class TestInterval:

    @pytest.mark.parametrize('name', list(SCORES))
    def test_agrees_with_scipy(self, name):
        labels, given, units = clips_of(30)
        counts = unit_confusions(labels, given, units, 7)

        def statistic(drawn, axis=-1):
            return SCORES[name](counts[0][drawn].sum(-3))

        reference = stats.bootstrap((np.arange(30), ), statistic, n_resamples=4000,
                                    method='percentile', batch=500).confidence_interval
        np.testing.assert_allclose(score_interval(counts, SCORES[name]), reference, atol=.01)

    def test_repeats_with_its_seed(self):
        counts = unit_confusions(*clips_of(20), 7)
        first = score_interval(counts, war, resamples=1500, seed=3)
        assert first == score_interval(counts, war, resamples=1500, seed=3)
        assert first != score_interval(counts, war, resamples=1500, seed=4)

    def test_subjects_who_agree_with_themselves_widen_it(self):
        # every clip of a subject is right or wrong together: 60 clips say as much as 10
        labels = np.zeros(60, int)
        given = np.repeat(np.arange(10) % 2, 6)[None]
        names = [f'{i}' for i in range(60)]
        widths = []
        for subjects in ([f's{i // 6}' for i in range(60)], [None] * 60):
            units = group_units(subjects, names)
            low, high = score_interval(unit_confusions(labels, given, units, 2), war)
            widths.append(high - low)
        assert widths[0] == pytest.approx(widths[1] * 6**.5, rel=.1)

    def test_repeated_runs_do_not_narrow_it(self):
        labels, given, units = clips_of(20)
        once = unit_confusions(labels, given, units, 7)
        thrice = unit_confusions(labels, np.repeat(given, 3, 0), units, 7)
        np.testing.assert_allclose(score_interval(once, uar), score_interval(thrice, uar))

    def test_one_unit_says_nothing_of_others(self):
        assert score_interval(np.ones((1, 1, 2, 2)), war) is None
        assert mean_interval([1., 2.], group_units(['a', 'a'], ['1', '2'])) is None

    def test_mean(self):
        rng = np.random.default_rng(0)
        values = rng.random(40)
        units = group_units([None] * 40, [f'{i:02d}' for i in range(40)])
        reference = stats.bootstrap((values, ), np.mean, n_resamples=4000,
                                    method='percentile').confidence_interval
        np.testing.assert_allclose(mean_interval(values, units), reference, atol=.01)

    def test_covers_as_often_as_it_says(self):
        hits = 0
        for seed in range(200):
            labels, given, units = clips_of(40, seed)
            low, high = score_interval(unit_confusions(labels, given, units, 7), war, 500)
            hits += low <= .6 + .4 / 7 <= high
        assert .88 <= hits / 200 <= .99

    def test_is_fast(self):
        labels, given, _ = clips_of(100)
        units = group_units([None] * 600, [f'{i}' for i in range(600)])
        start = time.perf_counter()
        counts = unit_confusions(labels, given, units, 7)
        for score in SCORES.values():
            score_interval(counts, score)
        assert time.perf_counter() - start < 2


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

    def test_level_under_the_null(self):
        rejected = 0
        for seed in range(200):
            labels, _, units = clips_of(12, seed)
            rng = np.random.default_rng(seed)
            correct = rng.random((2, len(labels))) < .6
            test = paired_test(labels, correct[0], correct[1], units, 7, resamples=4096)
            rejected += test['WAR'].p <= .05
        assert rejected / 200 <= .09


def test_mcnemar_counts_discordant_clips():
    a = np.array([1, 1, 1, 1, 1, 1, 0, 1, 0], bool)
    b = np.array([0, 0, 0, 0, 0, 0, 1, 1, 0], bool)
    assert mcnemar(a, b) == pytest.approx(2 * (1 + 7) / 2**7)  # 6 against 1
    assert mcnemar(a, a) == 1


def test_holm():
    # sorted .005*4, .01*3, .03*2, then .04*1 raised to its predecessor
    np.testing.assert_allclose(holm([.01, .04, .03, .005]), [.03, .06, .06, .02])
    np.testing.assert_allclose(holm([.9, .8]), [1, 1])
    assert holm([]).size == 0
