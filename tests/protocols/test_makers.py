from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.annotations import Annotations, make_metainfo
from mmfer.errors import ProtocolError
from mmfer.protocols import (
    column_folds,
    column_split,
    protocol_hash,
    random_splits,
    step_kfold,
    subject_kfold,
)

CLASSES = ['anger', 'fear', 'happiness']
COMMON = settings(max_examples=40, deadline=None)


def annotate(rows):
    rows = sorted(({'frames': row['clip'], 'num_frames': 1, **row} for row in rows),
                  key=lambda row: row['clip'])
    return Annotations(make_metainfo('x', CLASSES, rows), rows, 'annotations.json')


def people(*counts, **fields):
    """A corpus of one subject per count, with so many clips."""
    return annotate({'clip': f'S{s:03d}_{i:03d}', 'subject': f'S{s:03d}', 'label': (s + i) % 3,
                     **fields} for s, n in enumerate(counts) for i in range(n))


@st.composite
def corpora(draw, min_subjects=4):
    sizes = draw(st.lists(st.integers(1, 5), min_size=min_subjects, max_size=15))
    rows = [{'clip': f'{s}-{i}', 'subject': f's{s}', 'fold': str(s % 3),
             **({'label': draw(st.integers(0, 2))} if draw(st.booleans()) or i == 0 else {})}
            for s, size in enumerate(sizes) for i in range(size)]
    return annotate(rows)


def parts(split):
    return [set(split.train), set(split.selection), set(split.test)]


def check_split(annotations, split, subjects):
    """Disjoint, complete, labelled; by subject as well where asked."""
    train, selection, test = parts(split)
    assert train and test
    assert not (train & selection or train & test or selection & test)
    assert train | selection | test == {row['clip'] for row in annotations.labelled}
    if subjects:
        people = [{annotations.by_clip[clip]['subject'] for clip in part}
                  for part in parts(split)]
        assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])


def check_folds(annotations, protocol):
    """Every labelled clip is tested exactly once."""
    tested = [clip for split in protocol.splits for clip in split.test]
    assert sorted(tested) == sorted(row['clip'] for row in annotations.labelled)


@COMMON
@given(corpora(), st.integers(0, 3))
def test_subject_disjoint_makers(annotations, seed):
    for make in (lambda: step_kfold(annotations, 3, seed),
                 lambda: subject_kfold(annotations, 4, seed),
                 lambda: column_folds(annotations, 'fold', seed)):
        protocol = make()
        assert protocol.subject_disjoint
        assert protocol.seed == seed
        for split in protocol.splits:
            check_split(annotations, split, subjects=True)
        check_folds(annotations, protocol)
        assert protocol_hash(make()) == protocol_hash(protocol)


@COMMON
@given(corpora(), st.integers(0, 3))
def test_random_splits(annotations, seed):
    protocol = random_splits(annotations, repeats=3, seed=seed)
    assert not protocol.subject_disjoint
    for split in protocol.splits:
        check_split(annotations, split, subjects=False)
        total = len(annotations.labelled)
        assert abs(len(split.test) - 0.2 * total) <= 0.5
        assert abs(len(split.selection) - 0.2 * (total - len(split.test))) <= 0.5
    assert random_splits(annotations, repeats=3, seed=seed) == protocol


@COMMON
@given(corpora(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(annotations, random):
    rows = list(annotations.rows)
    random.shuffle(rows)
    other = Annotations(annotations.metainfo, rows, 'annotations.json')
    assert other.hash == annotations.hash
    for make in (lambda a: step_kfold(a, 3), lambda a: subject_kfold(a, 3), random_splits):
        assert make(other) == make(annotations)


def test_step_deals_labelled_subjects_in_ascending_order():
    # typed by hand: S011 has no label, so S012 follows S010
    labelled = ['S005', 'S010', 'S012', 'S014', 'S022', 'S026', 'S028', 'S029', 'S032', 'S034',
                'S035', 'S037', 'S042']
    rows = [{'clip': f'{s}_001', 'subject': s, 'label': 0} for s in labelled]
    rows += [{'clip': 'S011_001', 'subject': 'S011'}, {'clip': 'S005_002', 'subject': 'S005'},
             {'clip': 'S010_004', 'subject': 'S010', 'label': 1}]
    protocol = step_kfold(annotate(reversed(rows)))
    assert protocol.names == tuple(f'fold{k}' for k in range(1, 11))
    tests = [split.test for split in protocol.splits]
    assert tests[0] == ('S005_001', 'S035_001')
    assert tests[1] == ('S010_001', 'S010_004', 'S037_001')
    assert tests[2] == ('S012_001', 'S042_001')
    assert tests[3] == ('S014_001',)
    assert tests[9] == ('S034_001',)


def test_random_splits_of_ckplus_size():
    protocol = random_splits(people(*[3] * 109))  # 327 clips
    assert protocol.names == tuple(f'split{k}' for k in range(1, 11))
    assert {tuple(map(len, parts(split))) for split in protocol.splits} == {(210, 52, 65)}
    assert len({split.test for split in protocol.splits}) == 10
    assert random_splits(people(*[3] * 109), seed=1) != protocol


def test_the_draw_is_the_same_on_every_machine():
    # ordered by hand: printf '0\\0split1\\0S001_001' | sha256sum, and so on for each clip
    split = random_splits(people(2, 2, 2, 2, 2)).splits[0]
    assert split.test == ('S001_001', 'S003_000')
    assert split.selection == ('S003_001', 'S004_000')


def test_subject_kfold_balances_classes():
    # two happy subjects and many angry ones: the happy ones may not share a fold
    rows = [{'clip': f's{s}-{i}', 'subject': f's{s}', 'label': 2 if s in (3, 4) else 0}
            for s in range(10) for i in range(2)]
    annotations = annotate(rows)
    protocol = subject_kfold(annotations, 2)
    for split in protocol.splits:
        counts = Counter(annotations.by_clip[clip]['label'] for clip in split.test)
        assert counts == {0: 8, 2: 2}


def test_kfold_of_clips_without_subjects_claims_nothing():
    annotations = annotate([{'clip': f'c{i:02d}', 'label': i % 3} for i in range(12)])
    protocol = subject_kfold(annotations, 3)
    assert not protocol.subject_disjoint
    assert [len(split.test) for split in protocol.splits] == [4, 4, 4]
    check_folds(annotations, protocol)


def test_a_missing_subject_is_named():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i}'} for i in range(6)]
    del rows[4]['subject']
    for make in (lambda a: step_kfold(a, 2), lambda a: subject_kfold(a, 2)):
        with pytest.raises(ProtocolError, match="clip 'c4' has no 'subject'"):
            make(annotate(rows))


def test_too_few_subjects():
    with pytest.raises(ProtocolError, match='3 labelled subjects do not make 10 folds'):
        step_kfold(people(2, 2, 2))
    with pytest.raises(ProtocolError, match='do not make 1 folds'):
        subject_kfold(people(2, 2, 2), 1)
    with pytest.raises(ProtocolError, match='no clip has a label'):
        random_splits(annotate([{'clip': 'a'}]))
    with pytest.raises(ProtocolError, match='cannot be divided'):
        random_splits(annotate([{'clip': 'a', 'label': 0}]))


def test_column_folds_in_natural_order_and_named_after_the_values():
    rows = [{'clip': f'c{i:02d}', 'label': 0, 'fold': str(i), 'subject': f's{i}'}
            for i in (1, 2, 10)]
    protocol = column_folds(annotate(rows))
    assert protocol.names == ('fold1', 'fold2', 'fold10')
    assert protocol.splits[2].test == ('c10',)
    named = [{'clip': 'a', 'label': 0, 'set': 'foldA'}, {'clip': 'b', 'label': 0, 'set': 'B'}]
    assert column_folds(annotate(named), 'set').names == ('foldB', 'foldA')


def test_column_folds_that_share_a_subject_are_not_disjoint():
    rows = [{'clip': f'c{i}', 'label': 0, 'fold': str(i % 2), 'subject': f's{i}'}
            for i in range(8)]
    assert column_folds(annotate(rows)).subject_disjoint
    rows[3]['subject'] = 's2'
    protocol = column_folds(annotate(rows))
    assert not protocol.subject_disjoint
    check_folds(annotate(rows), protocol)


def test_a_missing_fold_is_named():
    rows = [{'clip': 'a', 'label': 0, 'fold': '1'}, {'clip': 'b', 'label': 0}]
    with pytest.raises(ProtocolError, match="clip 'b' has no 'fold'"):
        column_folds(annotate(rows))
    with pytest.raises(ProtocolError, match="1 values in column 'fold'"):
        column_folds(annotate(rows[:1]))


def test_column_split():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i}',
             'split': 'test' if i > 7 else 'Train'} for i in range(10)]
    protocol = column_split(annotate(rows))
    (split,) = protocol.splits
    assert protocol.subject_disjoint
    assert split.name == 'split1'
    assert split.test == ('c8', 'c9')
    assert len(split.selection) == 2
    rows[0]['split'] = 'val'
    (split,) = column_split(annotate(rows)).splits
    assert split.selection == ('c0',)
    assert split.train == tuple(f'c{i}' for i in range(1, 8))
    rows[1]['split'] = 'dev'
    with pytest.raises(ProtocolError, match="'c1'.*'dev'"):
        column_split(annotate(rows))
    with pytest.raises(ProtocolError, match="no 'test' rows"):
        column_split(annotate(rows[2:8]))


def test_frame_labels_count_frame_by_frame():
    rows = [{'clip': f'c{i}', 'frame_labels': [i % 2, -1, 2], 'num_frames': 3,
             'subject': f's{i}'} for i in range(6)]
    rows.append({'clip': 'ignored', 'frame_labels': [-1], 'subject': 's9'})
    annotations = annotate(rows)
    protocol = subject_kfold(annotations, 2)
    check_folds(annotations, protocol)
    for split in protocol.splits:
        assert len(split.test) == 3
