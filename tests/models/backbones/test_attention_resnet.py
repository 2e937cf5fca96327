import copy
from unittest import mock

import pytest
import torch
from mmpretrain.models import ResNet
from torch.utils.flop_counter import FlopCounterMode

from mmfer.errors import CheckpointError, ConfigError
from mmfer.models.attention import CBAM, ChannelAttention, SpatialAttention
from mmfer.models.backbones import AttentionResNet, build_trunk
from mmfer.models.backbones.attention_resnet import POSITIONS, position_shares
from mmfer.models.backbones.builder import trunk_attention
from mmfer.structures import SPATIAL_MAPS
from mmfer.testing import FLOAT64, fill_parameters

CBAM_CONFIG = dict(modules=('cbam', ), position='before_addition')
SMALL = dict(base_channels=8, stem_channels=8)


def small(depth=18, attention=CBAM_CONFIG, **kwargs):
    return fill_parameters(AttentionResNet(depth, attention, **SMALL, **kwargs)).double()


def frames(count=2, size=40):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 3, size, size, generator=generator, dtype=torch.float64)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize('depth, attention, count, macs, blocks', [
    (18, None, 11_176_512, 1_813_561_344, 0),
    (18, CBAM_CONFIG, 11_176_512 + 89_880, 1_814_377_684, 8),
    (50, None, 23_508_032, 4_087_136_256, 0),
    (101, CBAM_CONFIG, 47_281_172, 7_801_042_942, 33),
    pytest.param(101, None, 42_500_160, 7_799_357_440, 0, marks=pytest.mark.slow),
])
def test_parameters_and_multiplications_at_224_px(depth, attention, count, macs, blocks):
    config = dict(type='AttentionResNet', depth=depth, attention=attention)
    trunk = build_trunk(config).to('meta').eval()
    assert parameters(trunk) == count
    assert sum(isinstance(m, CBAM) for m in trunk.modules()) == blocks
    with FlopCounterMode(display=False) as counter:
        trunk(torch.zeros(1, 3, 224, 224, device='meta'))
    counts = counter.get_flop_counts()['Global']
    # of the convolutions alone
    assert sum(n for op, n in counts.items() if 'convolution' in str(op)) == 2 * macs


@pytest.mark.parametrize('depth', [18, 50])
@pytest.mark.parametrize('training', [True, False])
def test_without_attention_it_is_the_plain_resnet(depth, training):
    plain = fill_parameters(ResNet(depth, **SMALL)).double()
    trunk = AttentionResNet(depth, **SMALL).double()
    trunk.load_state_dict(plain.state_dict())
    plain.train(training)
    trunk.train(training)
    x = frames()
    torch.testing.assert_close(trunk(x)[0], plain(x)[0], **FLOAT64)
    assert trunk.state_dict().keys() == plain.state_dict().keys()


def reference(trunk, x):
    """Block by block from the layers of the plain network, attention by its position."""
    x = trunk.maxpool(trunk.norm1(trunk.conv1(x)).relu())
    for name in trunk.res_layers:
        for block in getattr(trunk, name):
            def attend(maps, place, block=block):
                modules = block.attention if block.position == place else ()
                for module in modules or ():
                    maps = module(maps)
                return maps

            layers = [(block.conv1, block.norm1), (block.conv2, block.norm2)]
            if hasattr(block, 'conv3'):
                layers.append((block.conv3, block.norm3))
            out = x
            for i, (conv, norm) in enumerate(layers):
                last = i + 1 == len(layers)
                if last:
                    out = attend(out, 'between_convs')
                out = norm(conv(out))
                if not last:
                    out = out.clamp(min=0)
            out = attend(out, 'before_addition')
            shortcut = x if block.downsample is None else block.downsample(x)
            x = attend((out + shortcut).clamp(min=0), 'after_addition')
    return x


@pytest.mark.parametrize('position', POSITIONS)
@pytest.mark.parametrize('depth', [18, 50])
@pytest.mark.parametrize('with_cp', [False, True])
def test_attention_is_where_the_position_says(position, depth, with_cp):
    attention = dict(modules=('channel', 'spatial'), position=position, channel=dict(ratio=2))
    trunk = small(depth, attention, with_cp=with_cp)
    x = frames()
    expected = torch.autograd.grad(reference(trunk, x).square().sum(), trunk.conv1.weight)[0]
    out = trunk(x)[0]
    torch.testing.assert_close(out, reference(trunk, x), **FLOAT64)
    out.square().sum().backward()
    torch.testing.assert_close(trunk.conv1.weight.grad, expected, rtol=1e-7, atol=1e-7)
    assert all(p.grad.any() for p in trunk.parameters())
    widths = {m.mlp[0].in_features for m in trunk.modules() if isinstance(m, ChannelAttention)}
    wide = depth == 50 and position != 'between_convs'
    assert widths == {8 * (4 if wide else 1) * 2**i for i in range(4)}


def test_order_stages_and_options():
    trunk = small(attention=dict(modules=('spatial', 'channel'), stages=(1, 3),
                                 spatial=dict(reduction='pool', kernel_size=3),
                                 channel=dict(num_layers=2)))
    with_attention = [name for name in trunk.res_layers
                      for block in getattr(trunk, name) if block.attention is not None]
    assert with_attention == ['layer2', 'layer2', 'layer4', 'layer4']
    first, second = trunk.layer2[0].attention
    assert isinstance(first, SpatialAttention) and isinstance(second, ChannelAttention)
    assert first.spatial_gate.conv.kernel_size == (3, 3) and len(second.mlp) == 3
    swapped = small(attention=dict(modules=('channel', 'spatial'), stages=(1, 3),
                                   spatial=dict(reduction='pool', kernel_size=3),
                                   channel=dict(num_layers=2)))
    assert trunk.state_dict().keys() == swapped.state_dict().keys()
    swapped.load_state_dict(trunk.state_dict())
    assert not torch.allclose(trunk(frames())[0], swapped(frames())[0])


def test_zero_gates_scale_the_residual_branch_by_a_quarter():
    plain, trunk = small(attention=None).eval(), small().eval()
    with torch.no_grad():
        for name, parameter in trunk.named_parameters():
            if '.attention.' in name:
                parameter.zero_()
        for block in (b for name in plain.res_layers for b in getattr(plain, name)):
            block.norm2.weight.div_(4)
            block.norm2.bias.div_(4)
    torch.testing.assert_close(trunk(frames())[0], plain(frames())[0], **FLOAT64)


def test_spatial_maps_are_recorded_on_request():
    x = frames(3, 64)
    assert trunk_attention(small()) == {}
    trunk = small(record=True).eval()
    trunk(x)
    maps = trunk_attention(trunk)[SPATIAL_MAPS]
    assert maps.shape == (3, 1, 2, 2) and not maps.requires_grad and maps.dtype == torch.float32
    gates = []
    gate = trunk.layer4[-1].attention.cbam.spatial_gate
    gate.register_forward_hook(lambda module, args, logits: gates.append(logits.sigmoid()))
    out = trunk(x)[0]
    expected = gates[0] / gates[0].sum(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(maps, expected.detach().float())
    torch.testing.assert_close(maps.sum(dim=(1, 2, 3)), torch.ones(3))
    assert torch.equal(out, small().eval()(x)[0])
    # the last block that has one
    early = small(attention=dict(modules=('spatial', ), stages=(0, )), record=True)
    early(x)
    assert trunk_attention(early)[SPATIAL_MAPS].shape == (3, 1, 16, 16)
    # a copy, as the averaged model of EMAHook, records for itself
    twin = copy.deepcopy(trunk)
    twin(x[:1])
    assert len(trunk.attention[SPATIAL_MAPS]) == 3 and len(twin.attention[SPATIAL_MAPS]) == 1


def test_shares_of_closed_gates_stay_finite():
    logits = torch.full((2, 1, 2, 2), -500.0)
    logits[1, 0, 0, 0] = 500.0
    shares = position_shares(logits)
    assert torch.equal(shares[0], torch.full((1, 2, 2), 0.25)) and shares[1, 0, 0, 0] == 1


def test_recognizer_gives_the_maps_of_every_sampled_frame():
    from mmfer.models import ExpressionRecognizer
    from mmfer.testing import make_batch
    model = ExpressionRecognizer(
        backbone=dict(type='AttentionResNet', depth=18, attention=CBAM_CONFIG, record=True,
                      **SMALL),
        cls_head=dict(type='ScoreFusionHead', num_classes=7), frame_chunk=2).eval()
    batch = make_batch((3, 1, 2), size_px=64)
    with torch.no_grad():
        samples = model(**model.data_preprocessor(batch), mode='predict')
    for sample, length in zip(samples, (3, 1, 2)):
        maps = sample.attention[SPATIAL_MAPS]
        assert maps.shape == (length, 1, 2, 2)
        torch.testing.assert_close(maps.sum(dim=(1, 2, 3)), torch.ones(length))


def save_plain(path, prefix='backbone.', depth=18):
    plain = fill_parameters(ResNet(depth, **SMALL), seed=5)
    torch.save({'state_dict': {prefix + k: v for k, v in plain.state_dict().items()}}, path)
    return plain


def test_weights_of_a_plain_trunk(tmp_path):
    path = str(tmp_path / 'plain.pth')
    plain = save_plain(path)
    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    trunk = AttentionResNet(18, CBAM_CONFIG, init_cfg=init_cfg, **SMALL)
    before = {key: trunk.state_dict()[key].clone() for key in trunk.attention_keys()}
    assert len(before) == 8 * (4 + 1 + 5)
    with mock.patch('mmfer.models.backbones.attention_resnet.print_log') as log:
        trunk.init_weights()
    assert log.call_args.args[0] == (f'{path}: all 120 keys of a plain ResNet-18 matched; 80 of '
                                     'the attention start anew')
    state = trunk.state_dict()
    assert set(state) - set(plain.state_dict()) == set(before)
    assert all(torch.equal(state[key], value) for key, value in plain.state_dict().items())
    assert all(torch.equal(state[key], value) for key, value in before.items())


@pytest.mark.parametrize('change, message', [
    (lambda s: s.pop('backbone.conv1.weight'), '1 missing .conv1.weight'),
    (lambda s: s.update({'backbone.fc.weight': torch.zeros(1)}), '1 unexpected .fc.weight'),
    (lambda s: s.update({'backbone.layer1.0.attention.cbam.spatial_gate.bn.bias':
                         torch.zeros(1)}), 'pretrained_attention=True'),
])
def test_other_weights_are_refused(tmp_path, change, message):
    path = str(tmp_path / 'plain.pth')
    save_plain(path)
    checkpoint = torch.load(path)
    change(checkpoint['state_dict'])
    torch.save(checkpoint, path)
    init_cfg = dict(type='Pretrained', checkpoint=path, prefix='backbone.')
    with pytest.raises(CheckpointError, match=message):
        AttentionResNet(18, CBAM_CONFIG, init_cfg=init_cfg, **SMALL).init_weights()


def test_weights_with_attention(tmp_path):
    path = str(tmp_path / 'whole.pth')
    source = small().float()
    torch.save(source.state_dict(), path)
    init_cfg = dict(type='Pretrained', checkpoint=path)
    trunk = AttentionResNet(18, CBAM_CONFIG, pretrained_attention=True, init_cfg=init_cfg, **SMALL)
    trunk.init_weights()
    assert all(torch.equal(value, source.state_dict()[key])
               for key, value in trunk.state_dict().items())
    save_plain(path, prefix='')
    with pytest.raises(CheckpointError, match='72 missing'):
        AttentionResNet(18, CBAM_CONFIG, pretrained_attention=True, init_cfg=init_cfg,
                        **SMALL).init_weights()


def test_random_initialisation():
    torch.manual_seed(0)
    trunk = AttentionResNet(18, dict(modules=('cbam', 'spatial')), **SMALL)
    trunk.init_weights()
    block = trunk.layer4[0]
    assert not block.norm2.weight.any()  # of the trunk, as in mmpretrain's
    assert not block.attention.cbam.spatial_gate.bn.weight.any()
    bound = 64**-0.5
    assert 0.5 * bound < block.attention.spatial.spatial_gate.reduce.weight.abs().max() <= bound


def test_layout_and_modes():
    trunk = small().float()
    trunk.to(memory_format=torch.channels_last)
    x = frames().float().contiguous(memory_format=torch.channels_last)
    out = trunk(x)[0]
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, small().float()(x.contiguous())[0], rtol=1e-3, atol=1e-3)
    frozen = AttentionResNet(18, CBAM_CONFIG, frozen_stages=1, **SMALL).train()
    attention = frozen.layer1[0].attention
    assert not attention.training and not any(p.requires_grad for p in attention.parameters())
    assert all(p.requires_grad for p in frozen.layer2[0].attention.parameters())


@pytest.mark.parametrize('attention, message', [
    (dict(modules=()), 'modules'),
    (dict(modules=('cbam', 'cbam')), 'once'),
    (dict(modules=('se', )), 'channel, spatial, cbam'),
    (dict(modules=('cbam', ), position='everywhere'), 'position'),
    (dict(modules=('cbam', ), stages=(4, )), 'stages'),
    (dict(modules=('cbam', ), stages=()), 'stages'),
    (dict(modules=('cbam', ), spatial=dict(kernel_size=3)), 'attention.spatial'),
    (dict(modules=('cbam', ), cbam=dict(size=3)), 'attention.cbam'),
])
def test_mistakes_are_named(attention, message):
    with pytest.raises(ConfigError, match=message):
        AttentionResNet(18, attention, **SMALL)


def test_recording_needs_a_spatial_gate():
    with pytest.raises(ConfigError, match='spatial gate'):
        AttentionResNet(18, dict(modules=('channel', )), record=True, **SMALL)
