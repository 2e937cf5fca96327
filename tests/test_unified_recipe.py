"""In the unified recipe methods differ in the method alone."""
from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.configuration import load_config
from mmfer.registry import TRANSFORMS

ROOT = Path(__file__).resolve().parents[1]
SHARED = ('optim_wrapper', 'param_scheduler', 'train_cfg', 'total_batch_size', 'protocol',
          'annotation', 'test_evaluator', 'frames')
METHODS = ('score-fusion', 'fan-self', 'fan', 'mean', 'sal', 'sal-lrl', 'ceflnet', 'avg', 'tp',
           'sa-tp', 'baseline', 'sa-ca-fa', 'blstm', 'cbam-blstm')


def configs(ending: str) -> list[Path]:
    return sorted(path for path in ROOT.glob(f'configs/*/*_r18_{ending}.py')
                  if '_base_' not in path.parts)


@pytest.mark.parametrize('ending', ['unified', 'composed_unified'])
def test_every_method_is_there(ending):
    assert sorted(path.stem.split('_')[0] for path in configs(ending)) == sorted(METHODS)


@pytest.mark.parametrize('path', configs('unified') + configs('composed_unified'),
                         ids=lambda path: path.stem)
def test_only_the_method_differs(path):
    cfg = load_config(path)
    ending = path.stem.split('_r18_')[1]
    plain = load_config(ROOT / f'configs/fan/score-fusion_r18_{ending}.py')
    for key in SHARED:
        assert cfg[key] == plain[key], key
    assert cfg.model.cls_head.num_classes == plain.model.cls_head.num_classes
    for key in ('depth', 'base_channels', 'strides'):
        assert cfg.model.backbone.get(key) == plain.model.backbone.get(key)
    for loader in ('train_dataloader', 'test_dataloader'):
        # the first step samples; size, augmentation and packing are shared
        assert cfg[loader].dataset.pipeline[1:] == plain[loader].dataset.pipeline[1:]
        sampler = TRANSFORMS.build(cfg[loader].dataset.pipeline[0])
        for total in (5, 8, 24, 100):
            sample = sampler(dict(total_frames=total, start_index=1))
            assert len(sample['frame_inds']) == cfg.frames
            assert sample['num_clips'] * sample['clip_len'] == cfg.frames
            assert 1 <= min(sample['frame_inds']) <= max(sample['frame_inds']) <= total


@pytest.mark.parametrize('ending', ['unified', 'composed_unified'])
@pytest.mark.parametrize('loader', ['train_dataloader', 'test_dataloader'])
def test_clips_span_the_video(loader, ending):
    cfg = load_config(ROOT / f'configs/ceflnet/ceflnet_r18_{ending}.py')
    sampler = TRANSFORMS.build(cfg[loader].dataset.pipeline[0])
    clips = sampler(dict(total_frames=64, start_index=0))['frame_inds'].reshape(4, -1)
    for quarter, frames in enumerate(clips):
        assert {int(frame) // 16 for frame in frames} == {quarter}
