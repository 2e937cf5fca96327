import numpy as np

from mmfer.evaluation.functional import confusion_matrix
from mmfer.evaluation.units import group_units, resample_units, unit_confusions


def test_subjects():
    units = group_units(['b', 'a', 'b'], ['1', '2', '3'])
    assert (units.index.tolist(), units.count, units.name) == ([1, 0, 1], 2, 'subjects')


def test_clips_where_no_subject_is_known():
    units = group_units([None, None, None], ['1', '2', '1'])
    assert (units.index.tolist(), units.count, units.name) == ([0, 1, 0], 2, 'clips')


def test_a_clip_and_a_subject_of_one_name_differ():
    units = group_units([None, 'x'], ['x', 'y'])
    assert (units.count, units.name) == (2, 'subjects and clips')


def test_confusions_add_up():
    rng = np.random.default_rng(0)
    labels, given = rng.integers(7, size=60), rng.integers(7, size=(1, 60))
    units = group_units([f's{i // 6}' for i in range(60)], [f'c{i}' for i in range(60)])
    both = np.concatenate([given, given[:, ::-1]])
    counts = unit_confusions(labels, both, units, 7)
    assert counts.shape == (2, 10, 7, 7)
    for seed in range(2):
        np.testing.assert_array_equal(counts[seed].sum(0),
                                      confusion_matrix(labels, both[seed], 7))
        one = units.index == 3
        np.testing.assert_array_equal(
            counts[seed, 3], confusion_matrix(labels[one], both[seed, one], 7))


def test_clips_without_an_answer_have_a_column_of_their_own():
    units = group_units(['a', 'a', 'b'], ['1', '2', '3'])
    counts = unit_confusions([0, 1, 1], [[0, 2, 2]], units, 2, missed=True)
    assert counts.tolist() == [[[[1, 0, 0], [0, 0, 1]], [[0, 0, 0], [0, 0, 1]]]]


def test_resamples_draw_as_many_units_as_there_are():
    batches = list(resample_units(5, 1500, seed=1))
    assert [len(batch) for batch in batches] == [1000, 500]
    drawn = np.concatenate(batches)
    assert (drawn.sum(1) == 5).all()
    np.testing.assert_allclose(drawn.mean(0), 1, atol=.1)
    np.testing.assert_array_equal(drawn, np.concatenate(list(resample_units(5, 1500, seed=1))))
