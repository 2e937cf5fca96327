"""Training samples do not depend on the storage."""
from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from mmfer.datasets import ExpressionDataset
from mmfer.datasets.samplers import EpochSampler
from mmfer.errors import ConfigError, StorageError
from mmfer.storage import open_store
from mmfer.storage.opening import JOURNAL

from .test_pack_store import NAME, damage

PIPELINE = [
    dict(type='SegmentSample', num_segments=3), dict(type='LoadFrames', size=(32, 28)),
    dict(type='mmaction.Flip', flip_ratio=0.5), dict(type='FormatFrames'),
    dict(type='PackExpressionInputs')
]


def epochs(ann_file: Path, root: Path, workers: int) -> list[dict]:
    dataset = ExpressionDataset(str(ann_file), str(root), PIPELINE)
    sampler = EpochSampler(dataset, shuffle=True, seed=5)
    loader = DataLoader(dataset, 2, sampler=sampler, collate_fn=pseudo_collate,
                        num_workers=workers, persistent_workers=workers > 0)
    found = []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        for batch in loader:
            for inputs, sample in zip(batch['inputs'], batch['data_samples']):
                found.append(dict(epoch=epoch, clip=sample.clip, inputs=torch.as_tensor(inputs),
                                  numbers=sample.frame_inds.tolist(), label=sample.gt_label))
    return found


def test_pixels_are_equal_in_each_storage(corpus, packs: dict[str, Path]) -> None:
    open_store(packs['lmdb']).read(NAME)  # what the parent has open is no use to its workers
    expected = epochs(corpus.ann_file, packs['folder'], 0)
    assert len(expected) == 2 * 6
    assert {sample['clip'] for sample in expected} == {
        'S1/a', 'S2/é 笑', 'S3/c.v1', 'again', 'still', 'video'}
    for kind in packs:
        for workers in (0, 2):
            if (kind, workers) == ('folder', 0):
                continue
            found = epochs(corpus.ann_file, packs[kind], workers)
            assert len(found) == len(expected)
            for one, other in zip(found, expected):
                assert torch.equal(one.pop('inputs'), other['inputs']), (kind, other['clip'])
                assert one == {key: other[key] for key in one}


@pytest.mark.parametrize('backend', ['decord', 'pyav'])
def test_videos_of_packs_by_each_decoder(corpus, packs: dict[str, Path], backend: str) -> None:
    pytest.importorskip({'decord': 'decord', 'pyav': 'av'}[backend])
    pipeline = [dict(type='AllFrames'), dict(type='LoadFrames', backend=backend)]

    def frames(kind: str):
        dataset = ExpressionDataset(str(corpus.ann_file), str(packs[kind]), pipeline)
        return next(dataset[index] for index in range(len(dataset))
                    if dataset.get_data_info(index)['clip'] == 'video')['imgs']

    expected = frames('folder')
    assert len(expected) == 9
    for kind in ('tar', 'lmdb'):
        assert all(map(torch.equal, map(torch.from_numpy, frames(kind)),
                       map(torch.from_numpy, expected)))


@pytest.mark.parametrize('kind', ['tar', 'lmdb'])
def test_errors_name_clip_frame_and_file(corpus, copy_of, kind: str) -> None:
    root = copy_of(kind)
    damage(root, NAME)
    damage(root, 'vidéos/v.avi')
    dataset = ExpressionDataset(str(corpus.ann_file), str(root),
                                [dict(type='AllFrames'), dict(type='LoadFrames')])
    for index in range(len(dataset)):
        clip = dataset.get_data_info(index)['clip']
        if clip == 'S2/é 笑':
            with pytest.raises(StorageError, match=f"clip 'S2/é 笑', frame 5: .*{NAME} is damaged"):
                dataset[index]
        elif clip == 'video':
            with pytest.raises(StorageError, match="clip 'video', .*v.avi is damaged"):
                dataset[index]
        else:
            assert dataset[index]


def test_addresses_and_unfinished_packs_are_refused(corpus, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='address or a command'):
        ExpressionDataset(str(corpus.ann_file), 'pipe:cat shard-000000.tar')
    (tmp_path / JOURNAL).touch()
    with pytest.raises(StorageError, match='not finished'):
        ExpressionDataset(str(corpus.ann_file), str(tmp_path))
