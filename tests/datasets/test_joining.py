"""Classes joined by name, what is left out, and the same clips under two names."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.annotation_table import RowTable
from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.datasets.joining import (
    canonical_or_own,
    check_distinct,
    common_folder,
    joined_classes,
    joint_hash,
    labels_inside,
    left_out_text,
    shared_media,
    wanted_votes,
)
from mmfer.errors import AnnotationError, ConfigError
from mmfer.labels import EXPRESSIONS

CKPLUS = ['anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise']
DFEW = ['Happy', 'Sad', 'Neutral', 'Angry', 'Surprise', 'Disgust', 'Fear']


def test_rules_on_two_known_corpora():
    both = {'ckplus': CKPLUS, 'dfew': DFEW}
    common = ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
    assert joined_classes(both, 'intersection') == common
    assert joined_classes(both, 'union') == (
        'anger', 'contempt', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
    assert joined_classes(both, ['sad', 'anger', 'neutral']) == ('sadness', 'anger', 'neutral')


NAMES = st.sampled_from([*EXPRESSIONS, 'boredom', 'pride'])


@given(st.lists(st.lists(NAMES, min_size=3, unique=True), min_size=1, max_size=4))
def test_the_order_of_classes_and_corpora_does_not_matter(lists):
    corpora = {str(index): classes for index, classes in enumerate(lists)}
    turned = {name: classes[::-1] for name, classes in reversed(corpora.items())}
    union = joined_classes(corpora, 'union')
    assert union == joined_classes(turned, 'union')
    assert set(union) == set().union(*lists)
    known = [name for name in union if name in EXPRESSIONS]
    assert known == [name for name in EXPRESSIONS if name in known]
    common = set.intersection(*map(set, lists))
    if len(common) < 2:
        with pytest.raises(ConfigError, match='at least two'):
            joined_classes(corpora, 'intersection')
    else:
        assert joined_classes(corpora, 'intersection') == tuple(n for n in union if n in common)


@pytest.mark.parametrize(('rule', 'message'), [
    ('all', "'intersection', 'union'"), (['anger', 'calm'], "'calm', which none"),
    (['anger', 'angry'], 'twice'), (['anger'], 'at least two')])
def test_rules_that_are_none(rule, message):
    with pytest.raises(ConfigError, match=message):
        joined_classes({'a': CKPLUS, 'b': DFEW}, rule)


def test_names_outside_the_vocabulary_stay():
    assert canonical_or_own('Angry') == 'anger'
    assert canonical_or_own('boredom') == 'boredom' and canonical_or_own('3') == '3'


def table(*rows: dict) -> RowTable:
    return RowTable.of(rows)


def test_what_is_left_out():
    rows = table(dict(clip='a', label=0), dict(clip='b', label=1), dict(clip='c', label=1),
                 dict(clip='d', frame_labels=[0, 1, -1, 2]), dict(clip='e', frame_labels=[1, -1]),
                 dict(clip='f', frame_labels=[2, 0]))
    inside, left_out = labels_inside(rows, ['anger', 'contempt', 'fear'], [1, None, 0])
    assert inside.tolist() == [True, False, False, True, False, True]
    assert left_out == {'clips': {'contempt': 2}, 'frames': {'contempt': 2}}
    assert left_out_text(left_out) == '2 clips of contempt, 2 frames of contempt'
    inside, left_out = labels_inside(rows, ['anger', 'contempt', 'fear'], [1, 2, 0])
    assert inside.all() and left_out == {} and left_out_text(left_out) == ''


LABELS = st.integers(0, 3)


@given(st.lists(st.one_of(LABELS, st.lists(st.integers(-1, 3), min_size=1, max_size=5)),
                min_size=1, max_size=8),
       st.lists(st.one_of(st.none(), LABELS), min_size=4, max_size=4))
def test_left_out_as_counted_one_by_one(labels, mapping):
    rows = table(*({'clip': str(i), 'label' if isinstance(label, int) else 'frame_labels': label}
                   for i, label in enumerate(labels)))
    inside, left_out = labels_inside(rows, list('abcd'), mapping)
    frames = [[label] if isinstance(label, int) else label for label in labels]
    assert inside.tolist() == [any(one >= 0 and mapping[one] is not None for one in of)
                               for of in frames]
    counted = sum(one >= 0 and mapping[one] is None for of in frames for one in of)
    assert sum(sum(by_class.values()) for by_class in left_out.values()) == counted


def test_votes_for_classes_that_are_not_wanted():
    assert wanted_votes([.6, .2, .2], [0, None, 1], 'x') == [.6, 0, .2]
    with pytest.raises(AnnotationError, match="clip 'a': all votes"):
        wanted_votes([0, 1, 0], [0, None, 1], "clip 'a'")


def test_hash_of_several():
    assert joint_hash([('a', '1'), ('b', '2')]) != joint_hash([('b', '2'), ('a', '1')])
    assert joint_hash([('a', '1', None)]) != joint_hash([('a', '1', 'fold1')])


def test_folder_above_all():
    assert common_folder(['data/ckplus/CK+', 'data/mmi']) == 'data'
    assert common_folder(['a', 'b']) == '.'
    mixed = common_folder(['data', '/nowhere'])
    assert mixed == '/' and os.path.isabs(mixed)


def corpus(folder: Path, name: str, frames: list[str]):
    rows = [dict(clip=f'{name}{i}', frames=path, num_frames=1, label=i % 2)
            for i, path in enumerate(frames)]
    folder.mkdir(exist_ok=True)
    path = folder / f'{name}.json'
    write_annotations(path, make_metainfo(name, ['anger', 'fear'], rows), rows)
    return read_annotations(path)


def test_the_same_media_under_two_names(tmp_path):
    one = corpus(tmp_path, 'one', ['x/a', 'x/b'])
    two = corpus(tmp_path, 'two', ['b', 'c'])
    (tmp_path / 'data' / 'x').mkdir(parents=True)
    (tmp_path / 'link').symlink_to(tmp_path / 'data' / 'x')
    data = str(tmp_path / 'data')
    for root in (f'{data}/x', str(tmp_path / 'link'), f'{data}/x/../x/.'):
        assert shared_media(one, data, two, root) == ('one1', 'two0')
    assert shared_media(one, data, two, str(tmp_path)) is None
    (tmp_path / 'data' / 'y').symlink_to(tmp_path / 'data' / 'x')
    linked = corpus(tmp_path, 'linked', ['y/b'])
    assert shared_media(one, data, linked, data) == ('one1', 'linked0')
    with pytest.raises(AnnotationError, match="'one' and 'two' share media: clip 'one1' and clip "
                                              "'two0'"):
        check_distinct({'one': (one, data), 'two': (two, f'{data}/x')})
    check_distinct({'one': (one, data), 'two': (two, data)})
    with pytest.raises(AnnotationError, match="'one' and 'again' are one annotation file"):
        check_distinct({'one': (one, data), 'two': (two, data), 'again': (one, '/elsewhere')})
