import mmaction.models  # noqa: F401  # registers its recognizers
import pytest
import torch
from mmaction.structures import ActionDataSample
from mmengine.registry import init_default_scope
from torch import nn

from mmfer.complexity import measure_complexity
from mmfer.configuration import load_config
from mmfer.errors import ConfigError
from mmfer.models.frame_pools import GlobalAveragePool
from mmfer.registry import MODELS
from mmfer.testing import make_batch


def recognizer(backbone, num_classes=7, **parts):
    return MODELS.build(dict(
        type='ExpressionRecognizer', backbone=backbone,
        cls_head=dict(type='LinearHead' if 'neck' in parts else 'ScoreFusionHead',
                      num_classes=num_classes), **parts))


@pytest.mark.parametrize('backbone, parameters, macs', [
    (dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, )), 11_176_512, 1_813_561_344),
    (dict(type='torchvision.resnet18'), 11_176_512, 1_813_561_344),
    (dict(type='torchvision.resnet50'), 23_508_032, 4_087_136_256),
    (dict(type='mmpretrain.ResNet', depth=101, out_indices=(3, )), 42_500_160, 7_799_357_440),
    (dict(type='mmpretrain.VGG', depth=16), 14_714_688, 15_346_630_656),
], ids=lambda value: value['type'] if isinstance(value, dict) else '')
def test_trunks_at_224(backbone, parameters, macs):
    found = measure_complexity(recognizer(backbone), make_batch([1], 224))
    trunk = {stage.name: stage for stage in found.stages}['backbone']
    assert (trunk.parameters, trunk.macs) == (parameters, macs)


def test_stages_add_up_and_the_model_is_left_alone():
    model = recognizer(dict(type='torchvision.resnet18'), neck=dict(type='FANNeck')).train()
    found = measure_complexity(model, make_batch([3], 32))
    by_name = {stage.name: stage for stage in found.stages}
    whole = [stage for stage in found.stages if '.' not in stage.name]
    assert [stage.name for stage in whole] == ['backbone', 'frame_pool', 'neck', 'cls_head']
    assert sum(stage.macs for stage in whole) == found.macs
    assert sum(stage.parameters for stage in whole) == found.parameters == 11_185_225
    inside = [stage for stage in found.stages if stage.name.startswith('backbone.')]
    assert sum(stage.macs for stage in inside) == by_name['backbone'].macs
    # alpha: 3 x 512; f'_v: 3 x 512; beta: 3 x 1024; f_v: 3 x 1024
    assert by_name['neck'].macs == 3 * (512 + 512 + 1024 + 1024)
    assert by_name['cls_head'].macs == 1024 * 7
    assert model.training and not model.backbone._forward_hooks
    assert {parameter.device.type for parameter in model.parameters()} == {'cpu'}


def test_lstms_count():
    model = recognizer(dict(type='torchvision.resnet18'), neck=dict(
        type='LSTMNeck', hidden_channels=64, bidirectional=True))
    for counter, extra in (('products', 0), ('ptflops', None)):
        found = measure_complexity(model, make_batch([8], 32), counter)
        macs = {stage.name: stage.macs for stage in found.stages}['neck']
        products = 2 * 8 * (4 * 64) * (512 + 64)  # directions, frames, gates
        if extra is None:  # biases, 4 sums, 6 products or sums of states
            extra = 2 * 8 * (2 * 4 * 64 + 4 * 64 + 6 * 64)
        assert macs == products + extra


class Attending(GlobalAveragePool):
    """A pool that has torch's attention over 4 positions in it."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(512, 4, batch_first=True)

    def forward(self, features):
        vectors, weights = super().forward(features)
        self.attention(*[vectors.unsqueeze(0)] * 3)
        return vectors, weights


def test_fused_attention_counts():
    model = recognizer(dict(type='torchvision.resnet18'))
    model.frame_pool = Attending()
    found = measure_complexity(model, make_batch([4], 32))
    macs = {stage.name: stage.macs for stage in found.stages}['frame_pool']
    assert macs == 4 * 4 * 512 * 512 + 2 * 4 * 4 * 512  # projections; scores and their sums
    assert torch.backends.mha.get_fastpath_enabled()


def test_ptflops_adds_layers_without_products():
    model = recognizer(dict(type='torchvision.resnet18'))
    found = measure_complexity(model, make_batch([1], 32), 'ptflops')
    stages = {stage.name: stage.macs for stage in found.stages}
    assert stages['backbone.conv1'] == 3 * 7 * 7 * 64 * 16 * 16
    assert stages['backbone.bn1'] == 2 * 64 * 16 * 16
    assert found.macs == sum(stages[name] for name in ('backbone', 'frame_pool', 'cls_head'))


def test_recognizers_on_clips():
    init_default_scope('mmfer')
    model = MODELS.build(dict(
        type='Recognizer3D',
        backbone=dict(type='C3D', conv_cfg=dict(type='Conv3d'), norm_cfg=None,
                      act_cfg=dict(type='ReLU')),
        cls_head=dict(type='I3DHead', num_classes=6, in_channels=4096, spatial_type=None,
                      average_clips='prob'),
        data_preprocessor=dict(type='ActionDataPreprocessor', format_shape='NCTHW')))
    batch = dict(inputs=[torch.zeros(1, 3, 16, 112, 112, dtype=torch.uint8)],
                 data_samples=[ActionDataSample().set_gt_label(0)])
    found = measure_complexity(model, batch)
    stages = {stage.name: stage.macs for stage in found.stages}
    assert found.parameters == 78_020_358
    assert stages['backbone.conv1a'] == 3 * 27 * 64 * 16 * 112 * 112
    assert stages['cls_head'] == 4096 * 6
    assert found.macs == stages['backbone'] + stages['cls_head']
    # ptflops knows no subclasses of torch's layers, which mmcv's Conv3d is
    by_ptflops = {s.name: s.macs for s in measure_complexity(model, batch, 'ptflops').stages}
    assert by_ptflops['backbone.conv1a'] == (3 * 27 + 1 + 1) * 64 * 16 * 112 * 112  # bias, ReLU


@pytest.mark.slow
def test_c3d_as_a_paper_counted_it():
    """CEFLNet's Table 8: 79.99 M and 326.41 G follow from 35 frames at 224 px and 487 classes."""
    init_default_scope('mmfer')
    model = MODELS.build(load_config('configs/ceflnet/c3d_bu4dfe.py',
                                     {'model.cls_head.num_classes': 487}).model)
    # 65,536 features where the layer takes 8,192: eight rows
    model.backbone.fc6.register_forward_pre_hook(lambda _, args: (args[0].view(-1, 8192), ))
    batch = dict(inputs=[torch.zeros(1, 3, 35, 224, 224, dtype=torch.uint8)],
                 data_samples=[ActionDataSample().set_gt_label(0)])
    found = measure_complexity(model, batch, 'ptflops')
    assert found.parameters == 79_991_015
    assert round(found.macs / 1e9, 2) == 326.41


def test_unknown_counter():
    with pytest.raises(ConfigError, match='products, ptflops'):
        measure_complexity(recognizer(dict(type='torchvision.resnet18')), {}, 'flops')


def test_other_releases_of_ptflops_are_refused(monkeypatch):
    monkeypatch.setattr('mmfer.complexity.version', lambda name: '0.7.4')
    with pytest.raises(ConfigError, match=r'0\.7\.4 counts otherwise'):
        measure_complexity(recognizer(dict(type='torchvision.resnet18')), make_batch([1], 32),
                           'ptflops')
