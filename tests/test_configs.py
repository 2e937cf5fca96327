"""Every config of the project is read, checked against what it builds, and built."""
from pathlib import Path

import pytest

from mmfer.configuration import load_config
from mmfer.registry import MODELS, TRANSFORMS

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = sorted(path for pattern in ('configs/**/*.py', 'projects/*/configs/**/*.py')
                 for path in ROOT.glob(pattern) if '_base_' not in path.parts)
PARAMETERS = {  # 7 classes
    'fan_r18_ckplus': 11_185_225,
    'fan-self_r18_ckplus': 11_180_616,
    'score-fusion_r18_ckplus': 11_180_103,
    'fan_r18_afew': 11_185_225,
    'fan_r18_ckplus_code': 11_185_225,
    # 14,714,688 of 13 convolutions + 513 + 1,025 + 7,175
    'fan_vgg16_ckplus': 14_723_401,
}


def test_none_is_forgotten():
    assert len(CONFIGS) >= 16


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config(path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    cfg = load_config(path)  # refuses what the built types do not take
    model = MODELS.build(cfg.model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == PARAMETERS.get(path.stem, count)
    for loader in ('train_dataloader', 'test_dataloader'):
        assert cfg[loader].dataset.split == cfg.protocol.split
        for transform in cfg[loader].dataset.pipeline:
            TRANSFORMS.build(transform)
    assert cfg.total_batch_size == cfg.train_dataloader.batch_size
    if 'ckplus' in path.stem or 'afew' in path.stem:
        assert cfg.total_batch_size == 48


@pytest.mark.parametrize('segments', [2, 3, 5, 8])
def test_segments_by_one_option(segments):
    cfg = load_config(ROOT / 'configs/fan/fan_r18_ckplus.py',
                      {'train_dataloader.dataset.pipeline.0.num_segments': segments})
    assert TRANSFORMS.build(cfg.train_dataloader.dataset.pipeline[0]).num_segments == segments


def test_recipes():
    paper = load_config(ROOT / 'configs/fan/fan_r18_ckplus.py')
    assert paper.optim_wrapper.optimizer == dict(type='SGD', lr=0.1, momentum=0.9,
                                                 weight_decay=1e-4)
    assert paper.param_scheduler == [dict(type='MultiStepLR', milestones=[30], gamma=0.2)]
    assert paper.train_cfg.max_epochs == 60
    afew = load_config(ROOT / 'configs/fan/fan_r18_afew.py')
    assert afew.optim_wrapper.optimizer.lr == 4e-6
    assert afew.param_scheduler[0].milestones == [60, 120]
    assert afew.train_cfg.max_epochs == 180
    code = load_config(ROOT / 'configs/fan/fan_r18_ckplus_code.py')
    assert code.model.neck.evaluation == 'code'
    assert (code.model.neck.dropout, code.model.cls_head.dropout) == (0.5, 0.6)
    pipeline = code.train_dataloader.dataset.pipeline
    assert [step.type for step in pipeline] == [
        'SegmentSample', 'LoadFrames', 'PerFrameFlip', 'FormatFrames',
        'PackExpressionInputs']
    assert pipeline[0].variant == 'code_ckplus'


def test_frozen_trunk_receives_no_gradient():
    cfg = load_config(ROOT / 'configs/fan/fan_vgg16-frozen_ckplus.py')
    model = MODELS.build(cfg.model)
    trainable = {name.split('.')[0] for name, p in model.named_parameters() if p.requires_grad}
    assert trainable == {'neck', 'cls_head'}


def test_metafile_names_every_config():
    import yaml
    for folder in (ROOT / 'configs').iterdir():
        if not (folder / 'metafile.yml').exists():
            continue
        models = yaml.safe_load((folder / 'metafile.yml').read_text())['Models']
        assert [model['Config'] for model in models] == [
            f'configs/{folder.name}/{model["Name"]}.py' for model in models]
        listed = {model['Name']: model['Metadata'].get('Parameters') for model in models}
        for name, count in PARAMETERS.items():
            if (folder / f'{name}.py').exists():
                assert listed[name] == count
        known = {path.stem for path in CONFIGS if path.parent == folder}
        assert set(listed) <= known
        assert {name for name in known if 'composed' not in name} <= set(listed)


def test_batch_norm_can_be_synchronised():
    from mmengine.model import convert_sync_batchnorm
    from torch.nn import BatchNorm2d, SyncBatchNorm
    cfg = load_config(ROOT / 'configs/fan/fan_r18_ckplus.py', {'sync_bn': 'torch'})
    model = convert_sync_batchnorm(MODELS.build(cfg.model), cfg.sync_bn)
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(SyncBatchNorm) == 20
    assert BatchNorm2d not in kinds
