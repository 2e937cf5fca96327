"""Intervals against SciPy's bootstrap and against simulated test sets of known true score."""

import numpy as np
import pytest
from scipy import stats

from mmfer.evaluation.functional import SCORES, uar, war
from mmfer.evaluation.intervals import (
    bca_interval,
    interval_warnings,
    mean_interval,
    score_interval,
    score_intervals,
)
from mmfer.evaluation.units import group_units, unit_confusions
from mmfer.testing.simulated import Population


def clips_of(subjects, seed=0, accuracy=.6, classes=7):
    """Labels and predictions of six clips per subject, as (M,), (1, M) and the units."""
    rng = np.random.default_rng(seed)
    count = subjects * 6
    labels = rng.integers(classes, size=count)
    given = np.where(rng.random(count) < accuracy, labels, rng.integers(classes, size=count))
    units = group_units([f's{i // 6}' for i in range(count)], [f'c{i}' for i in range(count)])
    return labels, given[None], units


class TestBca:

    @pytest.mark.parametrize('name', list(SCORES))
    def test_agrees_with_scipy(self, name):
        """SciPy's BCa interval, of the level that t and the two standard errors ask for."""
        counts = unit_confusions(*clips_of(30), 7)
        found = score_interval(counts, SCORES[name])

        def statistic(drawn, axis=-1):
            return SCORES[name](counts[0][drawn].sum(-3))

        plain = stats.bootstrap((np.arange(30), ), statistic, n_resamples=20_000, batch=2000,
                                method='BCa', random_state=np.random.default_rng(0))
        left_out = np.array([statistic(np.delete(np.arange(30), unit)) for unit in range(30)])
        jackknife = np.sqrt(29 / 30 * np.sum((left_out - left_out.mean())**2))
        z = stats.t.ppf(.975, 29) * jackknife / plain.standard_error
        reference = stats.bootstrap((np.arange(30), ), statistic, n_resamples=20_000, batch=2000,
                                    method='BCa', confidence_level=2 * stats.norm.cdf(z) - 1,
                                    random_state=np.random.default_rng(1)).confidence_interval
        np.testing.assert_allclose(found, reference, atol=.004)
        narrow = plain.confidence_interval
        assert found[1] - found[0] > 1.02 * (narrow.high - narrow.low)

    def test_formula_by_hand(self):
        # no bias, no skew: the quantiles are those of t * s / b around the middle
        resampled, left_out = np.linspace(-1, 1, 4001), np.array([-.1, .1] * 5)
        spread = np.sqrt(9 / 10 * 10 * .01)
        z = stats.t.ppf(.975, 9) * spread / resampled.std()
        expected = 2 * stats.norm.cdf(z) - 1
        assert bca_interval(0., resampled, left_out) == pytest.approx((-expected, expected),
                                                                      abs=1e-3)

    def test_skew_moves_it(self):
        resampled, left_out = np.linspace(-1, 1, 4001), np.array([-.03] * 9 + [.27])
        low, high = bca_interval(0., resampled, left_out)
        assert abs(low + high) > .02
        mirrored = bca_interval(0., resampled, -left_out)
        assert mirrored == pytest.approx((-high, -low), abs=1e-3)

    def test_extremes_stay_among_the_resamples(self):
        resampled, left_out = np.linspace(.2, .4, 101), np.array([.3, .3, .3, 0.])
        for observed in (0., .3, 1.):
            low, high = bca_interval(observed, resampled, left_out)
            assert .2 <= low <= high <= .4
        assert bca_interval(.5, np.full(50, .5), np.full(4, .5)) == (.5, .5)


class TestScores:

    def test_repeats_with_its_seed(self):
        counts = unit_confusions(*clips_of(20), 7)
        first = score_interval(counts, uar, resamples=1500, seed=3)
        assert first == score_interval(counts, uar, resamples=1500, seed=3)
        assert first != score_interval(counts, uar, resamples=1500, seed=4)

    def test_together_as_alone(self):
        counts = unit_confusions(*clips_of(20), 7)
        assert score_intervals(counts, SCORES, 500) == {
            name: score_interval(counts, score, 500) for name, score in SCORES.items()}

    def test_subjects_who_agree_with_themselves_widen_it(self):
        # every clip of a subject is right or wrong together: 240 clips say as much as 40
        labels, names = np.zeros(240, int), [f'{i}' for i in range(240)]
        given = np.repeat(np.arange(40) % 2, 6)[None]
        widths = []
        for subjects in ([f's{i // 6}' for i in range(240)], [None] * 240):
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

    def test_missed_clips_lower_it(self):
        labels, given, units = clips_of(40)
        missed = np.where(np.arange(240) % 10 == 0, 7, given)
        with_all = score_interval(unit_confusions(labels, missed, units, 7, missed=True), war)
        reference = score_interval(unit_confusions(labels, np.where(missed == 7, (labels + 1) % 7,
                                                                    missed), units, 7), war)
        assert with_all == pytest.approx(reference)
        assert with_all[1] < score_interval(unit_confusions(labels, given, units, 7), war)[1]


def test_mean():
    rng = np.random.default_rng(0)
    values = rng.random(40)
    units = group_units([None] * 40, [f'{i:02d}' for i in range(40)])
    low, high = mean_interval(values, units)
    error = values.std(ddof=1) / 40**.5
    t_low, t_high = stats.t.interval(.95, 39, values.mean(), error)
    assert (low, high) == pytest.approx((t_low, t_high), abs=.01)
    pairs = group_units([f'{i // 2}' for i in range(40)], [f'{i:02d}' for i in range(40)])
    counts = np.bincount(pairs.index, values) / 2  # mean of each pair
    error = counts.std(ddof=1) / 20**.5
    assert mean_interval(values, pairs) == pytest.approx(
        stats.t.interval(.95, 19, values.mean(), error), abs=.015)


def covered(population, subjects, studies, resamples):
    """How many of the intervals hold the true score, by score."""
    drawn = population.draw(studies, subjects, np.random.default_rng(subjects))
    true = {name: population.true_score(score) for name, score in SCORES.items()}
    hits = dict.fromkeys(SCORES, 0)
    for counts in drawn:
        for name, (low, high) in score_intervals(counts[None], SCORES, resamples).items():
            hits[name] += low <= true[name] <= high
    return hits


class TestCoverage:

    def test_of_a_hundred_subjects(self):
        """Within what 300 draws of 93 to 97% give in 999 of 1,000 cases."""
        hits = covered(Population(.65), 100, 300, 300)
        low, high = stats.binom.ppf(.0005, 300, .93), stats.binom.ppf(.9995, 300, .97)
        assert all(low <= count <= high for count in hits.values()), hits
        # so few tell the percentile interval of frames or clips from one of subjects
        wrong = Population(.65, correlation=.5)
        counts, true = wrong.draw(300, 100, np.random.default_rng(0)), wrong.true_score(war)
        clips = []
        for study in counts:
            total = study.sum(0)
            error = (war(total) * (1 - war(total)) / total.sum())**.5
            clips.append(abs(war(total) - true) <= 1.96 * error)
        assert sum(clips) < low

    @pytest.mark.slow
    @pytest.mark.parametrize('correlation,clips', [(.15, 6.), (.3, 3.)])
    @pytest.mark.parametrize('accuracy', [.5, .65, .8])
    def test_is_93_to_97_percent(self, accuracy, correlation, clips):
        hits = covered(Population(accuracy, correlation, clips), 100, 2000, 1000)
        assert all(.93 <= count / 2000 <= .97 for count in hits.values()), hits


@pytest.mark.parametrize('value,interval,units,expected', [
    (.6, (.5, .7), 30, []), (.6, (.5, .7), 29, ['few_units']), (.6, None, 1, ['no_interval']),
    (.95, (.9, .99), 100, []), (.951, (.9, .99), 100, ['near_bound']),
    (.049, (.01, .1), 100, ['near_bound']), (.5, (.5, .5), 2, ['few_units', 'no_width']),
    (1., (1., 1.), 12, ['few_units', 'near_bound', 'no_width']),
])
def test_warnings(value, interval, units, expected):
    assert interval_warnings(value, interval, units) == expected
