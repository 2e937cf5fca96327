"""Folds by subject and random divisions, over random corpora and on hand-checked ones."""
import hashlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import ProtocolError
from mmfer.protocols import (
    consecutive_kfold,
    leave_one_subject_out,
    random_splits,
    step_kfold,
    subject_kfold,
)
from mmfer.protocols.division import natural
from mmfer.testing.annotations import make_annotations

COMMON = settings(max_examples=30, deadline=None)
BY_SUBJECT = {
    'step': lambda a, seed=0, share=0.2: step_kfold(a, 3, seed, share),
    'consecutive': lambda a, seed=0, share=0.2: consecutive_kfold(a, 2, seed, share),
    'balanced': lambda a, seed=0, share=0.2: subject_kfold(a, 4, seed, share),
    'leave one out': leave_one_subject_out,
}


def people(*counts, **fields):
    """A corpus of one subject per count, with so many clips."""
    return make_annotations({'clip': f'S{s:03d}_{i:03d}', 'subject': f'S{s:03d}',
                             'label': (s + i) % 3, **fields}
                            for s, n in enumerate(counts) for i in range(n))


@pytest.mark.parametrize('name', BY_SUBJECT)
@COMMON
@given(data=st.data(), seed=st.integers(0, 3), share=st.sampled_from([0, 0.2, 0.5]),
       random=st.randoms(use_true_random=False))
def test_folds_by_subject(name, data, seed, share, random, holds, corpora_of):
    annotations = data.draw(corpora_of())
    protocol = BY_SUBJECT[name](annotations, seed, share)
    assert protocol.subject_disjoint and protocol.selection_by == 'subject'
    assert protocol.seed == seed and protocol.annotation_hash == annotations.hash
    for split in protocol.splits:
        holds.split(annotations, split, 'subject', subjects=True, share=share)
    holds.folds(annotations, protocol)
    holds.pure(lambda a: BY_SUBJECT[name](a, seed, share), annotations, random)


@COMMON
@given(data=st.data(), seed=st.integers(0, 3), random=st.randoms(use_true_random=False))
def test_folds_of_clips(data, seed, random, holds, corpora_of):
    annotations = data.draw(corpora_of(subjects=False))
    protocol = subject_kfold(annotations, 4, seed)
    assert not protocol.subject_disjoint and protocol.selection_by == 'clip'
    for split in protocol.splits:
        holds.split(annotations, split, 'clip', subjects=False)
    holds.folds(annotations, protocol)
    holds.pure(lambda a: subject_kfold(a, 4, seed), annotations, random)


@COMMON
@given(data=st.data(), seed=st.integers(0, 3), share=st.sampled_from([0, 0.2, 0.5]),
       random=st.randoms(use_true_random=False))
def test_random_divisions(data, seed, share, random, holds, corpora_of):
    annotations = data.draw(corpora_of())
    protocol = random_splits(annotations, 3, selection=share, seed=seed)
    assert not protocol.subject_disjoint and protocol.selection_by == 'clip'
    total = len(annotations.labelled)
    for split in protocol.splits:
        holds.split(annotations, split, 'clip', subjects=False, share=share)
        assert abs(len(split.test) - 0.2 * total) <= 0.5
        assert abs(len(split.selection) - share * (total - len(split.test))) <= 0.5
    holds.pure(lambda a: random_splits(a, 3, selection=share, seed=seed), annotations, random)


@COMMON
@given(data=st.data(), size=st.integers(1, 5))
def test_consecutive_folds_are_runs_of_subjects(data, size, corpora_of):
    annotations = data.draw(corpora_of(min_subjects=10))
    subjects = sorted({row['subject'] for row in annotations.labelled}, key=natural)
    tests = [sorted({annotations.by_clip[clip]['subject'] for clip in split.test}, key=natural)
             for split in consecutive_kfold(annotations, size).splits]
    assert sum(tests, []) == subjects
    assert [len(test) for test in tests[:-1]] == [size] * (len(tests) - 1)
    assert size <= len(tests[-1]) < 2 * size


def test_consecutive_folds_of_the_corpora():
    # RAVDESS: 24 actors; CREMA-D: 91
    ravdess = consecutive_kfold(people(*[2] * 24), 4)
    assert [len(split.test) for split in ravdess.splits] == [8] * 6
    assert ravdess.splits[1].test[0] == 'S004_000'
    cremad = consecutive_kfold(people(*[1] * 91), 18)
    assert [len(split.test) for split in cremad.splits] == [18, 18, 18, 18, 19]
    assert cremad.splits[4].test[0] == 'S072_000'
    assert consecutive_kfold(people(*[1] * 91), [18, 18, 18, 18, 19]) == cremad


def test_consecutive_subjects_are_ordered_as_numbers():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': str(i)} for i in (1, 2, 9, 10, 11, 100)]
    splits = consecutive_kfold(make_annotations(rows), 2).splits
    assert [split.test for split in splits] == [('c1', 'c2'), ('c10', 'c9'), ('c100', 'c11')]


@pytest.mark.parametrize('sizes', [0, -1, 6, 4, [3, 3], [5], [2, 0, 3], [], [6, -1]])
def test_sizes_that_do_not_fit(sizes):
    with pytest.raises(ProtocolError, match=r'5 labelled subjects do not make consecutive folds'):
        consecutive_kfold(people(1, 1, 1, 1, 1), sizes)


def test_leave_one_subject_out_names_splits_after_subjects():
    protocol = leave_one_subject_out(people(2, 1, 3))
    assert protocol.names == ('S000', 'S001', 'S002')
    assert protocol.split('S002').test == ('S002_000', 'S002_001', 'S002_002')
    with pytest.raises(ProtocolError, match='1 labelled subjects do not make 2 folds'):
        leave_one_subject_out(people(3))


def test_a_subject_that_cannot_name_a_split():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': f'a/{i}'} for i in range(3)]
    with pytest.raises(ProtocolError, match="split 'a/0': .* must not hold a slash"):
        leave_one_subject_out(make_annotations(rows))


def ordered(items, seed, purpose):
    """Order by SHA-256, worked out here once more."""
    return sorted(items, key=lambda item: hashlib.sha256(
        f'{seed}\0{purpose}\0{item}'.encode()).hexdigest())


def test_selection_parts_follow_the_hashes():
    subjects = [f'S{s:03d}' for s in range(10)]
    for split in step_kfold(people(*[2] * 10), 5, seed=7).splits:
        tested = {clip[:4] for clip in split.test}
        others = [s for s in subjects if s not in tested]
        # 20% of 16 clips is 3.2, which two subjects of two clips reach
        first = ordered(others, 7, f'{split.name}/selection')[:2]
        assert {clip[:4] for clip in split.selection} == set(first)


def test_splits_are_these_on_every_machine():
    """Ordered with ``printf '0\\0fold1/selection\\0S005' | sha256sum`` and the like.

    S005 comes first of S001, S002, S004, S005 in fold1's selection; of the 12 clips, 20% of
    which are 2, S003_001 and S005_000 come first in split1 of seed 5, then S000_002, S002_001.
    """
    annotations = people(3, 1, 2, 2, 1, 3)
    step, = step_kfold(annotations, 3).splits[:1]
    assert step.test == ('S000_000', 'S000_001', 'S000_002', 'S003_000', 'S003_001')
    assert step.selection == ('S005_000', 'S005_001', 'S005_002')
    assert [split.test for split in subject_kfold(annotations, 3, seed=1).splits] == [
        ('S001_000', 'S005_000', 'S005_001', 'S005_002'),
        ('S000_000', 'S000_001', 'S000_002', 'S004_000'),
        ('S002_000', 'S002_001', 'S003_000', 'S003_001')]
    one = random_splits(annotations, 1, seed=5).splits[0]
    assert (one.test, one.selection) == (('S003_001', 'S005_000'), ('S000_002', 'S002_001'))
    assert [split.selection for split in leave_one_subject_out(annotations).splits] == [
        ('S001_000', 'S003_000', 'S003_001'), ('S005_000', 'S005_001', 'S005_002'),
        ('S000_000', 'S000_001', 'S000_002'), ('S000_000', 'S000_001', 'S000_002'),
        ('S000_000', 'S000_001', 'S000_002'), ('S002_000', 'S002_001', 'S004_000')]


def test_step_deals_labelled_subjects_in_ascending_order():
    # typed by hand: S011 has no label, so S012 follows S010
    labelled = ['S005', 'S010', 'S012', 'S014', 'S022', 'S026', 'S028', 'S029', 'S032', 'S034',
                'S035', 'S037', 'S042']
    rows = [{'clip': f'{s}_001', 'subject': s, 'label': 0} for s in labelled]
    rows += [{'clip': 'S011_001', 'subject': 'S011'}, {'clip': 'S005_002', 'subject': 'S005'},
             {'clip': 'S010_004', 'subject': 'S010', 'label': 1}]
    protocol = step_kfold(make_annotations(reversed(rows)))
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
    for split in protocol.splits:
        assert (len(split.train), len(split.selection), len(split.test)) == (210, 52, 65)
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
    annotations = make_annotations(rows)
    protocol = subject_kfold(annotations, 2)
    for split in protocol.splits:
        counts = Counter(annotations.by_clip[clip]['label'] for clip in split.test)
        assert counts == {0: 8, 2: 2}


def test_kfold_of_clips_without_subjects_claims_nothing(holds):
    annotations = make_annotations([{'clip': f'c{i:02d}', 'label': i % 3} for i in range(12)])
    protocol = subject_kfold(annotations, 3)
    assert not protocol.subject_disjoint
    assert [len(split.test) for split in protocol.splits] == [4, 4, 4]
    holds.folds(annotations, protocol)


def test_a_missing_subject_is_named():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i}'} for i in range(6)]
    del rows[4]['subject']
    for make in (lambda a: step_kfold(a, 2), lambda a: subject_kfold(a, 2),
                 lambda a: consecutive_kfold(a, 2), leave_one_subject_out):
        with pytest.raises(ProtocolError, match="clip 'c4' has no 'subject'"):
            make(make_annotations(rows))


def test_too_few_subjects():
    with pytest.raises(ProtocolError, match='3 labelled subjects do not make 10 folds'):
        step_kfold(people(2, 2, 2))
    with pytest.raises(ProtocolError, match='do not make 1 folds'):
        subject_kfold(people(2, 2, 2), 1)
    with pytest.raises(ProtocolError, match='no clip has a label'):
        random_splits(make_annotations([{'clip': 'a'}]))
    with pytest.raises(ProtocolError, match='cannot be divided 0 times'):
        random_splits(people(3, 3), repeats=0)
    with pytest.raises(ProtocolError, match='cannot be divided'):
        random_splits(make_annotations([{'clip': 'a', 'label': 0}]))


def test_frame_labels_count_frame_by_frame(holds):
    rows = [{'clip': f'c{i}', 'frame_labels': [i % 2, -1, 2], 'num_frames': 3,
             'subject': f's{i}'} for i in range(6)]
    rows.append({'clip': 'ignored', 'frame_labels': [-1], 'subject': 's9'})
    annotations = make_annotations(rows)
    protocol = subject_kfold(annotations, 2)
    holds.folds(annotations, protocol)
    for split in protocol.splits:
        assert len(split.test) == 3
