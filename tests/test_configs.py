"""Every config of the project is read, checked against what it builds, and built."""
from pathlib import Path

import pytest
import yaml
from mmengine.registry import init_default_scope

from mmfer.checkpoints import load_state
from mmfer.configuration import load_config
from mmfer.models import build_trunk
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
    # a class more or less has 1,024 weights and a bias
    'fan_r18_ravdess': 11_185_225 + 1_025,
    'fan_r18_cremad': 11_185_225 - 1_025,
    'fan_r18_mafw': 11_185_225 + 4 * 1_025,
    'fan_r18_dfew': 11_185_225,
    'fan_r18_ferv39k': 11_185_225,
    'fan_r18_ckplus-mmi': 11_185_225 - 1_025,  # 6 classes
    # 14,714,688 of 13 convolutions + 513 + 1,025 + 7,175
    'fan_vgg16_ckplus': 14_723_401,
    # + 350 (512 + 2) of the attention and 2 x 512 x 7
    'vgg16_sa2_tp_afew': 14_901_756,
    'vgg16_tp_afew': 14_718_272,
    'vgg16_shift2_tp_afew': 14_901_760,
    # + 4 x 512 (512 + 512 + 2) and 7 x 513
    'vgg16_lstm_afew': 16_819_527,
    # 11,176,512 of ResNet-18; SAL 1,050,624 + 1,024; LRL 1,025 + 1,024 x 512 + 512; EIAN 512;
    # 512-128-64-6 74,310, 512-256-128-7 165,127
    'ceflnet_r18_bu4dfe': 12_828_807,
    'ceflnet_r18_mmi': 12_828_807,
    'ceflnet_r18_afew': 12_919_624,
    'ceflnet_r18_dfew': 12_919_624,
    'sal-lrl_r18_bu4dfe': 12_828_807 - 512,
    'sal_r18_bu4dfe': 12_828_807 - 512 - 525_825,
    'mean_r18_bu4dfe': 11_176_512 + 3_078,
    # no layer normalisation, 512 x 512 in LRL, one layer behind it
    'ceflnet_r18_bu4dfe_equations': 12_828_807 - 1_024 - 262_144 - 74_310 + 3_078,
    'c3d_bu4dfe': 78_020_358,
    # 11,176,512 of ResNet-18 + 512 x 256 + 256 + 4096 x 128 + 128 + 128 x 7 + 7
    'r18_baseline_ckplus': 11_833_159,
    'r18_baseline_enterface': 11_833_159 - 129,
    'r18_cbam_ckplus': 11_833_159 + 89_880,
    # + 256 x 64 + 64 + 64 + 1
    'r18_fa_ckplus': 11_833_159 + 16_513,
    # + 2 (16 (64 + 128 + 256 + 512) + 4 x (16 + 785)) of the spatial attention
    'r18_sa_ckplus': 11_833_159 + 37_128,
    'r18_ca_ckplus': 11_833_159 + 91_920,
    'r18_sa-ca_ckplus': 11_833_159 + 37_128 + 91_920,
    'r18_sa-ca-fa_ckplus': 11_833_159 + 37_128 + 91_920 + 16_513,
    'r18_fan_ckplus': 11_176_512 + 8_713,
    # 23,508,032 of ResNet-50 + 7,348,224 of the LSTM + 512 x 256 + 256 + 256 x 7 + 7
    'r50_cnn-rnn_ckplus': 30_989_383,
    # 42,500,160 of ResNet-101, 4,781,012 of CBAM in its 33 blocks, 1,091,079 of the head
    'r101_cbam_blstm_affwild2': 48_372_251,
    'r101_cbam_blstm_affwild2_code': 48_372_251,
    'r101_blstm_affwild2': 48_372_251 - 4_781_012,
    # 2,223,872 of MobileNetV2 and 1,281 x 7
    'mobilenetv2_affwild2': 2_232_839,
    # trunks on still images: each its trunk and one linear layer, 513 or 2,049 x classes
    'r18_ferplus': 11_176_512 + 8 * 513,
    'r18_affectnet': 11_176_512 + 8 * 513,
    'r18_rafdb': 11_176_512 + 7 * 513,
    'vgg16_ferplus': 14_714_688 + 8 * 513,
    'r101-cbam_affectnet': 47_281_172 + 7 * 2_049,
    'r101-cbam_rafdb': 47_281_172 + 7 * 2_049,
}

METAFILES = [yaml.safe_load(path.read_text()) for path in ROOT.glob('configs/*/metafile.yml')]
LISTED = {model['Name']: model['Metadata']['Parameters']
          for content in METAFILES for model in content['Models']}


def test_none_is_forgotten():
    assert len(CONFIGS) >= 106


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config(path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    cfg = load_config(path)  # refuses what the built types do not take
    init_default_scope(cfg.default_scope)  # as the runner does; the host's recognizers need it
    model = MODELS.build(cfg.model)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == PARAMETERS.get(path.stem, count)
    if path.stem in LISTED:
        assert count == LISTED[path.stem]
    for loader in ('train_dataloader', 'test_dataloader'):
        dataset = cfg[loader].dataset
        splits = dataset.split.values() if cfg.get('corpora') else [dataset.split]
        assert set(splits) == {cfg.protocol.split}
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


def test_recipe_of_the_block_and_frame_attention():
    from mmengine.optim import build_optim_wrapper
    cfg = load_config(ROOT / 'configs/sa_ca_fa/r18_sa-ca-fa_ckplus.py')
    assert cfg.protocol.selection == 'inner' and cfg.val_dataloader is not None
    assert cfg.train_cfg.max_epochs == 50
    model = MODELS.build(cfg.model)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    rates = {id(group['params'][0]): (group['lr'], group['weight_decay'])
             for group in wrapper.optimizer.param_groups}
    for name, parameter in model.named_parameters():
        trunk = name.startswith('backbone.') and '.attention.' not in name
        assert rates[id(parameter)] == pytest.approx((1e-4 if trunk else 1e-3, 5e-6))
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        first = cfg[loader].dataset.pipeline[0]
        assert first == dict(type='UniformSample', num_frames=cfg.model.neck.num_frames)
    scheduler = PARAM_SCHEDULERS.build(cfg.param_scheduler[0],
                                       default_args=dict(optimizer=wrapper.optimizer))
    scheduler.step(dict(NLL=1.0))
    for _ in range(10):
        scheduler.step(dict(NLL=1.0))
    assert wrapper.get_lr()['lr'][-1] == pytest.approx(1e-3)
    scheduler.step(dict(NLL=1.0))  # the eleventh without a decline
    assert wrapper.get_lr()['lr'][-1] == pytest.approx(1e-4)


def test_recipe_of_ceflnet():
    from math import cos, pi

    import torch
    from mmengine.optim import build_optim_wrapper
    cfg = load_config(ROOT / 'configs/ceflnet/ceflnet_r18_bu4dfe.py')
    assert cfg.optim_wrapper.optimizer == dict(type='Adam', lr=1e-4, weight_decay=1e-4)
    assert (cfg.total_batch_size, cfg.train_cfg.max_epochs) == (8, 120)
    assert [step.type for step in cfg.train_dataloader.dataset.pipeline] == [
        'ClipSample', 'LoadFrames', 'FormatFrames', 'PackExpressionInputs']
    wrapper = build_optim_wrapper(torch.nn.Linear(1, 1), cfg.optim_wrapper)
    schedulers = [PARAM_SCHEDULERS.build(scheduler, default_args=dict(optimizer=wrapper))
                  for scheduler in cfg.param_scheduler]
    rates = []
    for _ in range(120):
        rates.append(wrapper.get_lr()['lr'][0])
        for scheduler in schedulers:
            scheduler.step()
    assert rates == pytest.approx([1e-4 * (1 + cos(pi * e / 160)) / 2 * min(1, (e + 1) / 10)
                                   for e in range(120)], rel=1e-9)
    assert [float(f'{rates[e]:.3g}') for e in (0, 9, 60, 119)] == [1e-5, 9.92e-5, 6.91e-5, 1.53e-5]


@pytest.mark.parametrize('option, values', [('num_clips', range(1, 11)),
                                            ('frames_per_clip', (2, 5, 10, 15))])
def test_sweeps_of_ceflnet_by_one_option(option, values):
    for value in values:
        cfg = load_config(ROOT / 'configs/ceflnet/ceflnet_r18_bu4dfe.py', {
            f'{part}_dataloader.dataset.pipeline.0.{option}': value for part in ('train', 'test')})
        for part in ('train', 'test'):
            sampler = TRANSFORMS.build(cfg[f'{part}_dataloader'].dataset.pipeline[0])
            sample = sampler(dict(total_frames=90, start_index=1))
            assert len(sample['frame_inds']) == sampler.num_clips * sampler.frames_per_clip
            assert getattr(sampler, option) == value


@pytest.mark.parametrize('name, key, value, added', [
    ('r18_sa-ca-fa_ckplus', 'modules', ('spatial', 'channel'), 0),
    ('r18_sa-ca-fa_ckplus', 'position', 'after_addition', 0),
    # one Linear(C / 16, C / 16) less in each of two blocks a stage
    ('r18_sa-ca-fa_ckplus', 'channel.num_layers', 2, -2 * (20 + 72 + 272 + 1056)),
    # 16 C + 16 + 785 become 99
    ('r18_sa-ca-fa_ckplus', 'spatial.reduction', 'pool', -37_128 + 8 * 99),
    # the blocks of the last stage alone
    ('r18_cbam_ckplus', 'stages', (3, ), -89_880 + 2 * 33_412),
])
def test_block_attention_by_one_option(name, key, value, added):
    path = ROOT / f'configs/sa_ca_fa/{name}.py'
    model = MODELS.build(load_config(path, {f'model.backbone.attention.{key}': value}).model)
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS[name] + added


def test_frozen_trunk_receives_no_gradient():
    cfg = load_config(ROOT / 'configs/fan/fan_vgg16-frozen_ckplus.py')
    model = MODELS.build(cfg.model)
    trainable = {name.split('.')[0] for name, p in model.named_parameters() if p.requires_grad}
    assert trainable == {'neck', 'cls_head'}


def test_metafiles_name_every_config():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())['Import']
    folders = sorted({path.parent for path in CONFIGS if ROOT / 'configs' in path.parents})
    assert index == [f'configs/{folder.name}/metafile.yml' for folder in folders]
    for folder in folders:
        content = yaml.safe_load((folder / 'metafile.yml').read_text())
        (collection, ) = content['Collections']
        assert (ROOT / collection['README']).is_file()
        models = content['Models']
        assert {model['In Collection'] for model in models} == {collection['Name']}
        assert [model['Config'] for model in models] == [
            f'configs/{folder.name}/{model["Name"]}.py' for model in models]
        assert sorted(model['Name'] for model in models) == sorted(
            path.stem for path in CONFIGS if path.parent == folder)


def test_recipes_of_still_images():
    folder = ROOT / 'configs/pretrain'
    soft = dict(type='SoftmaxCrossEntropyLoss', soft_labels=True)
    for name, size, rate, epochs, milestones in [
            ('r18_ferplus', 128, 0.1, 60, [18, 30, 48]), ('r18_rafdb', 128, 0.01, 60, [18, 30, 48]),
            ('vgg16_ferplus', 128, 0.01, 60, [18, 30, 48]),
            ('r18_affectnet', 256, 0.015, 20, [6, 10, 16]),
            ('r101-cbam_affectnet', 256, 0.015, 20, [6, 10, 16]),
            ('r101-cbam_rafdb', 128, 0.01, 60, [18, 30, 48])]:
        cfg = load_config(folder / f'{name}.py')
        assert (cfg.total_batch_size, cfg.optim_wrapper.optimizer.lr, cfg.train_cfg.max_epochs) == (
            size, rate, epochs)
        assert cfg.param_scheduler == [
            dict(type='MultiStepLR', milestones=milestones, gamma=0.1)]
        assert cfg.auto_scale_lr.base_batch_size == size
        assert cfg.train_dataloader.dataset.pipeline[0] == dict(type='SegmentSample',
                                                                num_segments=1)
        assert cfg.train_dataloader.sampler.get('class_balanced', False) == ('affectnet' in name)
        assert cfg.model.cls_head.get('loss') == (soft if 'ferplus' in name else None)
        assert cfg.protocol.split == 'published'


@pytest.mark.parametrize('stills, videos', [
    ('r18_ferplus', 'fan/fan_r18_afew'), ('r18_ferplus', 'ceflnet/ceflnet_r18_bu4dfe'),
    ('r18_rafdb', 'sa_ca_fa/r18_sa-ca-fa_ckplus'), ('vgg16_ferplus', 'fan/fan_vgg16-frozen_ckplus'),
    ('vgg16_ferplus', 'sa_tp/vgg16_sa2_tp_afew'),
    ('r101-cbam_affectnet', 'cbam_blstm/r101_cbam_blstm_affwild2')])
def test_trunks_fit_where_they_are_handed_to(stills, videos):
    source = load_config(ROOT / f'configs/pretrain/{stills}.py').model
    target = load_config(ROOT / f'configs/{videos}.py', {
        'model.backbone.init_cfg.checkpoint': 'x.pth'}).model
    assert target.backbone.init_cfg.prefix == 'backbone.'
    # the trunk sees the frames as it saw the images
    assert source.data_preprocessor == target.data_preprocessor
    shapes = [{key: value.shape for key, value in build_trunk(
        {**model.backbone, 'init_cfg': None}).state_dict().items()} for model in (source, target)]
    added = shapes[1].keys() - shapes[0].keys()
    assert shapes[0] == {key: shapes[1][key] for key in shapes[1].keys() - added}
    assert all('.attention.' in key for key in added)
    assert bool(added) == (videos == 'sa_ca_fa/r18_sa-ca-fa_ckplus')


def test_second_corpus_goes_on_with_the_first_ones_classes():
    first, second = (MODELS.build(load_config(ROOT / f'configs/pretrain/{name}.py').model)
                     for name in ('r101-cbam_affectnet', 'r101-cbam_rafdb'))
    load_state(second, first.state_dict())  # what load_from does


def test_batch_norm_can_be_synchronised():
    from mmengine.model import convert_sync_batchnorm
    from torch.nn import BatchNorm2d, SyncBatchNorm
    cfg = load_config(ROOT / 'configs/fan/fan_r18_ckplus.py', {'sync_bn': 'torch'})
    model = convert_sync_batchnorm(MODELS.build(cfg.model), cfg.sync_bn)
    kinds = [type(module) for module in model.modules()]
    assert kinds.count(SyncBatchNorm) == 20
    assert BatchNorm2d not in kinds


def test_recipes_of_cbam_blstm():
    folder = ROOT / 'configs/cbam_blstm'
    paper = load_config(folder / 'r101_cbam_blstm_affwild2.py', {'protocol.selection': 'inner'})
    assert paper.optim_wrapper.optimizer == dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=0)
    assert paper.param_scheduler == [] and paper.total_batch_size == 4
    assert paper.train_cfg == dict(type='StreamTrainLoop', max_iters=200_000, val_interval=1000)
    checkpoint = paper.default_hooks.checkpoint
    assert (checkpoint.by_epoch, checkpoint.interval, checkpoint.save_best) == (False, 1000, 'S')
    assert paper.train_dataloader.sampler == dict(type='VideoUniformSampler')

    def samplers(cfg):
        for part in ('val', 'test'):
            assert cfg[f'{part}_dataloader'].dataset.repeat == dict(windows=8)
        return [repr(TRANSFORMS.build(cfg[f'{part}_dataloader'].dataset.pipeline[0]))
                for part in ('train', 'val', 'test')]

    assert samplers(paper) == [
        'ContinuousSample(length=8, max_span=7, labelled_only=False)',
        "WindowSample(length=8, tail='mask')", "WindowSample(length=8, tail='shift')"]
    code = load_config(folder / 'r101_cbam_blstm_affwild2_code.py',
                       {'protocol.selection': 'inner'})
    assert samplers(code) == [
        'ContinuousSample(length=8, max_span=12, labelled_only=True)',
        "WindowSample(length=8, tail='repeat')", "WindowSample(length=8, tail='shift')"]
    assert code.val_evaluator.count_padding and code.train_cfg == paper.train_cfg
    for part in ('train', 'val', 'test'):
        step = code[f'{part}_dataloader'].dataset.pipeline[1]
        assert (step.interpolation, step.resize_library) == ('lanczos', 'pillow')


def test_every_parameter_of_cbam_blstm_gets_a_gradient():
    from mmfer.testing import fill_parameters, make_batch
    cfg = load_config(ROOT / 'configs/cbam_blstm/r101_cbam_blstm_affwild2.py')
    # the weight of the gates' batch normalisation starts at 0, which stops the gradient there
    model = fill_parameters(MODELS.build(cfg.model)).train()
    data = model.data_preprocessor(make_batch([2, 3], 64), True)
    model(**data, mode='loss')['loss_cls'].backward()
    assert sum(p.numel() for p in model.parameters() if (p.grad != 0).any()) == 48_372_251
