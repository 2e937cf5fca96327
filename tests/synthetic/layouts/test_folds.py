import pytest

from mmfer.synthetic.layouts.folds import check_count, fold_of, fold_part, labels_in_turn


def test_every_fold_tests_every_label():
    labels = labels_in_turn(['a', 'b', 'c'], 15)
    for fold in range(1, 6):
        tested = [index for index in range(15) if fold_part(index, fold) == 'test']
        assert {fold_of(index) for index in tested} == {fold}
        assert sorted(labels[index] for index in tested) == ['a', 'b', 'c']
        assert all(fold_part(index, fold) == 'train' for index in range(15)
                   if index not in tested)


def test_too_few_clips():
    check_count(5, 5, 'a label')
    with pytest.raises(ValueError, match='clips is 4; a label needs at least 5'):
        check_count(4, 5, 'a label')
