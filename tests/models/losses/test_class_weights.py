import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from mmfer.errors import ConfigError
from mmfer.models.losses.class_weights import balanced_weights, effective_weights

COUNTS = [10, 3, 40, 7]


def test_balanced_is_that_of_scikit_learn():
    labels = np.repeat(np.arange(4), COUNTS)
    expected = compute_class_weight('balanced', classes=np.arange(4), y=labels)
    np.testing.assert_allclose(balanced_weights(COUNTS), expected, rtol=1e-12)


@pytest.mark.parametrize('beta', [0.5, 0.9, 0.999])
def test_effective_number(beta):
    weights = effective_weights(COUNTS, beta)
    # E_n by its definition: E_1 = 1, E_n = 1 + beta E_(n-1)
    numbers = []
    for count in COUNTS:
        number = 0.0
        for _ in range(count):
            number = 1 + beta * number
        numbers.append(number)
    expected = 1 / np.array(numbers)
    np.testing.assert_allclose(weights / weights.sum(), expected / expected.sum(), rtol=1e-12)


@pytest.mark.parametrize('weights', [balanced_weights, effective_weights])
def test_average_one_over_the_samples(weights):
    found = weights([10, 0, 3, 40])
    assert found[1] == 0
    assert (np.array([10, 0, 3, 40]) * found).sum() / 53 == pytest.approx(1.0, abs=1e-12)


def test_ends_of_beta():
    np.testing.assert_allclose(effective_weights(COUNTS, 0.0), 1.0)
    np.testing.assert_allclose(
        effective_weights(COUNTS, 1 - 1e-9), balanced_weights(COUNTS), rtol=1e-6)


@pytest.mark.parametrize('beta', [1.0, -0.1])
def test_refuses_beta(beta):
    with pytest.raises(ConfigError, match='at least 0 and below 1'):
        effective_weights(COUNTS, beta)


@pytest.mark.parametrize('counts', [[0, 0], [-1, 3], []])
def test_refuses_counts(counts):
    with pytest.raises(ConfigError, match='counts of classes'):
        balanced_weights(counts)
