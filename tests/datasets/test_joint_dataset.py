"""Several corpora as one dataset: by name, with draws of their own, nothing mixed up."""
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.datasets import ExpressionDataset, JointDataset
from mmfer.datasets.class_counts import class_counts
from mmfer.datasets.samplers import EpochSampler, VideoUniformSampler
from mmfer.errors import AnnotationError, ConfigError
from mmfer.protocols import Protocol, Split, write_protocol
from mmfer.registry import DATASETS

from .conftest import frame_image, write_image

TRAIN = [dict(type='SegmentSample', num_segments=2), dict(type='LoadFrames'),
         dict(type='Resize', scale=(16, 16), keep_ratio=False), dict(type='Flip'),
         dict(type='ColorJitter'), dict(type='FormatFrames'), dict(type='PackExpressionInputs')]


@pytest.fixture
def members(corpus: SimpleNamespace, tmp_path: Path) -> dict[str, dict[str, str]]:
    """``corpus`` (anger, fear, sadness), and 'two' with other classes in another order."""
    classes = ['sadness', 'contempt', 'Angry']
    rows = []
    for clip, (name, label) in enumerate([('S1/a', 2), ('S5/b', 0), ('S6/c', 1), ('S7/d', 2)]):
        for number in range(1, 4):
            write_image(tmp_path / 'two' / name / f'{number:06d}.jpg', frame_image(clip, number))
        rows.append(dict(clip=name, frames=name, num_frames=3, label=label, subject=name[:2]))
    ann_file, protocol_file = tmp_path / 'two.json', tmp_path / 'two_protocol.json'
    write_annotations(ann_file, make_metainfo('second', classes, rows), rows)
    split = Split('half', train=('S1/a', 'S5/b', 'S6/c'), selection=(), test=('S7/d',))
    write_protocol(protocol_file, Protocol('two-1', read_annotations(ann_file).hash, True, 0,
                                           (split,)))
    two = dict(ann_file=str(ann_file), data_root=str(tmp_path / 'two'),
               protocol_file=str(protocol_file), split='half')
    return {key: {'tiny': corpus.fold[key], 'two': value} for key, value in two.items()}


def labels(dataset: JointDataset) -> dict[str, str]:
    infos = [dataset.get_data_info(index) for index in range(len(dataset))]
    return {info['clip']: dataset.metainfo['classes'][info['label']] for info in infos}


def test_labels_are_joined_by_name(members):
    joint = DATASETS.build(dict(type='JointDataset', **members, part='train'))
    assert joint.metainfo['classes'] == ('anger', 'sadness')
    assert labels(joint) == {'tiny/S1/a': 'anger', 'two/S1/a': 'anger', 'two/S5/b': 'sadness'}
    assert joint.metainfo['left_out'] == {'tiny': {'clips': {'fear': 1}},
                                          'two': {'clips': {'contempt': 1}}}
    assert class_counts(joint, 2).tolist() == [2, 1]
    union = JointDataset(**members, classes='union')
    assert union.metainfo['classes'] == ('anger', 'contempt', 'fear', 'sadness')
    assert labels(union) == {'tiny/S1/a': 'anger', 'tiny/S2/é b': 'fear', 'two/S1/a': 'anger',
                             'two/S5/b': 'sadness', 'two/S6/c': 'contempt'}
    assert union.metainfo['left_out'] == {'tiny': {}, 'two': {}}


def test_facts(members):
    joint = JointDataset(**members, part='test')
    facts = joint.metainfo
    assert (facts['corpus'], facts['corpora']) == ('tiny+two', ('tiny', 'two'))
    assert facts['subject_disjoint'] is True and facts['part'] == 'test'
    assert [facts['members'][name]['split'] for name in ('tiny', 'two')] == ['fold1', 'half']
    # two people of one name stay two
    train = JointDataset(**members)
    subjects = [train.get_data_info(index)['subject'] for index in range(len(train))]
    assert subjects == ['tiny/S1', 'two/S1', 'two/S5']
    assert facts['annotation_hash'] == train.metainfo['annotation_hash']
    turned = JointDataset(**{key: dict(reversed(of.items())) for key, of in members.items()})
    assert turned.metainfo['annotation_hash'] != facts['annotation_hash']


def test_clips_of_other_classes_can_be_refused(members):
    with pytest.raises(AnnotationError, match="'fear' is not among the wanted classes"):
        JointDataset(**members, outside='error')
    with pytest.raises(ConfigError, match='outside'):
        JointDataset(**members, outside='keep')


def test_members_are_told_apart(members):
    with pytest.raises(AnnotationError, match='one annotation file'):
        JointDataset(**{key: {**of, 'again': of['two']} for key, of in members.items()})
    with pytest.raises(ConfigError, match='split is of two, ann_file of tiny, two'):
        JointDataset(**{**members, 'split': {'two': 'half'}})


def test_draws_follow_from_seed_epoch_and_index(members):
    joint = JointDataset(**members, pipeline=TRAIN, classes='union')
    single = ExpressionDataset(**{key: of['two'] for key, of in members.items()},
                               pipeline=TRAIN)

    def drawn(epoch: int) -> list[np.ndarray]:
        sampler = EpochSampler(joint, seed=3)
        sampler.set_epoch(epoch)
        return [joint[index]['inputs'].numpy() for index in sorted(sampler)]

    first, again, later = drawn(0), drawn(0), drawn(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, later, strict=True))
    # same frames as the corpus alone, where nothing is drawn
    assert joint[2]['data_samples'].frames == single[0]['data_samples'].frames == 'S1/a'


def test_samplers(members):
    joint = JointDataset(**members, classes='union', repeat='frames')
    assert joint.corpus_numbers().tolist() == [0] * 11 + [1] * 9
    numbers = joint.clip_numbers()
    assert len(set(numbers.tolist())) == 5
    assert len(np.unique(numbers[:11])) == 2 and numbers[11:].min() > numbers[:11].max()
    drawn = [index for index, _ in zip(VideoUniformSampler(joint, seed=0), range(3000))]
    share = np.bincount(numbers[drawn]) / 3000
    assert np.allclose(share, 1 / 5, atol=.03)
    assert joint.get_cat_ids(0) == [0] and joint.get_cat_ids(len(joint) - 1) == [1]
    balanced = list(EpochSampler(joint, seed=0, corpus_balanced=True))
    assert np.bincount(joint.corpus_numbers()[balanced]).tolist() == [10, 10]
