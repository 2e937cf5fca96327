"""Each leak, planted at a random place of a random protocol, is refused by name."""
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.annotations import make_metainfo
from mmfer.errors import ProtocolError
from mmfer.protocols import (
    Division,
    column_folds,
    consecutive_kfold,
    leave_one_subject_out,
    published_splits,
    random_splits,
    step_kfold,
    subject_kfold,
)
from mmfer.protocols.leaks import clip_faults, media_faults, row_faults
from mmfer.testing.annotations import make_annotations

COMMON = settings(max_examples=30, deadline=None)


def published(annotations):
    clips = [row['clip'] for row in annotations.labelled]
    return published_splits(annotations, 'p', [Division('a', tuple(clips[2:]), tuple(clips[:2]))])


BY_SUBJECT = {'step': lambda a: step_kfold(a, 3), 'balanced': lambda a: subject_kfold(a, 3),
              'consecutive': lambda a: consecutive_kfold(a, 2), 'column': column_folds,
              'leave one out': leave_one_subject_out}
MAKERS = {**BY_SUBJECT, 'random': random_splits, 'published': published}
PAIRS = [('train', 'test'), ('test', 'train'), ('train', 'selection'), ('selection', 'test')]


def changed(protocol, index, **parts):
    """The protocol with other parts in one of its splits."""
    splits = list(protocol.splits)
    splits[index] = replace(splits[index], **{part: tuple(sorted(clips))
                                              for part, clips in parts.items()})
    return replace(protocol, splits=tuple(splits))


def planted(data, make, annotations):
    """A protocol and the position of one of its splits that has a selection part."""
    protocol = make(annotations)
    having = [i for i, split in enumerate(protocol.splits) if split.selection]
    return protocol, data.draw(st.sampled_from(having)) if having else None


@pytest.mark.parametrize('name', MAKERS)
@COMMON
@given(data=st.data(), pair=st.sampled_from(PAIRS))
def test_a_clip_in_two_parts(name, data, pair, corpora_of):
    annotations = data.draw(corpora_of(min_subjects=6))
    protocol, index = planted(data, MAKERS[name], annotations)
    source, target = (getattr(protocol.splits[index], part) for part in pair)
    clip = data.draw(st.sampled_from(source))
    leaking = changed(protocol, index, **{pair[1]: (*target, clip)})
    with pytest.raises(ProtocolError) as caught:
        leaking.check()
    assert f'split {protocol.splits[index].name!r}: clip {clip!r} is in ' in str(caught.value)
    assert ('would choose the model' in str(caught.value)) == (pair == ('selection', 'test'))


@pytest.mark.parametrize('name', BY_SUBJECT)
@COMMON
@given(data=st.data(), pair=st.sampled_from(PAIRS))
def test_a_subject_in_two_parts(name, data, pair, corpora_of):
    annotations = data.draw(corpora_of(min_subjects=6))
    protocol, index = planted(data, BY_SUBJECT[name], annotations)
    source, target = (getattr(protocol.splits[index], part) for part in pair)
    clip = data.draw(st.sampled_from(source))
    subject = annotations.by_clip[clip]['subject']
    left = [other for other in source if other != clip]
    if not any(annotations.by_clip[other]['subject'] == subject for other in left):
        return  # the subject moves as a whole, which is no leak
    leaking = changed(protocol, index, **{pair[0]: left, pair[1]: (*target, clip)})
    with pytest.raises(ProtocolError, match=rf"subject '{subject}' is in .* and in "):
        leaking.check(annotations)


@pytest.mark.parametrize('name', MAKERS)
@COMMON
@given(data=st.data(), pair=st.sampled_from(PAIRS))
def test_one_clip_under_two_ids(name, data, pair, corpora_of):
    annotations = data.draw(corpora_of(min_subjects=6))
    protocol, index = planted(data, MAKERS[name], annotations)
    one, other = (data.draw(st.sampled_from(getattr(protocol.splits[index], part)))
                  for part in pair)
    rows = [dict(row) for row in annotations.rows]
    for row in rows:
        if row['clip'] in (one, other):
            row['frames'] = 'same/frames' if row['clip'] == one else 'same/./frames/'
    copied = make_annotations(rows)
    leaking = replace(protocol, annotation_hash=copied.hash, splits=(protocol.splits[index], ))
    with pytest.raises(ProtocolError, match="'same/frames' are in .* one clip under two") as caught:
        leaking.check(copied)
    assert f'clip {one!r}' in str(caught.value) and f'clip {other!r}' in str(caught.value)


@pytest.mark.parametrize('name', MAKERS)
@COMMON
@given(data=st.data())
def test_selection_is_test(name, data, corpora_of):
    annotations = data.draw(corpora_of(min_subjects=6))
    protocol = MAKERS[name](annotations)
    index = data.draw(st.integers(0, len(protocol.splits) - 1))
    test = protocol.splits[index].test
    with pytest.raises(ProtocolError) as caught:
        changed(protocol, index, selection=test).check()
    assert 'the selection part is the test part' in str(caught.value)
    assert f'clip {test[0]!r}' in str(caught.value)


@pytest.mark.parametrize('name', MAKERS)
@COMMON
@given(data=st.data())
def test_misfits(name, data, corpora_of):
    """Another annotation, a clip without a label, a name twice."""
    annotations = data.draw(corpora_of(min_subjects=6))
    protocol = MAKERS[name](annotations)
    split = data.draw(st.sampled_from(protocol.splits))
    clip = data.draw(st.sampled_from(split.train + split.test))
    with pytest.raises(ProtocolError, match=f'two splits have one name: .*{split.name}'):
        replace(protocol, splits=(*protocol.splits, split)).check()

    less = make_annotations(row for row in annotations.rows if row['clip'] != clip)
    with pytest.raises(ProtocolError, match=f"another annotation file .*such as '{clip}'"):
        protocol.check(less)
    more = make_annotations([*annotations.rows, {'clip': 'new', 'label': 0}])
    with pytest.raises(ProtocolError, match="another annotation file .*such as 'new'"):
        protocol.check(more)
    rows = [{**row, 'label': (row.get('label', 0) + 1) % 3} if row['clip'] == clip else row
            for row in annotations.rows]
    with pytest.raises(ProtocolError, match='the same clips, but other labels'):
        protocol.check(make_annotations(rows))

    for row in rows:
        row.pop('label', None) if row['clip'] == clip else None
    unlabelled = make_annotations(rows)
    with pytest.raises(ProtocolError, match=f"has clip '{clip}', which has no label"):
        replace(protocol, annotation_hash=unlabelled.hash).check(unlabelled)


@COMMON
@given(data=st.data())
def test_a_source_in_train_and_selection(data, corpora_of):
    annotations = data.draw(corpora_of(min_subjects=8, subjects=False))
    protocol = published_splits(annotations, 'p', [
        Division('a', tuple(row['clip'] for row in annotations.labelled[2:]),
                 tuple(row['clip'] for row in annotations.labelled[:2]))], 'source')
    split = protocol.splits[0]
    for clip in split.train:
        source = annotations.by_clip[clip]['source']
        left = [other for other in split.train if other != clip]
        if any(annotations.by_clip[other]['source'] == source for other in left):
            leaking = changed(protocol, 0, train=left, selection=(*split.selection, clip))
            with pytest.raises(ProtocolError, match=f"source '{source}' is in train .*carved by"):
                leaking.check(annotations)


def test_the_column_carved_by_must_be_there():
    annotations = make_annotations({'clip': f'c{i}', 'label': 0} for i in range(6))
    protocol = published_splits(annotations, 'p', [
        Division('a', ('c0', 'c1', 'c2', 'c3'), ('c4', 'c5'))])
    with pytest.raises(ProtocolError, match="clip 'c.', which has no 'source'"):
        replace(protocol, selection_by='source').check(annotations)
    replace(protocol, selection_by='given').check(annotations)
    replace(protocol, selection_by=None).check(annotations)


def test_makers_refuse_a_corpus_with_one_clip_under_two_ids():
    rows = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i}', 'frames': f'c{i % 5}'}
            for i in range(6)]
    with pytest.raises(ProtocolError, match=r"'c0' are in .*clip 'c[05]'.*clip 'c[05]'"):
        leave_one_subject_out(make_annotations(rows))


def test_faults_of_parts():
    rows = [{'clip': 'a', 'frames': 'a', 'num_frames': 1, 'label': 0},
            {'clip': 'b', 'frames': 'a', 'num_frames': 1}]
    annotations = make_annotations(rows)
    assert make_metainfo('made', annotations.classes, rows) == annotations.metainfo
    parts = {'train': ('a', 'a'), 'selection': (), 'test': ('b', 'z')}
    assert list(clip_faults(parts)) == ["clip 'a' occurs twice in train"]
    assert [fault.split(',')[0] for fault in row_faults(parts, annotations)] == [
        "test has clip 'b'", "test has clip 'z'"]
    shared = {'train': ('a', ), 'selection': (), 'test': ('b', )}
    assert list(media_faults(shared, annotations)) == [
        "the frames 'a' are in train (clip 'a') and in test (clip 'b'): one clip under two ids; "
        'drop one of the rows']
