"""Every config of the project is read, checked against what it builds, and built."""
from pathlib import Path

import pytest
from mmengine.registry import init_default_scope

from mmfer.configuration import load_config
from mmfer.registry import MODELS, PARAM_SCHEDULERS, TRANSFORMS

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
    # + 350 (512 + 2) of the attention and 2 x 512 x 7
    'vgg16_sa2_tp_afew': 14_901_756,
    'vgg16_tp_afew': 14_718_272,
    'vgg16_shift2_tp_afew': 14_901_760,
    # + 4 x 512 (512 + 512 + 2) and 7 x 513
    'vgg16_lstm_afew': 16_819_527,
}


def test_none_is_forgotten():
    assert len(CONFIGS) >= 40


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config(path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    cfg = load_config(path)  # refuses what the built types do not take
    init_default_scope(cfg.default_scope)  # as the runner does; the host's recognizers need it
    model = MODELS.build(cfg.model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == PARAMETERS.get(path.stem, count)
    for loader in ('train_dataloader', 'test_dataloader'):
        assert cfg[loader].dataset.split == cfg.protocol.split
        for transform in cfg[loader].dataset.pipeline:
            TRANSFORMS.build(transform)
    assert cfg.total_batch_size == cfg.train_dataloader.batch_size
    if path.parent.name == 'fan' and path.stem.endswith(('ckplus', 'afew')):
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


def test_recipe_of_temporal_softmax():
    from mmengine.optim import build_optim_wrapper
    cfg = load_config(ROOT / 'configs/sa_tp/vgg16_sa2_tp_afew.py')
    assert [step.type for step in cfg.train_dataloader.dataset.pipeline] == [
        'RandomSample', 'LoadFrames', 'Flip', 'RandomCrop', 'FormatFrames',
        'PackExpressionInputs']
    assert cfg.train_cfg.max_epochs == 30
    wrapper = build_optim_wrapper(MODELS.build(cfg.model), cfg.optim_wrapper)
    groups = wrapper.optimizer.param_groups
    # 13 convolutions with a bias; two layers of attention, one of the classifier
    assert [group['lr'] for group in groups] == pytest.approx([1e-5] * 26 + [0.1] * 3)
    assert {(group['momentum'], group['weight_decay']) for group in groups} == {(0.9, 5e-5)}
    scheduler = PARAM_SCHEDULERS.build(
        cfg.param_scheduler[0], default_args=dict(optimizer=wrapper, epoch_length=1))
    rates = []
    for _ in range(30):
        rates.append((groups[0]['lr'], groups[-1]['lr']))
        wrapper.step()
        scheduler.step()
    for epoch, factor in {0: 1, 5: 0.5, 10: 1, 15: 0.8535534, 20: 0.5}.items():
        assert rates[epoch] == pytest.approx((1e-5 * factor, 0.1 * factor))


@pytest.mark.parametrize('row, heads, penalty', [
    ('sa1', 1, 0), ('sa2-reg01', 2, 0.1), ('sa2', 2, 1), ('sa4-reg01', 4, 0.1), ('sa4', 4, 1),
    ('shift2', 2, 0)])
def test_rows_of_spatial_attention(row, heads, penalty):
    pool = load_config(ROOT / f'configs/sa_tp/vgg16_{row}_tp_afew.py').model.frame_pool
    assert (pool.heads, pool.penalty) == (heads, penalty)
    assert pool.get('shifting', False) == (row == 'shift2')


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
