from collections import Counter

import pytest

from mmfer.synthetic.plan import plan_ckplus


@pytest.mark.parametrize('seed', [0, 7])
def test_statistics_of_ckplus(seed):
    plans = plan_ckplus(seed)
    labelled = [plan for plan in plans if plan.label]
    assert len(plans) == 593 and len({plan.subject for plan in plans}) == 123
    assert len(labelled) == 327 and len({plan.subject for plan in labelled}) == 118
    assert Counter(plan.label for plan in labelled) == {
        'anger': 45, 'contempt': 18, 'disgust': 59, 'fear': 25, 'happiness': 69, 'sadness': 28,
        'surprise': 83}
    lengths = [plan.num_frames for plan in plans]
    assert min(lengths) == 6 and max(lengths) == 71
    assert 17 < sum(lengths) / len(lengths) < 20
    assert .3 < sum(plan.colour for plan in plans) / len(plans) < .7


@pytest.mark.parametrize('seed', [0, 7])
def test_fold_sizes_of_the_step_ten_rule(seed):
    per_subject = Counter(plan.subject for plan in plan_ckplus(seed) if plan.label)
    sizes = [0] * 10
    for rank, subject in enumerate(sorted(per_subject)):
        sizes[rank % 10] += per_subject[subject]
    assert sizes == [33, 39, 40, 35, 30, 37, 29, 29, 33, 22]


def test_a_subject_shows_an_expression_once():
    shown = Counter((plan.subject, plan.label) for plan in plan_ckplus() if plan.label)
    assert set(shown.values()) == {1}


def test_sorted_and_numbered_from_one():
    plans = plan_ckplus(3, subjects=30)
    assert [plan.clip for plan in plans] == sorted(plan.clip for plan in plans)
    for subject in {plan.subject for plan in plans}:
        numbers = [plan.number for plan in plans if plan.subject == subject]
        assert numbers == list(range(1, len(numbers) + 1))
    assert plan_ckplus(3, subjects=30) == plans != plan_ckplus(4, subjects=30)


@pytest.mark.parametrize('subjects', [1, 2, 3, 7, 10, 50, 122, 124, 300])
def test_any_number_of_subjects(subjects):
    for seed in range(6 if subjects < 20 else 1):
        plans = plan_ckplus(seed, subjects)
        labels = {plan.label for plan in plans if plan.label}
        assert len({plan.subject for plan in plans}) == subjects
        if subjects >= 3:
            assert len(labels) == 7


def test_max_frames():
    assert max(plan.num_frames for plan in plan_ckplus(0, 10, max_frames=9)) == 9


@pytest.mark.parametrize('settings', [{'subjects': 0}, {'subjects': 1000}, {'max_frames': 1}])
def test_out_of_range(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        plan_ckplus(**settings)
