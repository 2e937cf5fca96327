"""Divisions that a corpus comes with, in columns and in lists."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import ProtocolError
from mmfer.protocols import (
    Division,
    column_folds,
    column_split,
    left_out,
    published_splits,
)
from mmfer.testing.annotations import make_annotations

COMMON = settings(max_examples=30, deadline=None)


def divisions_of(annotations, count):
    """As many divisions of the labelled clips, each testing other ones."""
    clips = [row['clip'] for row in annotations.labelled]
    tests = [clips[index::count] for index in range(count)]
    return [Division(f'set_{index + 1}', tuple(clip for clip in clips if clip not in test),
                     tuple(test)) for index, test in enumerate(tests)]


@COMMON
@given(data=st.data(), subjects=st.booleans(), group=st.sampled_from([None, 'source']),
       seed=st.integers(0, 3), share=st.sampled_from([0, 0.2, 0.5]),
       random=st.randoms(use_true_random=False))
def test_published_divisions(data, subjects, group, seed, share, random, holds, corpora_of):
    annotations = data.draw(corpora_of(subjects=subjects))
    divisions = divisions_of(annotations, 3)

    def make(annotations):
        return published_splits(annotations, 'published', divisions, group, seed, share)

    protocol = make(annotations)
    by = 'subject' if subjects else group or 'clip'
    assert protocol.selection_by == by
    for split, division in zip(protocol.splits, divisions, strict=True):
        holds.split(annotations, split, by, subjects=protocol.subject_disjoint, share=share)
        assert split.test == division.test
        assert sorted(split.train + split.selection) == sorted(division.train)
    holds.folds(annotations, protocol)
    holds.pure(make, annotations, random)
    shared = subjects and any(
        {annotations.by_clip[clip]['subject'] for clip in division.train}
        & {annotations.by_clip[clip]['subject'] for clip in division.test}
        for division in divisions)
    assert protocol.subject_disjoint == (subjects and not shared)
    assert left_out(protocol, annotations) == ()


@COMMON
@given(data=st.data(), subjects=st.booleans(), seed=st.integers(0, 3),
       group=st.sampled_from([None, 'source']), random=st.randoms(use_true_random=False))
def test_columns(data, subjects, seed, group, random, holds, corpora_of):
    annotations = data.draw(corpora_of(subjects=subjects))
    by = 'subject' if subjects else group or 'clip'

    def folds(annotations):
        return column_folds(annotations, 'fold', seed, group=group)

    protocol = folds(annotations)
    assert (protocol.subject_disjoint, protocol.selection_by) == (subjects, by)
    for split in protocol.splits:
        holds.split(annotations, split, by, subjects=subjects)
    holds.folds(annotations, protocol)
    holds.pure(folds, annotations, random)

    rows = [{**row, 'split': 'test' if row['fold'] == '2' else 'train'}
            for row in annotations.rows]
    divided = make_annotations(rows)
    one = column_split(divided, seed=seed, group=group)
    assert (one.subject_disjoint, one.selection_by) == (subjects, by)
    holds.split(divided, one.splits[0], by, subjects=subjects)
    holds.pure(lambda a: column_split(a, seed=seed, group=group), divided, random)


ROWS = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i}', 'source': f'm{i // 3}'}
        for i in range(9)]
CLIPS = tuple(row['clip'] for row in ROWS)
WITHOUT_SUBJECTS = [{key: value for key, value in row.items() if key != 'subject'}
                    for row in ROWS]


def test_a_published_selection_part_is_kept():
    division = Division('set_1', CLIPS[:4], CLIPS[6:], CLIPS[4:6])
    protocol = published_splits(make_annotations(ROWS), 'p', [division], 'source')
    (split,) = protocol.splits
    assert (split.train, split.selection, split.test) == (CLIPS[:4], CLIPS[4:6], CLIPS[6:])
    assert protocol.selection_by == 'given' and protocol.subject_disjoint


def test_subjects_in_train_and_test_are_said():
    rows = [dict(row) for row in ROWS]
    rows[8]['subject'] = 's0'
    protocol = published_splits(make_annotations(rows), 'p', [Division('a', CLIPS[:6], CLIPS[6:])])
    assert not protocol.subject_disjoint
    assert protocol.selection_by == 'subject'


def test_one_clip_without_a_subject_is_enough_to_go_by_source():
    rows = [dict(row) for row in ROWS]
    del rows[2]['subject']
    division = Division('a', CLIPS[:6], CLIPS[6:])
    protocol = published_splits(make_annotations(rows), 'p', [division], 'source')
    assert protocol.selection_by == 'source' and not protocol.subject_disjoint
    assert {int(clip[1]) // 3 for clip in protocol.splits[0].selection} in ({0}, {1})
    del rows[1]['source']
    with pytest.raises(ProtocolError, match="clip 'c1' has no 'source'"):
        published_splits(make_annotations(rows), 'p', [division], 'source')


def test_clips_in_no_part_are_counted():
    rows = [*ROWS, {'clip': 'extra', 'label': 1, 'subject': 'x'}, {'clip': 'unlabelled'}]
    annotations = make_annotations(rows)
    protocol = published_splits(annotations, 'p', [Division('a', CLIPS[:5], CLIPS[6:])])
    assert left_out(protocol, annotations) == ('c5', 'extra')


@pytest.mark.parametrize(('divisions', 'message'), [
    ([Division('a', (*CLIPS[:5], 'gone', 'lost'), CLIPS[5:])],
     r"train of 'a' names 2 clips that are not in it: 'gone', 'lost'; complete the copy"),
    ([Division('a', CLIPS, tuple(f'x{i}' for i in range(8)))], r"'x4' and 3 more;"),
    ([Division('a', CLIPS[:5], (*CLIPS[5:], 'unlabelled'))], "'unlabelled', which has no label"),
    ([Division('a', CLIPS[:5], CLIPS[4:])], "clip 'c4' is in (train|selection) and in test"),
    ([Division('a', CLIPS[:5], CLIPS[5:], CLIPS[5:])], 'the selection part is the test part'),
    ([Division('a', CLIPS[:5], CLIPS[5:], ('c0', ))], "clip 'c0' is in train and in selection"),
    ([Division('a', CLIPS[:5], CLIPS[5:])] * 2, 'two splits have one name: a, a'),
    ([Division('a', CLIPS[:5], ())], 'no clip in test'),
    ([Division('a', (), CLIPS[5:])], 'no clip in train'),
    ([Division('a', CLIPS[:5], CLIPS[6:], ('c5', )), Division('b', CLIPS[:5], CLIPS[5:])],
     '1 of 2 divisions have a selection part'),
    ([], '0 of 0 divisions'),
])
def test_divisions_that_leak_or_do_not_fit(divisions, message):
    annotations = make_annotations([*ROWS, {'clip': 'unlabelled', 'subject': 's0'}])
    with pytest.raises(ProtocolError, match=message):
        published_splits(annotations, 'p', divisions)


def test_a_column_called_given_would_be_mistaken():
    rows = [{**row, 'given': 'x'} for row in WITHOUT_SUBJECTS]
    with pytest.raises(ProtocolError, match="cannot be called 'given'"):
        published_splits(make_annotations(rows), 'p', [Division('a', CLIPS[:5], CLIPS[5:])],
                         'given')


def test_column_folds_in_natural_order_and_named_after_the_values():
    rows = [{'clip': f'c{i:02d}', 'label': 0, 'fold': str(i), 'subject': f's{i}'}
            for i in (1, 2, 10)]
    protocol = column_folds(make_annotations(rows))
    assert protocol.names == ('fold1', 'fold2', 'fold10')
    assert protocol.splits[2].test == ('c10',)
    named = [{'clip': 'a', 'label': 0, 'set': 'foldA'}, {'clip': 'b', 'label': 0, 'set': 'B'}]
    assert column_folds(make_annotations(named), 'set').names == ('foldB', 'foldA')


def test_column_folds_that_share_a_subject_are_not_disjoint(holds):
    rows = [{'clip': f'c{i}', 'label': 0, 'fold': str(i % 2), 'subject': f's{i}'}
            for i in range(8)]
    assert column_folds(make_annotations(rows)).subject_disjoint
    rows[3]['subject'] = 's2'
    protocol = column_folds(make_annotations(rows))
    assert not protocol.subject_disjoint and protocol.selection_by == 'subject'
    holds.folds(make_annotations(rows), protocol)


def test_a_missing_fold_is_named():
    rows = [{'clip': 'a', 'label': 0, 'fold': '1'}, {'clip': 'b', 'label': 0}]
    with pytest.raises(ProtocolError, match="clip 'b' has no 'fold'"):
        column_folds(make_annotations(rows))
    with pytest.raises(ProtocolError, match="1 values in column 'fold'"):
        column_folds(make_annotations(rows[:1]))


def test_column_split():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i}',
             'split': 'test' if i > 7 else 'Train'} for i in range(10)]
    protocol = column_split(make_annotations(rows))
    (split,) = protocol.splits
    assert protocol.subject_disjoint and protocol.selection_by == 'subject'
    assert split.name == 'split1'
    assert split.test == ('c8', 'c9')
    assert len(split.selection) == 2
    rows[0]['split'] = 'val'
    protocol = column_split(make_annotations(rows))
    (split,) = protocol.splits
    assert protocol.selection_by == 'given' and split.selection == ('c0',)
    assert split.train == tuple(f'c{i}' for i in range(1, 8))
    rows[1]['split'] = 'dev'
    with pytest.raises(ProtocolError, match="'c1'.*'dev'"):
        column_split(make_annotations(rows))
    with pytest.raises(ProtocolError, match="no 'test' rows"):
        column_split(make_annotations(rows[2:8]))
