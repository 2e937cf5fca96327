import itertools

import numpy as np
import pytest
from scipy import stats

from mmfer.evaluation.slice_gap import slice_gap, unit_slices
from mmfer.evaluation.statistics import Units, group_units


def subjects(of):
    return group_units([f's{unit:03d}' for unit in of], [f'c{i}' for i in range(len(of))])


def test_unit_slices():
    units = subjects([0, 1, 1, 2])
    assert unit_slices([1, 0, 0, 1], units).tolist() == [1, 0, 1]
    assert unit_slices([1, 0, 1, 1], units) is None


def test_against_scipy():
    """One clip per subject and two slices: SciPy's exact test of the distance of two means."""
    rng = np.random.default_rng(0)
    correct = np.r_[rng.random(7) < .9, rng.random(6) < .3].astype(float)
    slices = np.repeat([0, 1], [7, 6])
    exact = stats.permutation_test(
        (correct[:7], correct[7:]), lambda a, b: abs(np.mean(a) - np.mean(b)),
        vectorized=False, permutation_type='independent', n_resamples=np.inf,
        alternative='greater').pvalue
    gap = slice_gap(np.zeros(13, int), correct, subjects(range(13)), slices, 1, 20_000)['WAR']
    assert gap.p == pytest.approx(exact, abs=.01)
    assert gap.difference == pytest.approx(abs(correct[:7].mean() - correct[7:].mean()))
    assert (gap.high, gap.low) == (0, 1)


def test_against_every_permutation():
    """Three slices, subjects with several clips and two classes."""
    members = [0, 0, 0, 1, 1, 2, 3, 3, 4, 5]
    labels = np.array([0, 1, 1, 0, 1, 0, 1, 0, 1, 0])
    correct = np.array([1, 0, .5, 1, 1, 0, 0, .5, 1, 1])
    slices = np.array([0, 0, 1, 1, 2, 2])

    def gaps(of_unit):
        war, uar = [], []
        for number in range(3):
            rows = [i for i, unit in enumerate(members) if of_unit[unit] == number]
            war.append(np.mean([correct[i] for i in rows]))
            uar.append(np.mean([np.mean([correct[i] for i in rows if labels[i] == label])
                                for label in (0, 1) if any(labels[i] == label for i in rows)]))
        return max(war) - min(war), max(uar) - min(uar)

    every = np.array([gaps(order) for order in itertools.permutations(slices)])
    observed = gaps(slices)
    found = slice_gap(labels, correct, subjects(members), slices, 2, 20_000, seed=1)
    for name, values, value in zip(('WAR', 'UAR'), every.T, observed):
        assert found[name].difference == pytest.approx(value)
        assert found[name].p == pytest.approx(np.mean(values >= value - 1e-9), abs=.015)


def test_p_is_uniform_where_slices_do_not_differ():
    rng = np.random.default_rng(0)
    units = subjects(np.arange(120) // 3)
    small = 0
    for _ in range(200):
        correct = rng.random(120) < np.repeat(rng.uniform(.2, 1, 40), 3)
        small += slice_gap(rng.integers(3, size=120), correct, units, rng.permutation(40) % 4, 3,
                           99)['WAR'].p <= .1
    assert 8 <= small <= 34  # 20 expected; 8 and 34 are 3.3 standard deviations away


def test_many_units_stay_in_memory(monkeypatch):
    monkeypatch.setattr('mmfer.evaluation.slice_gap._CELLS', 500)
    units = Units(np.arange(60), 60, 'clips')
    args = (np.zeros(60, int), np.arange(60) % 3 == 0, units, np.arange(60) % 2, 1)
    few = slice_gap(*args, 300)
    monkeypatch.undo()
    assert few == slice_gap(*args, 300)
