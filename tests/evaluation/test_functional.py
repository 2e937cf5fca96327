import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics

from mmfer.errors import PredictionError
from mmfer.evaluation.functional import (
    PER_FRAME_SCORES,
    SCORES,
    abaw_formula,
    abaw_score,
    confusion_matrix,
    macro_f1,
    per_class_f1,
    per_class_recall,
    restricted_scores,
    uar,
    war,
)

# Counted by hand: 3 anger (2 found, 1 called fear), 2 fear (1 found, 1 called anger),
# 1 happiness (called anger), surprise absent
LABELS = [0, 0, 0, 1, 1, 2]
GIVEN = [0, 0, 1, 1, 0, 0]


def test_hand_counted_case():
    counts = confusion_matrix(LABELS, GIVEN, 4)
    assert counts.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert war(counts) == 3 / 6
    np.testing.assert_allclose(per_class_recall(counts), [2 / 3, 1 / 2, 0, np.nan])
    assert uar(counts) == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    # F1 of anger: 2*2 / (3 true + 4 given); fear: 2*1 / (2 + 2); happiness: 0
    np.testing.assert_allclose(per_class_f1(counts), [4 / 7, 1 / 2, 0, np.nan])
    assert macro_f1(counts) == pytest.approx((4 / 7 + 1 / 2) / 3)


def test_clips_without_an_answer_are_misses():
    counts = np.array([[2, 1, 1], [0, 3, 2]])  # 4 anger, 1 of them missed; 5 fear, 2 missed
    assert war(counts) == pytest.approx(5 / 9)
    np.testing.assert_allclose(per_class_recall(counts), [2 / 4, 3 / 5])
    # F1: twice the hits, by true ones and answers
    np.testing.assert_allclose(per_class_f1(counts), [4 / (4 + 2), 6 / (5 + 4)])
    assert macro_f1(counts) == pytest.approx((4 / 6 + 6 / 9) / 2)


def test_class_predicted_but_absent_is_no_term():
    counts = confusion_matrix([0, 0], [0, 2], 3)
    assert uar(counts) == 0.5
    assert macro_f1(counts) == pytest.approx(2 / 3)


@pytest.mark.parametrize('seed', range(20))
def test_agrees_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    classes, clips = rng.integers(2, 9), rng.integers(1, 60)
    labels, given = rng.integers(classes, size=(2, clips))
    present = np.unique(labels)
    counts = confusion_matrix(labels, given, classes)
    np.testing.assert_array_equal(
        counts, metrics.confusion_matrix(labels, given, labels=np.arange(classes)))
    assert war(counts) == pytest.approx(metrics.accuracy_score(labels, given))
    assert uar(counts) == pytest.approx(metrics.recall_score(
        labels, given, labels=present, average='macro', zero_division=0))
    assert macro_f1(counts) == pytest.approx(metrics.f1_score(
        labels, given, labels=present, average='macro', zero_division=0))


def test_leading_axes_are_kept():
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 3, size=(5, 2, 4, 4))
    for score in (war, uar, macro_f1):
        together = score(counts)
        assert together.shape == (5, 2)
        alone = [[score(matrix) for matrix in row] for row in counts]
        np.testing.assert_array_equal(together, alone)


def test_no_clips_give_nan():
    empty = np.zeros((3, 3), int)
    assert np.isnan([war(empty), uar(empty), macro_f1(empty)]).all()


@pytest.mark.parametrize('labels,given,match', [
    ([0, 3], [0, 0], 'label is outside 0..2'),
    ([0, 0], [0, -1], 'prediction is outside 0..2'),
    ([0, 1], [0], 'one length'),
])
def test_refuses_what_it_cannot_count(labels, given, match):
    with pytest.raises(ValueError, match=match):
        confusion_matrix(labels, given, 3)


def test_abaw_score():
    # the paper of ResNet-101 + CBAM + BLSTM, Table I: without and with CBAM
    np.testing.assert_allclose(abaw_formula([.647, .640], [.281, .333]), [.402, .434], atol=5e-4)
    f1 = (2 * 3 / (4 + 5) + 2 * 4 / (6 + 5)) / 2
    assert abaw_score([[3, 1], [2, 4]]) == pytest.approx(.33 * .7 + .67 * f1, abs=1e-12)
    assert PER_FRAME_SCORES['S'] is abaw_score and 'S' not in SCORES


@given(st.integers(2, 6), st.data())
def test_restricted_scores_are_the_softmax_of_the_logits_that_stay(classes, data):
    numbers = st.floats(-8, 8, width=32)
    logits = np.array(data.draw(st.lists(st.lists(numbers, min_size=classes, max_size=classes),
                                         min_size=1, max_size=4)))
    columns = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, unique=True))
    kept = np.exp(logits[:, columns])
    found = restricted_scores(softmax(logits, axis=1), columns)
    assert found.dtype == np.float32
    assert np.allclose(found, kept / kept.sum(1, keepdims=True), atol=1e-6)
    assert np.allclose(found[0], restricted_scores(softmax(logits[0]), columns), atol=1e-7)


def test_restricted_scores_of_nothing_and_of_logits():
    assert restricted_scores([[1., 0., 0.], [.5, .5, 0.]], [1, 2]).tolist() == [[.5, .5], [1, 0]]
    with pytest.raises(PredictionError, match='probabilities'):
        restricted_scores([-.1, 1.1], [0])
