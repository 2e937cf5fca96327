import pytest
import torch

from mmfer.checkpoints import load_weights
from mmfer.errors import CheckpointError, ConfigError
from mmfer.models import ExpressionRecognizer, build_trunk
from mmfer.models.conversion import ARCHITECTURES, CODE_CLASSES, convert, vgg16_names
from mmfer.testing import fill_parameters

CKPLUS = ['anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise']


CLASSIFIER = dict(resnet18=['fc'], resnet50=['fc'], resnet101=['fc'],
                  vgg16=['classifier.0', 'classifier.3', 'classifier.6'])


def torchvision_state(arch):
    """A trunk, and its weights beside a classifier as torchvision names it."""
    trunk = fill_parameters(build_trunk(ARCHITECTURES[arch]['torchvision']))
    state = dict(trunk.state_dict())
    for name in CLASSIFIER[arch]:
        state |= {f'{name}.weight': torch.zeros(8, 512), f'{name}.bias': torch.zeros(8)}
    return trunk, state


# a convolution and the five values of a batch normalisation each: 20, 53 and 104 of them
@pytest.mark.parametrize('arch, keys', [('resnet18', 120), ('resnet50', 318), ('resnet101', 624),
                                        ('vgg16', 26)])
@pytest.mark.parametrize('to', ['mmpretrain', 'torchvision'])
def test_trunk_computes_the_same(arch, to, keys):
    reference, state = torchvision_state(arch)
    result = convert(state, arch, to)
    assert result.trunk_keys == len(result.state_dict) == keys
    dropped = 6 if arch == 'vgg16' else 2
    assert len(result.dropped) == dropped and not result.filled
    trunk = build_trunk(ARCHITECTURES[arch][to])
    load_weights(trunk, result.state_dict, prefix='backbone')
    trunk.eval()
    x = torch.rand(1, 3, 32, 32)
    reference.eval()
    with torch.no_grad():
        got = trunk(x)
        torch.testing.assert_close(got[-1] if isinstance(got, tuple) else got, reference(x))


def test_authors_trunk():
    _, state = torchvision_state('resnet18')
    state = {f'module.{k}': v for k, v in state.items() if 'num_batches' not in k}
    state['module.feature.weight'] = torch.zeros(3)
    result = convert(state)
    assert sorted(result.dropped) == ['fc.bias', 'fc.weight', 'feature.weight']
    assert len(result.filled) == 20 and result.trunk_keys == 120


def test_there_and_back():
    _, state = torchvision_state('vgg16')
    over = convert(state, 'vgg16', 'mmpretrain').state_dict
    over['head.fc.weight'] = torch.zeros(1)
    back = convert(over, 'vgg16', 'torchvision')
    assert back.dropped == ['head.fc.weight']
    assert all(torch.equal(v, state[k.removeprefix('backbone.')])
               for k, v in back.state_dict.items())


def test_vggface_names():
    names = vgg16_names('torchvision')
    assert names['conv1_1'] == 'features.0' and names['conv1_2'] == 'features.2'
    assert names['conv3_1'] == 'features.10' and names['conv5_3'] == 'features.28'
    names = vgg16_names('mmpretrain')
    assert names['conv5_3'] == names['features.28'] == 'features.16.conv'


def vggface_state(layout):
    """Weights of a trunk as a port of VGG-Face to PyTorch holds them, with its classifier."""
    trunk = fill_parameters(build_trunk(ARCHITECTURES['vgg16']['torchvision']))
    stages = [(stage, i) for stage, count in enumerate((2, 2, 3, 3, 3), 1)
              for i in range(1, count + 1)]
    indices = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    state = {}
    for index, (stage, i) in zip(indices, stages, strict=True):
        for kind in ('weight', 'bias'):
            name = layout.format(index=index, stage=stage, i=i)
            state[f'{name}.{kind}'] = trunk.state_dict()[f'features.{index}.{kind}']
    classifier = ('classifier.0', 'classifier.3', 'classifier.6')
    for name in classifier if 'features' in layout else ('fc6', 'fc7', 'fc8'):
        state |= {f'{name}.weight': torch.zeros(8, 16), f'{name}.bias': torch.zeros(8)}
    return trunk.eval(), state


@pytest.mark.parametrize('layout', ['features.{index}', 'conv{stage}_{i}', 'conv_{stage}_{i}'])
def test_vggface_becomes_the_trunk_without_its_last_pooling(layout, tmp_path):
    reference, state = vggface_state(layout)
    result = convert(state, 'vgg16')
    assert result.trunk_keys == 26 and len(result.dropped) == 6 and not result.filled
    torch.save(dict(state_dict=result.state_dict), tmp_path / 'trunk.pth')
    trunk = build_trunk(dict(
        type='mmpretrain.VGG', depth=16, with_last_pool=False,
        init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'trunk.pth'),
                      prefix='backbone.')))
    trunk.init_weights()
    trunk.eval()
    frames = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        maps = trunk(frames)[-1]
        assert maps.shape == (1, 512, 2, 2)
        torch.testing.assert_close(maps, reference.features[:-1](frames))

    state['conv6_1.weight'] = torch.zeros(1)
    with pytest.raises(CheckpointError, match=r'26 of 26 keys match.*1 left over \(conv6_1.weight'):
        convert(state, 'vgg16')
    del state['conv6_1.weight'], state[next(iter(state))]
    with pytest.raises(CheckpointError, match='25 of 26 keys match, 1 missing'):
        convert(state, 'vgg16')


def test_own_checkpoint_gives_its_trunk():
    model = ExpressionRecognizer(ARCHITECTURES['resnet18']['mmpretrain'],
                                 dict(type='LinearHead', num_classes=7), neck=dict(type='FANNeck'))
    result = convert(model.state_dict(), to='torchvision')
    assert sorted(result.dropped) == ['cls_head.fc.bias', 'cls_head.fc.weight', 'neck.alpha.bias',
                                      'neck.alpha.weight', 'neck.beta.bias', 'neck.beta.weight']
    load_weights(build_trunk(ARCHITECTURES['resnet18']['torchvision']), result.state_dict,
                 prefix='backbone')


def code_state():
    _, state = torchvision_state('resnet18')
    state = {k: v for k, v in state.items() if not k.startswith('fc.')}
    generator = torch.Generator().manual_seed(0)
    for name, rows, width in (('alpha.0', 1, 512), ('beta.0', 1, 1024), ('pred_fc1', 7, 512),
                              ('pred_fc2', 7, 1024)):
        state[f'{name}.weight'] = torch.randn(rows, width, generator=generator)
        state[f'{name}.bias'] = torch.randn(rows, generator=generator)
    return {f'module.{k}': v for k, v in state.items()}


@pytest.mark.parametrize('model, relation, head, dropped', [
    ('fan', True, 'pred_fc2', ['pred_fc1.bias', 'pred_fc1.weight']),
    ('fan-self', False, 'pred_fc1',
     ['beta.0.bias', 'beta.0.weight', 'pred_fc2.bias', 'pred_fc2.weight'])])
def test_trained_models_of_the_code(model, relation, head, dropped):
    state = code_state()
    result = convert(state, model=model, classes=CKPLUS)
    assert sorted(result.dropped) == dropped and result.classes == CKPLUS
    recognizer = ExpressionRecognizer(
        ARCHITECTURES['resnet18']['mmpretrain'], dict(type='LinearHead', num_classes=7),
        neck=dict(type='FANNeck', relation=relation))
    load_weights(recognizer, result.state_dict)
    assert torch.equal(recognizer.neck.alpha.weight, state['module.alpha.0.weight'])
    # the code's order: happy, angry, disgust, fear, sad, contempt, surprise
    assert torch.equal(recognizer.cls_head.fc.bias,
                       state[f'module.{head}.bias'][[1, 5, 2, 3, 0, 4, 6]])


def test_neutral_stands_where_contempt_does():
    afew = ['anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise']
    result = convert(code_state(), model='fan', classes=afew)
    assert float(result.state_dict['cls_head.fc.bias'][4]) == pytest.approx(
        float(code_state()['module.pred_fc2.bias'][5]))
    assert convert(code_state(), model='fan').classes == list(CODE_CLASSES)


def broken(change):
    _, state = torchvision_state('resnet18')
    change(state)
    return state


@pytest.mark.parametrize('change, message', [
    (lambda s: s.pop('layer1.0.conv1.weight'), r'119 of 120.*1 missing \(layer1.0.conv1.weight'),
    (lambda s: s.update({'layer5.weight': torch.zeros(1)}), r'1 left over \(layer5.weight'),
    (lambda s: s.update({'conv1.weight': torch.zeros(64, 1, 7, 7)}),
     r'conv1.weight \(64, 1, 7, 7\) instead of \(64, 3, 7, 7\)'),
    (lambda s: s.update({'alpha.0.weight': torch.zeros(1, 512)}), '--model fan'),
    (lambda s: s.clear(), '0 of 120 keys match, 100 missing'),
])
def test_anything_else_fails(change, message):
    with pytest.raises(CheckpointError, match=message):
        convert(broken(change))


def test_not_the_codes_model():
    with pytest.raises(CheckpointError, match='missing.*alpha.0.weight'):
        convert(torchvision_state('resnet18')[1], model='fan')
    state = code_state()
    del state['module.pred_fc2.weight']
    with pytest.raises(CheckpointError, match='0 classifiers pred_fc take 1024'):
        convert(state, model='fan')


@pytest.mark.parametrize('kwargs', [dict(arch='resnet19'), dict(to='timm'), dict(model='can'),
                                    dict(model='fan', classes=['anger'] * 7),
                                    dict(model='fan', classes=CKPLUS[:6] + ['joy'])])
def test_unknown_choices(kwargs):
    with pytest.raises(ConfigError, match='one of|each of'):
        convert(code_state(), **kwargs)


@pytest.mark.parametrize('to', ['mmpretrain', 'torchvision'])
def test_converted_trunk_initialises_a_backbone(tmp_path, to):
    trunk, state = torchvision_state('resnet18')
    torch.save(dict(state_dict=convert(state, to=to).state_dict), tmp_path / 'trunk.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'trunk.pth'), prefix='backbone.')
    model = ExpressionRecognizer({**ARCHITECTURES['resnet18'][to], 'init_cfg': init_cfg},
                                 dict(type='ScoreFusionHead', num_classes=7, in_channels=512))
    model.init_weights()
    got = model.backbone.state_dict()
    assert all(torch.equal(got[key], value) for key, value in trunk.state_dict().items())
