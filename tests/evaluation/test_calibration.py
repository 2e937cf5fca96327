import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from mmfer.errors import PredictionError
from mmfer.evaluation.calibration import (
    bin_answers,
    bin_edges,
    brier_scores,
    calibration_error,
    check_probabilities,
    confidences,
    error_if_calibrated,
    error_interval,
    expected_calibration_error,
    log_losses,
)
from mmfer.evaluation.statistics import group_units, resample_units


def reference_error(labels, scores, edges):
    """Eq. (2) and (3) of Guo et al., bin by bin and answer by answer."""
    error, count = 0., len(labels)
    for number, (low, high) in enumerate(zip(edges, edges[1:])):
        members = []
        for label, row in zip(labels, scores):
            best = max(row)
            inside = low < best <= high or (number == 0 and best == low)
            if inside:
                members.append((best, list(row).index(best) == label))
        if members:
            accuracy = sum(right for _, right in members) / len(members)
            confidence = sum(sure for sure, _ in members) / len(members)
            error += len(members) / count * abs(accuracy - confidence)
    return error


def random_answers(count, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(count, classes)) * 2
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return rng.integers(classes, size=count), scores.astype(np.float32)


class TestExpectedCalibrationError:

    def test_worked_by_hand(self):
        # two bins: (0, .5] holds .4 (right) and .5 (wrong), (.5, 1] .75 (wrong), 1 (right)
        scores = [[.4, .3, .3], [.5, .25, .25], [.25, .75, 0.], [0., 0., 1.]]
        # |1/2 - .45| * 2/4 + |1/2 - .875| * 2/4
        assert expected_calibration_error([0, 1, 0, 2], scores, 2) == pytest.approx(.2125)

    def test_certain_answers(self):
        scores = np.eye(3)[[0, 1, 2, 0]]
        assert expected_calibration_error([0, 1, 2, 0], scores) == 0
        assert expected_calibration_error([1, 2, 0, 1], scores) == 1
        assert expected_calibration_error([0, 1, 2, 1], scores) == pytest.approx(.25)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 999),
           st.sampled_from(['width', 'mass']))
    def test_against_the_loop(self, count, bins, seed, binning):
        labels, scores = random_answers(count, seed=seed)
        values = scores.astype(np.float64)
        edges = bin_edges(values.max(1), bins, binning)
        found = expected_calibration_error(labels, scores, bins, binning)
        assert found == pytest.approx(reference_error(labels, values, edges.tolist()), abs=1e-12)
        assert 0 <= found <= 1
        order = np.random.default_rng(seed).permutation(count)
        assert expected_calibration_error(labels[order], scores[order], bins,
                                          binning) == pytest.approx(found, abs=1e-12)

    def test_one_bin_is_the_distance_of_the_means(self):
        labels, scores = random_answers(50)
        confidence, answer = confidences(scores)
        expected = abs(confidence.mean() - (answer == labels).mean())
        for binning in ('width', 'mass'):
            assert expected_calibration_error(labels, scores, 1, binning) == pytest.approx(expected)

    @pytest.mark.parametrize('scores', [
        [[2.5, -1.], [0., 1.]],  # logits
        [[.6, .6], [.5, .5]],
        [[.3, .3], [.5, .5]],
        [[np.nan, .5], [.5, .5]],
        [[1.2, -.2], [.5, .5]],
    ])
    def test_scores_that_are_no_probabilities_are_refused(self, scores):
        with pytest.raises(PredictionError, match='answers: no probabilities.*softmax'):
            check_probabilities(scores, 'answers')
        with pytest.raises(PredictionError, match='no probabilities'):
            expected_calibration_error([0, 0], scores)

    def test_half_precision_passes(self):
        scores = random_answers(100)[1].astype(np.float16)
        assert check_probabilities(scores).dtype == np.float64


class TestBins:

    def test_edges_belong_to_the_bin_below(self):
        binned = bin_answers([0., .25, .25001, .5, 1.], [1, 1, 0, 0, 1], bin_edges([], 4))
        assert binned.counts.tolist() == [2, 2, 0, 1]
        assert binned.hits.tolist() == [2, 0, 0, 1]
        np.testing.assert_allclose(binned.confidence, [.25, .75001, 0, 1])

    def test_equal_mass(self):
        values = np.random.default_rng(0).random(300)**3
        counts = bin_answers(values, values > 0, bin_edges(values, 10, 'mass')).counts
        assert counts.min() >= 29 and counts.max() <= 31 and counts.sum() == 300

    def test_equal_confidences_stay_together(self):
        values = np.array([.4] * 6 + [.9] * 2)
        binned = bin_answers(values, values > 0, bin_edges(values, 5, 'mass'))
        assert sorted(binned.counts[binned.counts > 0].tolist()) == [2, 6]
        alone = bin_answers(values[:6], values[:6] > 0, bin_edges(values[:6], 5, 'mass'))
        assert alone.counts.tolist() == [6]

    def test_units_add_up(self):
        rng = np.random.default_rng(1)
        values, correct = rng.random((2, 30)), rng.random((2, 30)) < .5
        units = group_units([f's{i % 7}' for i in range(30)], ['c'] * 30)
        edges = bin_edges(values, 5)
        by_unit = bin_answers(values, correct, edges, units)
        assert by_unit.counts.shape == (2, 7, 5)
        whole = bin_answers(values, correct, edges)
        for name in ('counts', 'hits', 'confidence'):
            np.testing.assert_allclose(getattr(by_unit.total(1), name), getattr(whole, name))
        third = units.index == 3
        np.testing.assert_allclose(by_unit.hits[1, 3],
                                   bin_answers(values[1, third], correct[1, third], edges).hits)

    def test_unknown_binning_is_named(self):
        with pytest.raises(ValueError, match="equal 'size'"):
            bin_edges([.5], 3, 'size')
        with pytest.raises(ValueError, match='0 bins'):
            bin_edges([.5], 0)


class TestProperScores:

    def test_worked_by_hand(self):
        scores = [[.5, .25, .25], [1., 0., 0.], [1., 0., 0.]]
        np.testing.assert_allclose(brier_scores([0, 0, 2], scores), [.375, 0, 2])
        np.testing.assert_allclose(log_losses([0, 0, 2], scores), [np.log(2), 0, 87.3365],
                                   rtol=1e-5)

    def test_against_sklearn_and_a_loop(self):
        labels, scores = random_answers(200, 5)
        scores = scores.astype(np.float64)
        scores /= scores.sum(1, keepdims=True)
        assert log_losses(labels, scores).mean() == pytest.approx(
            log_loss(labels, scores, labels=range(5)))
        loop = [sum((p - (c == label))**2 for c, p in enumerate(row))
                for label, row in zip(labels, scores)]
        np.testing.assert_allclose(brier_scores(labels, scores), loop)
        both = np.stack([scores, scores[:, ::-1]])
        np.testing.assert_allclose(brier_scores(labels, both)[0], loop)
        assert log_losses(labels, both).shape == (2, 200)


class TestInterval:

    def test_against_a_loop_over_resamples(self):
        rng = np.random.default_rng(3)
        values, correct = rng.random((2, 40)), rng.random((2, 40)) < .4
        members = np.arange(40) % 6
        units = group_units([f's{i}' for i in members], ['c'] * 40)
        edges = bin_edges(values, 5)
        binned = bin_answers(values, correct, edges, units)
        found = error_interval(binned, resamples=300, seed=5)

        draws = np.random.default_rng(5).integers(6, size=(300, 6))
        errors = []
        for drawn in draws:
            rows = np.concatenate([np.flatnonzero(members == unit) for unit in drawn])
            errors.append(np.mean([calibration_error(bin_answers(v[rows], c[rows], edges))
                                   for v, c in zip(values, correct)]))
        value = np.mean([calibration_error(bin_answers(v, c, edges))
                         for v, c in zip(values, correct)])
        low, high = np.quantile(errors, [.025, .975])
        assert found == pytest.approx((max(0, 2 * value - high), 2 * value - low))

    def test_one_unit_says_nothing_of_others(self):
        units = group_units(['a'] * 3, ['x', 'y', 'z'])
        binned = bin_answers([[.5, .6, .7]], [[1, 0, 1]], bin_edges([], 3), units)
        assert error_interval(binned) is None

    def test_it_covers_the_truth(self):
        """Answers a little too sure, on samples whose own error is half as large again."""
        rng, edges = np.random.default_rng(0), bin_edges([], 15)
        units = group_units([f's{i // 3}' for i in range(350)], ['c'] * 350)

        def confidence(count):
            return .15 + .85 / (1 + np.exp(-rng.normal(1, 1.4, (1, count))))

        truth = .1 * (confidence(100_000) - .15).mean()
        errors, covered, by_quantiles = [], 0, 0
        for number in range(100):
            values = confidence(350)
            binned = bin_answers(values, rng.random((1, 350)) < values - .1 * (values - .15),
                                 edges, units)
            errors.append(calibration_error(binned.total(1)))
            low, high = error_interval(binned, 200, number)
            covered += low <= truth <= high
            weights, = resample_units(units.count, 200, number)
            sums = np.tensordot(weights, binned.hits[0] - binned.confidence[0], 1)
            drawn = np.abs(sums).sum(1) / (weights @ binned.counts[0].sum(1))
            low, high = np.quantile(drawn, [.025, .975])
            by_quantiles += low <= truth <= high
        assert np.mean(errors) > 1.3 * truth
        assert covered >= 80 and by_quantiles <= 40  # which is why it is not the percentile one

    def test_calibrated_answers_have_an_error_too(self):
        rng, edges = np.random.default_rng(0), bin_edges([], 15)
        values = rng.uniform(.2, 1, 300)
        found = error_if_calibrated(values, edges)
        samples = [calibration_error(bin_answers(values, rng.random(300) < values, edges))
                   for _ in range(300)]
        assert found == pytest.approx(np.mean(samples), rel=.05) and .03 < found < .12
        assert error_if_calibrated(values, edges) == found
        assert error_if_calibrated(np.tile(values, 100), edges) < found / 5
