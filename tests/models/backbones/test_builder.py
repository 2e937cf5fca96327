import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models.backbones import build_trunk, trunk_channels, trunk_output

TRUNKS = [
    (dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, )), 32, (512, 1, 1)),
    (dict(type='mmpretrain.VGG', depth=16), 32, (512, 1, 1)),
    (dict(type='mmpretrain.VisionTransformer', arch='deit-tiny', img_size=32), 32, (192, )),
    (dict(type='ResNet', depth=18, norm_eval=False), 32, (512, 1, 1)),
    (dict(type='torchvision.resnet18'), 32, (512, 1, 1)),
    (dict(type='torchvision.vgg16'), 32, (512, 1, 1)),
    (dict(type='torchvision.mobilenet_v3_small'), 32, (576, )),
    (dict(type='timm.resnet18'), 32, (512, )),
    (dict(type='timm.resnet18', global_pool=''), 32, (512, 1, 1)),
    (dict(type='timm.vit_tiny_patch16_224', img_size=32), 32, (192, )),
]


@pytest.mark.parametrize('config, size, shape', TRUNKS, ids=lambda x: str(x)[:60])
def test_trunks(config, size, shape):
    trunk = build_trunk(config)
    trunk.eval()
    with torch.no_grad():
        assert trunk_output(trunk, torch.rand(2, 3, size, size)).shape == (2, *shape)


@pytest.mark.parametrize('config, count', [
    (dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, )), 11_176_512),
    (dict(type='torchvision.resnet18'), 11_176_512),
    (dict(type='timm.resnet18'), 11_176_512),
    (dict(type='torchvision.resnet50'), 23_508_032),
    (dict(type='mmpretrain.VGG', depth=16), 14_714_688),
    (dict(type='torchvision.vgg16'), 14_714_688),
], ids=lambda x: str(x))
def test_no_classifier_is_left(config, count):
    assert sum(p.numel() for p in build_trunk(config).parameters()) == count


def test_torchvision_names_are_kept():
    import torchvision
    for name in ('resnet18', 'vgg16'):
        own = torchvision.models.get_model(name).state_dict()
        kept = build_trunk(dict(type=f'torchvision.{name}')).state_dict()
        assert set(own) - set(kept) == {k for k in own if k.startswith(('fc.', 'classifier.'))}
        assert set(kept) <= set(own)


def test_torchvision_resnet_equals_the_whole_model():
    import torchvision
    model = torchvision.models.resnet18().eval()
    trunk = build_trunk(dict(type='torchvision.resnet18')).eval()
    trunk.load_state_dict({k: v for k, v in model.state_dict().items() if k[:3] != 'fc.'})
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(model.fc(trunk(x).mean((2, 3))), model(x))


@pytest.mark.parametrize('name', ['torchvision.resnet18', 'timm.vit_tiny_patch16_224'])
def test_mmengine_does_not_initialise_foreign_trunks_again(name):
    from mmengine.model import BaseModule

    class Holder(BaseModule):
        pass

    holder = Holder()
    holder.trunk = build_trunk(dict(type=name))
    before = {k: v.clone() for k, v in holder.state_dict().items()}
    holder.init_weights()
    assert all(torch.equal(v, before[k]) for k, v in holder.state_dict().items())


def test_channels_leave_mode_statistics_and_generator_alone():
    trunk = build_trunk(dict(type='mmpretrain.ResNet', depth=18, norm_eval=False))
    trunk.layer1.eval()
    before = {k: v.clone() for k, v in trunk.state_dict().items()}
    state = torch.get_rng_state()
    assert trunk_channels(trunk) == 512
    assert trunk.training and not trunk.layer1.training and not trunk.layer1[0].training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(v, before[k]) for k, v in trunk.state_dict().items())


def test_channels_of_a_trunk_of_one_size():
    assert trunk_channels(build_trunk(dict(type='timm.vit_tiny_patch16_224'))) == 192
    with pytest.raises(ConfigError, match='in_channels'):
        trunk_channels(build_trunk(dict(type='timm.vit_tiny_patch16_224', img_size=32)))


@pytest.mark.parametrize('name', ['NoSuchNet', 'mmpretrain.NoSuchNet', 'torchvision.no_such_net',
                                  'timm.no_such_net'])
def test_unknown_trunk(name):
    with pytest.raises(ConfigError, match='[nN]o_?[sS]uch_?[nN]et'):
        build_trunk(dict(type=name))


def test_clip_trunk_is_refused():
    with pytest.raises(ConfigError, match='frame trunk'):
        trunk_output(torch.nn.Unflatten(1, (3, 1)), torch.rand(1, 3, 4, 4))


def test_torchvision_trunk_takes_a_checkpoint(tmp_path):
    source = build_trunk(dict(type='torchvision.resnet18')).state_dict()
    torch.save({'state_dict': {f'backbone.{k}': v for k, v in source.items()}}, tmp_path / 'a.pth')
    trunk = build_trunk(dict(type='torchvision.resnet18', init_cfg=dict(
        type='Pretrained', checkpoint=str(tmp_path / 'a.pth'), prefix='backbone.')))
    trunk.init_weights()
    assert all(torch.equal(v, source[k]) for k, v in trunk.state_dict().items())


@pytest.mark.parametrize('name', ['timm.resnet18', 'torchvision.mobilenet_v3_small'])
def test_no_silent_init_cfg(name):
    with pytest.raises(ConfigError, match='takes no init_cfg'):
        build_trunk(dict(type=name, init_cfg=dict(type='Pretrained', checkpoint='a.pth')))
