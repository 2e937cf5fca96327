import subprocess
import sys
from pathlib import Path

import torch
import torchvision

ROOT = Path(__file__).resolve().parents[2]


def run(*args):
    return subprocess.run([sys.executable, ROOT / 'tools/convert_weights.py', *map(str, args)],
                          capture_output=True, text=True)


def test_authors_file(tmp_path):
    state = torchvision.models.resnet18(num_classes=8).state_dict()
    source, target = tmp_path / 'Resnet18_FER+.pth.tar', tmp_path / 'out' / 'trunk.pth'
    torch.save(dict(epoch=3, state_dict={f'module.{k}': v for k, v in state.items()}), source)
    done = run(source, target, '--to', 'mmpretrain', '--arch', 'resnet18')
    assert done.returncode == 0, done.stderr
    assert 'trunk: 120 of 120 keys matched' in done.stdout
    assert 'dropped: 2 (fc.bias, fc.weight)' in done.stdout
    written = torch.load(target, weights_only=True)
    assert torch.equal(written['state_dict']['backbone.conv1.weight'], state['conv1.weight'])
    assert written['meta']['source'] == source.name and len(written['state_dict']) == 120

    state['extra.weight'] = torch.zeros(1)
    torch.save(state, source)
    before = target.read_bytes()
    done = run(source, target)
    assert done.returncode == 1 and '1 left over (extra.weight)' in done.stderr
    assert str(source) in done.stderr and 'Traceback' not in done.stderr
    assert target.read_bytes() == before


def test_vggface_file(tmp_path):
    features = torchvision.models.vgg16().features
    convolutions = [layer for layer in features if isinstance(layer, torch.nn.Conv2d)]
    names = [f'conv{stage}_{i}' for stage, count in enumerate((2, 2, 3, 3, 3), 1)
             for i in range(1, count + 1)]
    state = {f'{name}.{kind}': getattr(layer, kind).detach()
             for name, layer in zip(names, convolutions, strict=True)
             for kind in ('weight', 'bias')}
    state |= {'fc8.weight': torch.zeros(2, 3), 'fc8.bias': torch.zeros(2)}
    torch.save(state, tmp_path / 'vgg_face_dag.pth')
    done = run(tmp_path / 'vgg_face_dag.pth', tmp_path / 'trunk.pth', '--arch', 'vgg16')
    assert done.returncode == 0, done.stderr
    assert 'trunk: 26 of 26 keys matched' in done.stdout
    assert 'dropped: 2 (fc8.bias, fc8.weight)' in done.stdout
    written = torch.load(tmp_path / 'trunk.pth', weights_only=True)['state_dict']
    assert torch.equal(written['backbone.features.16.conv.weight'], state['conv5_3.weight'])


def test_classes_need_a_model(tmp_path):
    done = run(tmp_path / 'a', tmp_path / 'b', '--classes', 'anger')
    assert done.returncode == 2 and '--model' in done.stderr
