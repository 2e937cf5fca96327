from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.datasets import ExpressionDataset, UnlabelledDataset
from mmfer.datasets.samplers import EpochSampler, StreamSampler
from mmfer.errors import AnnotationError, ConfigError, MediaError, ProtocolError
from mmfer.registry import DATASETS
from mmfer.storage.packing import pack, plan_packing
from mmfer.structures import frame_numbers, video_frames

from .conftest import CLASSES, frame_image, write_image, write_video

TRAIN = [
    dict(type='SegmentSample', num_segments=3), dict(type='LoadFrames'),
    dict(type='Resize', scale=(32, 32), keep_ratio=False), dict(type='Flip'),
    dict(type='ColorJitter'), dict(type='FormatFrames'), dict(type='PackExpressionInputs')
]
TEST = [dict(type='AllFrames'), dict(type='LoadFrames'), dict(type='FormatFrames'),
        dict(type='PackExpressionInputs')]


def clips(dataset: ExpressionDataset) -> list[str]:
    return [dataset.get_data_info(index)['clip'] for index in range(len(dataset))]


def test_samples_and_facts(corpus: SimpleNamespace) -> None:
    dataset = DATASETS.build(dict(type='ExpressionDataset', pipeline=TEST, **corpus.args))
    assert clips(dataset) == ['S1/a', 'S2/é b', 'S3/c', 'still']  # the unlabelled one is not
    assert [dataset.get_data_info(i)['label'] for i in range(4)] == [0, 1, 2, 0]
    assert dataset.metainfo['classes'] == tuple(CLASSES)
    assert dataset.metainfo['corpus'] == 'tiny' and dataset.metainfo['split'] is None
    assert len(dataset.metainfo['annotation_hash']) == 64
    gaps = dataset.get_data_info(1)
    assert gaps['frame_dir'] == str(corpus.root / 'S2/é b') and gaps['total_frames'] == 4
    sample = dataset[1]
    assert sample['inputs'].shape == (4, 3, 36, 40) and sample['inputs'].dtype == torch.uint8
    for frame, number in zip(sample['inputs'], [2, 3, 5, 9]):
        assert np.array_equal(frame.numpy().transpose(1, 2, 0), frame_image(1, number))
    packed = sample['data_samples']
    assert packed.gt_label.tolist() == [1]
    assert frame_numbers(packed).tolist() == [2, 3, 5, 9]
    assert (packed.clip, packed.subject, packed.frames) == ('S2/é b', 'S2', 'S2/é b')
    assert packed.apex is None and dataset[0]['data_samples'].apex == [5, 7]
    still = dataset[3]
    assert still['inputs'].shape == (1, 3, 36, 40)
    assert frame_numbers(still['data_samples']).tolist() == [1]


def test_parts_of_a_split(corpus: SimpleNamespace) -> None:
    def part(part: str, selection: str) -> ExpressionDataset:
        return ExpressionDataset(**corpus.fold, part=part, selection=selection)

    assert clips(part('train', 'last')) == ['S1/a', 'S2/é b']
    assert clips(part('train', 'inner')) == ['S1/a']
    assert clips(part('validation', 'inner')) == clips(part('selection', 'inner')) == ['S2/é b']
    assert clips(part('validation', 'literature')) == ['S3/c', 'still']
    test = part('test', 'inner')
    assert clips(test) == ['S3/c', 'still'] and test.test_mode
    facts = test.metainfo
    assert (facts['protocol_name'], facts['split'], facts['selection']) == (
        'tiny-1', 'fold1', 'inner')
    assert facts['subject_disjoint'] is True and len(facts['protocol_hash']) == 64
    with pytest.raises(ProtocolError, match='fold9'):
        ExpressionDataset(**{**corpus.fold, 'split': 'fold9'})
    with pytest.raises(ProtocolError, match='validation'):
        part('validation', 'last')
    content = json.loads(Path(corpus.protocol_file).read_text())
    content['annotation_hash'] = '0' * 64
    Path(corpus.protocol_file).write_text(json.dumps(content))
    with pytest.raises(ProtocolError, match='another annotation file'):
        part('train', 'last')


def test_classes_by_name(corpus: SimpleNamespace) -> None:
    wanted = ['sadness', 'joy', 'fear', 'anger']
    dataset = ExpressionDataset(**corpus.args, classes=wanted)
    assert [dataset.get_data_info(i)['label'] for i in range(4)] == [3, 2, 0, 3]
    assert dataset.metainfo['classes'] == tuple(wanted)
    assert dataset.get_cat_ids(2) == [0]
    with pytest.raises(AnnotationError, match="S2/é b.*'fear' is not among"):
        ExpressionDataset(**corpus.args, classes=['anger', 'sadness'])


def test_votes_follow_their_classes(corpus: SimpleNamespace) -> None:
    votes = {'S1/a': [0.75, 0.25, 0.0], 'S2/é b': [0.0, 1.0, 0.0], 'S3/c': [0.1, 0.3, 0.6]}
    rows = [{**row, 'label_distribution': votes[row['clip']]} if row['clip'] in votes else row
            for row in corpus.rows]
    write_annotations(corpus.ann_file, make_metainfo('tiny', CLASSES, rows), rows)
    dataset = ExpressionDataset(**corpus.args, pipeline=TEST,
                                classes=['sadness', 'joy', 'fear', 'anger'])
    info = dataset.get_data_info(0)
    assert info['label_distribution'].dtype == np.float32
    assert info['label_distribution'].tolist() == [0.0, 0.0, 0.25, 0.75]
    packed = dataset[2]['data_samples']
    torch.testing.assert_close(packed.gt_label_distribution, torch.tensor([0.6, 0.0, 0.3, 0.1]))
    assert packed.gt_label.tolist() == [0]
    assert 'label_distribution' not in dataset.get_data_info(3)  # the still has a label alone
    # all labels are wanted, but one person saw fear in an angry face
    wanted = [row for row in rows if row['clip'] in ('S1/a', 'still')]
    write_annotations(corpus.ann_file, make_metainfo('tiny', CLASSES, wanted), wanted)
    with pytest.raises(AnnotationError, match="S1/a.*gives 0.25 to class 'fear'"):
        ExpressionDataset(**corpus.args, classes=['anger', 'sadness'])


def test_first_frames_and_repeats(corpus: SimpleNamespace) -> None:
    dataset = ExpressionDataset(**corpus.args, pipeline=TEST, first_frames=2)
    numbers = [frame_numbers(dataset[i]['data_samples']).tolist() for i in range(4)]
    assert numbers == [[1, 2], [2, 3], [1, 2], [1]]
    dataset = ExpressionDataset(**corpus.args, repeat='frames')
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [(info['clip'], info['repeat_index']) for info in infos] == [
        (clip, i) for clip, count in [('S1/a', 7), ('S2/é b', 4), ('S3/c', 2), ('still', 1)]
        for i in range(count)]


def test_code_triples_are_drawn_once(corpus: SimpleNamespace) -> None:
    pipeline = [dict(type='SegmentSample', variant='code_ckplus'), *TRAIN[1:]]
    dataset = ExpressionDataset(**corpus.args, pipeline=pipeline, repeat='frames')

    def triples(epoch: int) -> dict:
        sampler = EpochSampler(dataset, seed=1)
        sampler.set_epoch(epoch)
        return {int(i): dataset[i]['data_samples'].frame_inds.tolist() for i in sampler}

    assert triples(0) == triples(5)
    assert len({tuple(triple) for triple in triples(0).values()}) > 5


def test_frame_labels(tmp_path: Path) -> None:
    write_image(tmp_path / 'a/000001.jpg', frame_image(0, 1))
    rows = [dict(clip='a', frames='a', num_frames=3, frame_labels=[-1, 0, 2]),
            dict(clip='b', frames='a', num_frames=2, frame_labels=[-1, -1])]
    write_annotations(tmp_path / 'x.json', make_metainfo('t', CLASSES, rows), rows)
    dataset = ExpressionDataset(str(tmp_path / 'x.json'), str(tmp_path), classes=CLASSES[::-1])
    assert len(dataset) == 1
    assert dataset.get_data_info(0)['frame_labels'].tolist() == [-1, 2, 0]
    assert dataset.get_cat_ids(0) == [0, 2]


def test_windows_carry_the_labels_of_their_frames(tmp_path: Path) -> None:
    """Frames 2, 3, 5, 9 and 10 of ten are there: labels are joined by number, not by order."""
    numbers, labels = [2, 3, 5, 9, 10], [0, 1, 2, 0, -1, 0, 0, 0, 2, 1, 2]
    for number in numbers:
        write_image(tmp_path / f'a/f{number + 9}.png', frame_image(0, number))
    rows = [dict(clip='a', frames='a', num_frames=5, frame_numbers=numbers, start_index=10,
                 filename_tmpl='f{:d}.png', frame_labels=labels)]
    write_annotations(tmp_path / 'x.json', make_metainfo('t', CLASSES, rows), rows)

    def windows(tail: str, **kwargs) -> list:
        pipeline = [dict(type='WindowSample', length=2, tail=tail), *TEST[1:]]
        dataset = ExpressionDataset(str(tmp_path / 'x.json'), str(tmp_path), pipeline,
                                    repeat=dict(windows=2), **kwargs)
        samples = [dataset[index] for index in range(len(dataset))]
        found = [(frame_numbers(sample['data_samples']).tolist(),
                  sample['data_samples'].gt_frame_labels.tolist()) for sample in samples]
        assert [sample['data_samples'].repeat_index for sample in samples] == list(
            range(len(samples)))
        return [found, samples]

    masked, _ = windows('mask')
    assert masked == [([2, 3], [1, 2]), ([5, 9], [-1, 2]), ([10], [1])]
    assert windows('shift')[0][-1] == ([9, 10], [2, 1])
    assert windows('repeat')[0][-1] == ([10, 10], [1, 1])
    filled, samples = windows('zeros')
    assert filled[-1] == ([10, 10], [1, -1])
    frames = samples[-1]['inputs'][samples[-1]['data_samples'].frame_gather]
    assert np.array_equal(frames[0].numpy().transpose(1, 2, 0), frame_image(0, 10))
    assert not frames[1].any()
    assert len(windows('mask', first_frames=3)[0]) == 2
    assert samples[0]['data_samples'].gt_frame_labels.dtype == torch.int64


def test_windows_share_what_belongs_to_the_clip(tmp_path: Path) -> None:
    rows = [dict(clip='a', frames='a', num_frames=4000, frame_labels=[0] * 4000)]
    (tmp_path / 'a').mkdir()
    write_annotations(tmp_path / 'x.json', make_metainfo('t', CLASSES, rows), rows)
    dataset = ExpressionDataset(str(tmp_path / 'x.json'), str(tmp_path), repeat=dict(windows=8))
    assert len(dataset) == 500
    first, last = dataset.get_data_info(0), dataset.get_data_info(499)
    assert np.array_equal(first['frame_labels'], last['frame_labels'])
    assert len(last['frame_labels']) == 4000
    assert (last['repeat_index'], last['repeat_count']) == (499, 500)
    # 4 bytes a label, and little for each window
    assert len(pickle.dumps(dataset.data_list)) < 4000 * 4 + 500 * 16 + 4000


def test_wrong_arguments(corpus: SimpleNamespace) -> None:
    for kwargs in (dict(first_frames=0), dict(repeat='clips'), dict(split='fold1'),
                   dict(repeat=dict(windows=0)), dict(repeat=dict(frames=8)),
                   dict(classes=['anger', 'anger'])):
        with pytest.raises(ConfigError, match='ExpressionDataset'):
            ExpressionDataset(**corpus.args, **kwargs)


def test_paths_stay_inside_the_root(corpus: SimpleNamespace, tmp_path: Path) -> None:
    (corpus.root / 'link').symlink_to(tmp_path)
    rows = [dict(clip='x', frames='link', num_frames=1, label=0)]
    write_annotations(corpus.ann_file, make_metainfo('t', CLASSES, rows), rows)
    with pytest.raises(AnnotationError, match='symbolic link'):
        ExpressionDataset(**corpus.args)
    write_annotations(corpus.ann_file, make_metainfo('t', CLASSES, []), [])
    with pytest.raises(AnnotationError, match='no labelled clip'):
        ExpressionDataset(**corpus.args)


def test_missing_frames_are_not_replaced_by_another_sample(corpus: SimpleNamespace) -> None:
    (corpus.root / 'S3/c/f11.png').unlink()
    dataset = ExpressionDataset(**corpus.args, pipeline=TRAIN)
    with pytest.raises(MediaError, match="'S3/c', frame 2: .*f11.png"):
        dataset[2]


def epoch_of(dataset, epoch: int, workers: int, seed: int = 3) -> list:
    sampler = EpochSampler(dataset, seed=seed)
    sampler.set_epoch(epoch)
    loader = DataLoader(dataset, batch_size=2, sampler=sampler, num_workers=workers,
                        collate_fn=pseudo_collate)
    return [(sample.clip, sample.frame_inds.tolist(), frames.numpy().tobytes())
            for batch in loader
            for sample, frames in zip(batch['data_samples'], batch['inputs'])]


def test_draws_follow_from_seed_epoch_and_index(corpus: SimpleNamespace) -> None:
    dataset = ExpressionDataset(**corpus.args, pipeline=TRAIN)
    torch.manual_seed(0)
    np.random.seed(0)
    state = np.random.get_state()[1].copy()
    first = epoch_of(dataset, 4, workers=0)
    assert np.array_equal(state, np.random.get_state()[1])
    for workers in (0, 1, 2):
        assert epoch_of(dataset, 4, workers) == first
    rebuilt = ExpressionDataset(**corpus.args, pipeline=TRAIN)
    assert epoch_of(rebuilt, 4, workers=0) == first
    for other in (epoch_of(dataset, 5, workers=0), epoch_of(dataset, 4, workers=0, seed=4)):
        assert not {frames for *_, frames in other} & {frames for *_, frames in first}
    stream = iter(StreamSampler(dataset, seed=3))
    draws = [dataset[next(stream)]['inputs'].numpy().tobytes() for _ in range(8)]
    assert len(set(draws)) == 8


@pytest.mark.parametrize('wrapper', ['ConcatDataset', 'RepeatDataset'])
def test_host_wrappers_keep_the_draws(corpus: SimpleNamespace, wrapper: str) -> None:
    init_default_scope('mmfer')  # the wrappers build from mmengine's registry
    inner = dict(type='ExpressionDataset', pipeline=TRAIN, **corpus.args)
    if wrapper == 'ConcatDataset':
        dataset = DATASETS.build(dict(type=wrapper, datasets=[inner, inner]))
    else:
        dataset = DATASETS.build(dict(type=wrapper, dataset=inner, times=2))
    assert len(dataset) == 8
    first = epoch_of(dataset, 4, workers=0)
    assert epoch_of(dataset, 4, workers=2) == first != epoch_of(dataset, 5, workers=0)
    assert len({frames for _, _, frames in first}) == 8  # both copies draw their own


HOST = [
    dict(type='Resize', scale=(32, 32), keep_ratio=False),
    dict(type='FormatShape', input_format='NCTHW'), dict(type='PackActionInputs')
]


def test_host_pipeline_reads_folders(corpus: SimpleNamespace) -> None:
    pipeline = [dict(type='SampleFrames', clip_len=4, frame_interval=1, num_clips=2),
                dict(type='MapFrameNumbers'), dict(type='RawFrameDecode'), *HOST]
    dataset = ExpressionDataset(**corpus.args, pipeline=pipeline)
    for index in range(4):
        assert dataset[index]['inputs'].shape == (2, 3, 4, 32, 32)
    assert dataset[2]['data_samples'].gt_label.tolist() == [2]


def test_host_pipeline_reads_videos(tmp_path: Path) -> None:
    pytest.importorskip('decord')
    write_video(tmp_path / 'v.mp4', [frame_image(0, number) for number in range(1, 13)])
    rows = [dict(clip='v', frames='v.mp4', num_frames=12, label=1)]
    write_annotations(tmp_path / 'x.json', make_metainfo('t', CLASSES, rows), rows)
    args = dict(ann_file=str(tmp_path / 'x.json'), data_root=str(tmp_path))
    host = [dict(type='DecordInit'),
            dict(type='SampleFrames', clip_len=4, frame_interval=1, num_clips=2),
            dict(type='DecordDecode'), *HOST]
    assert ExpressionDataset(**args, pipeline=host)[0]['inputs'].shape == (2, 3, 4, 32, 32)
    own = ExpressionDataset(**args, pipeline=TEST)[0]
    assert frame_numbers(own['data_samples']).tolist() == list(range(1, 13))
    assert np.array_equal(own['inputs'][11].numpy().transpose(1, 2, 0), frame_image(0, 12))


@pytest.mark.parametrize('step', [
    dict(type='RandomResizedCrop', area_range=(0.3, 0.9)), dict(type='CenterCrop', crop_size=20),
    dict(type='RandomCrop', size=20), dict(type='RandomRescale', scale_range=(40, 50))])
def test_host_augmentation_agrees_over_the_frames(corpus: SimpleNamespace, step: dict) -> None:
    still = frame_image(2, 5)
    for path in (corpus.root / 'S1/a').iterdir():
        write_image(path, still)
    pipeline = [*TEST[:2], step, dict(type='Flip'), *TEST[2:]]
    dataset = ExpressionDataset(**corpus.args, pipeline=pipeline)
    frames = dataset[0]['inputs']
    assert len(frames) == 7 and all(torch.equal(frame, frames[0]) for frame in frames)


def test_clips_without_a_face_are_named_and_become_no_samples(corpus: SimpleNamespace) -> None:
    rows = [*corpus.rows, dict(clip='S9/none', frames='S9/none', num_frames=0, label=1)]
    write_annotations(corpus.ann_file, make_metainfo('tiny', CLASSES, rows), rows)
    dataset = ExpressionDataset(**corpus.args)
    assert 'S9/none' not in clips(dataset)
    assert dataset.metainfo['faceless'] == ({'clip': 'S9/none', 'label': 1, 'subject': None}, )
    order = CLASSES[::-1]
    mapped = ExpressionDataset(**corpus.args, classes=order).metainfo['faceless']
    assert mapped[0]['label'] == order.index(CLASSES[1])


def test_a_pack_is_named_in_the_sample(corpus: SimpleNamespace, tmp_path: Path) -> None:
    root = tmp_path / 'tar'
    pack(plan_packing(read_annotations(corpus.ann_file).rows, str(corpus.root), str(root), 'tar'))
    (tmp_path / 'link').symlink_to(root)
    folder, packed = (ExpressionDataset(corpus.ann_file, str(data_root), TEST)
                      for data_root in (corpus.root, tmp_path / 'link'))
    assert 'storage' not in folder.get_data_info(0)  # what it was before there were packs
    assert [packed.get_data_info(index)['storage'] for index in range(4)] == [str(root)] * 4
    for index in range(4):
        one, other = folder[index], packed[index]
        assert torch.equal(torch.as_tensor(one['inputs']), torch.as_tensor(other['inputs']))
        assert one['data_samples'].frames == other['data_samples'].frames


def test_labels_outside_the_classes_are_dropped_where_asked(corpus: SimpleNamespace) -> None:
    dataset = ExpressionDataset(**corpus.args, classes=['sadness', 'angry'], outside='drop',
                                corpus='tiny')
    assert clips(dataset) == ['tiny/S1/a', 'tiny/S3/c', 'tiny/still']
    # 'angry' is another name of what the file calls anger
    assert [dataset.get_data_info(i)['label'] for i in range(3)] == [1, 0, 1]
    assert dataset.get_data_info(0)['subject'] == 'tiny/S1'
    assert dataset.metainfo['left_out'] == {'clips': {'fear': 1}}
    with pytest.raises(AnnotationError, match="outside='drop'"):
        ExpressionDataset(**corpus.args, classes=['sadness', 'anger'])
    with pytest.raises(ConfigError, match='outside'):
        ExpressionDataset(**corpus.args, outside='keep')


STATUS = 'absent*1 found*1 interpolated*1 absent*2 tracked*1 absent*3'


@pytest.fixture
def faces(tmp_path: Path) -> dict[str, str]:
    """Crops of frames 2, 3 and 6 of a video of 9 frames with labels, and of one without any."""
    root = tmp_path / 'crops'
    for number in (2, 3, 6):
        write_image(root / 'a' / f'{number:06d}.png', frame_image(1, number))
    write_image(root / 'b' / '000001.png', frame_image(2, 1))
    rows = [dict(clip='a', frames='a', num_frames=3, filename_tmpl='{:06d}.png', start_index=1,
                 frame_numbers=[2, 3, 6], face_status=STATUS, coverage=2 / 9,
                 frame_labels=[0, 1, 2, 0, 1, 2, 0, -1, 1]),
            dict(clip='b', frames='b', num_frames=1, filename_tmpl='{:06d}.png', start_index=1,
                 face_status='interpolated*1', coverage=0, frame_labels=[1])]
    ann_file = tmp_path / 'faces.json'
    write_annotations(ann_file, make_metainfo('faces', CLASSES, rows), rows)
    return dict(ann_file=str(ann_file), data_root=str(root))


def pipeline(policy: str | None, *sampler: dict) -> list[dict]:
    first = [] if policy is None else [dict(type='MissingFaces', policy=policy)]
    return [*first, *(sampler or [TEST[0]]), *TEST[1:]]


@pytest.mark.parametrize(('policy', 'shown', 'numbers', 'labels'), [
    (None, [2, 3, 6], [2, 3, 6], [1, 2, 2]),
    ('interpolate', [2, 3, 6], [2, 3, 6], [1, 2, 2]),
    ('drop', [2, 6], [2, 6], [1, 2]),
    ('repeat', [2, 2, 3, 3, 3, 6, 6, 6, 6], list(range(1, 10)), [0, 1, 2, 0, 1, 2, 0, -1, 1]),
    ('mask', [2, 2, 3, 3, 3, 6, 6, 6, 6], list(range(1, 10)), [0, 1, 2, 0, 1, 2, 0, -1, 1])])
def test_policies_for_missing_faces(faces: dict[str, str], policy: str | None, shown: list[int],
                                    numbers: list[int], labels: list[int]) -> None:
    """Pictures go by what is shown, labels by the number in the video; each is decoded once."""
    dataset = ExpressionDataset(**faces, pipeline=pipeline(policy))
    # of b only an interpolated frame is there, which 'drop' leaves out: nothing to be answered
    assert clips(dataset) == (['a'] if policy == 'drop' else ['a', 'b'])
    assert [c['clip'] for c in dataset.metainfo['faceless']] == (['b'] if policy == 'drop' else [])
    sample = dataset[0]
    packed = sample['data_samples']
    assert frame_numbers(packed).tolist() == shown
    assert video_frames(packed).tolist() == numbers
    assert packed.gt_frame_labels.tolist() == labels
    assert len(sample['inputs']) == len(set(shown))
    for number, row in zip(shown, packed.frame_gather):
        assert np.array_equal(sample['inputs'][row].numpy().transpose(1, 2, 0),
                              frame_image(1, number))
    present = packed.metainfo.get('frame_present')
    assert (present is None) == (policy != 'mask')
    if policy == 'mask':
        assert (np.flatnonzero(present) + 1).tolist() == [2, 3, 6]


@pytest.mark.parametrize(('policy', 'windows'), [
    (None, 1), ('drop', 1), ('interpolate', 1), ('repeat', 3), ('mask', 3)])
def test_windows_and_repeats_follow_the_policy(faces: dict[str, str], policy: str | None,
                                               windows: int) -> None:
    step = dict(type='WindowSample', length=4)
    dataset = ExpressionDataset(**faces, pipeline=pipeline(policy, step), repeat=dict(windows=4))
    found = [dataset[i]['data_samples'] for i in range(windows)]
    assert {sample.clip for sample in found} == {'a'} and len(dataset) == windows + (
        policy != 'drop')
    numbers = [number for sample in found for number in video_frames(sample).tolist()]
    assert numbers == {None: [2, 3, 6], 'drop': [2, 6], 'interpolate': [2, 3, 6]}.get(
        policy, list(range(1, 10)))
    each = ExpressionDataset(**faces, pipeline=pipeline(policy), repeat='frames')
    assert len(each) == len(numbers) + (policy != 'drop')


def test_first_frames_cut_what_is_said_of_the_video(faces: dict[str, str]) -> None:
    for policy, numbers in (('drop', [2]), ('interpolate', [2, 3]), ('mask', [1, 2, 3])):
        dataset = ExpressionDataset(**faces, pipeline=pipeline(policy), first_frames=2)
        assert video_frames(dataset[0]['data_samples']).tolist() == numbers


def test_runs_of_frames_go_by_numbers_in_the_video(faces: dict[str, str]) -> None:
    step = dict(type='ContinuousSample', length=9)
    dataset = ExpressionDataset(**faces, pipeline=pipeline('repeat', step))
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # of frames that are not successive
        assert video_frames(dataset[0]['data_samples']).tolist() == list(range(1, 10))


def test_unlabelled_clips_know_how_long_their_video_is(faces: dict[str, str]) -> None:
    rows = list(read_annotations(faces['ann_file']).rows)
    dataset = UnlabelledDataset(rows, CLASSES, faces['data_root'], pipeline('repeat'))
    assert dataset[0]['data_samples'].gt_frame_labels.tolist() == [-1] * 9
