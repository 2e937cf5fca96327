"""From faces to stills to videos: the commands of docs/pretraining.md, and the hand-over itself."""
from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torchvision
from mmengine import Config

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import test, train
from mmfer.configuration import load_config
from mmfer.evaluation import read_predictions
from mmfer.protocols import Protocol, Split, write_protocol
from mmfer.registry import MODELS
from mmfer.synthetic import __main__ as synthetic

ROOT = Path(__file__).resolve().parent.parent
EIGHT = ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
SEVEN = tuple(name for name in EIGHT if name != 'contempt')
ABAW = ('neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
SIZE_PX = 32

# what the log has to say of each step that takes a trunk: the keys that matched
TAKEN = {
    'r18_ferplus.py': 'weights/r18_faces.pth: all 120 keys of ResNet matched',
    'fan_r18_afew.py': 'work_dirs/r18_ferplus/epoch_1.pth: all 120 keys of ResNet matched',
    'vgg16_ferplus.py': 'weights/vgg_face.pth: all 26 keys of VGG matched',
    'fan_vgg16-frozen_ckplus.py': 'work_dirs/vgg16_ferplus/epoch_1.pth: all 26 keys of VGG matched',
    'vgg16_sa2_tp_afew.py': 'weights/vgg_face.pth: all 26 keys of VGG matched',
    'r18_sa-ca-fa_ckplus.py': 'weights/r18_lfw.pth: all 120 keys of a plain ResNet-18 matched; ',
    'r101-cbam_affectnet.py':
        'weights/r101.pth: all 624 keys of a plain ResNet-101 matched; 330 of the attention',
    'r101-cbam_rafdb.py':
        'Load checkpoint from work_dirs/r101-cbam_affectnet/epoch_1.pth',
    'r101_cbam_blstm_affwild2.py':
        'work_dirs/r101-cbam_rafdb/epoch_1.pth: all 954 keys of AttentionResNet matched',
}


def commands() -> list[str]:
    """Every command in the page's shell blocks, in order, continuation lines joined."""
    blocks = re.findall(r'```shell\n(.*?)```', (ROOT / 'docs/pretraining.md').read_text(),
                        re.DOTALL)
    return [line.strip() for line in '\n'.join(blocks).replace('\\\n', ' ').splitlines()
            if line.strip()]


def write_image(path: Path, label: int, size_px: int = 48) -> None:
    """A grey image, as FER+ has them, whose brightness tells its label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(label)
    image = rng.integers(0, 60, (size_px, size_px), dtype=np.uint8) + np.uint8(20 * label)
    assert cv2.imwrite(str(path), image)


def write_corpus(folder: Path, classes: tuple[str, ...], rows: list[dict], protocol: str,
                 split: str) -> None:
    """Annotation and protocol file; of four clips three train, the rest is tested."""
    write_annotations(folder / 'annotations.json', make_metainfo('tiny', classes, rows), rows)
    clips = sorted(row['clip'] for row in rows)
    parts = Split(split, train=tuple(c for i, c in enumerate(clips) if i % 4 > 1),
                  selection=tuple(clips[1::4]), test=tuple(clips[::4]))
    write_protocol(folder / protocol, Protocol(
        'tiny', read_annotations(folder / 'annotations.json').hash, False, 0, (parts, )))


def write_stills(folder: Path, classes: tuple[str, ...]) -> None:
    """Four images of each class; every other is disputed by a neighbour class."""
    rows = []
    for number in range(4):
        for label in range(len(classes)):
            name = f'images/{number}_{label}.png'
            write_image(folder / name, label)
            shares = np.zeros(len(classes))
            shares[label] += 0.7 if number % 2 else 1.0
            shares[(label + 1) % len(classes)] += 0.3 if number % 2 else 0.0
            rows.append(dict(clip=f'{label}_{number}', frames=name, num_frames=1, label=label,
                             label_distribution=shares.tolist()))
    write_corpus(folder, classes, rows, 'protocol_published.json', 'published')


def write_videos(folder: Path, root: Path, classes: tuple[str, ...], of_frames: bool) -> None:
    """Eight videos of 9 frames in one split, as AFEW and Aff-Wild2 have it."""
    root.mkdir(parents=True, exist_ok=True)
    rows = []
    for video in range(8):
        label = video % len(classes)
        for number in range(1, 10):
            write_image(root / f'v{video}' / f'{number:06d}.jpg', label)
        given = (dict(frame_labels=[label, -1, *[(label + 1) % len(classes)] * 7]) if of_frames
                 else dict(label=label))
        rows.append(dict(clip=f'v{video}', frames=f'v{video}', num_frames=9, **given))
    write_corpus(folder, classes, rows, 'protocol_split.json', 'split1')


def write_weights(folder: Path) -> None:
    """Files as released: torchvision's names, with a classifier and, by the authors, a prefix."""
    torch.manual_seed(0)
    r18 = torchvision.models.resnet18(num_classes=8).state_dict()
    torch.save(dict(epoch=1, state_dict={f'module.{k}': v for k, v in r18.items()}),
               folder / 'Resnet18_MS1M.pth.tar')
    torch.save(r18, folder / 'r18_lfw.pth')
    torch.save(torchvision.models.resnet101(num_classes=8).state_dict(), folder / 'resnet101.pth')
    features = torchvision.models.vgg16(num_classes=8).features
    torch.save({f'features.{k}': v for k, v in features.state_dict().items()}
               | {f'classifier.6.{k}': torch.zeros(8) for k in ('weight', 'bias')},
               folder / 'vgg_face_dag.pth')


def smaller(words: list[str]) -> list[str]:
    """The same command for one epoch, or two iterations, on frames of 32 pixels."""
    words = [re.sub(r'epoch_\d+', 'epoch_1', word) for word in words]
    if not words[0].endswith(('train.py', 'cross_validate.py')):
        return words
    config = load_config(ROOT / words[1])
    # a small rate: from random weights some papers' rates diverge within these few steps; and no
    # batch of a single image, whose last maps have one value per channel at this size
    small = ['total_batch_size=8', 'optim_wrapper.optimizer.lr=1e-4',
             'default_hooks.checkpoint.save_optimizer=False']
    small += (['train_cfg.max_iters=2', 'default_hooks.checkpoint.interval=2']
              if 'max_iters' in config.train_cfg else ['train_cfg.max_epochs=1'])
    for part in ('train', 'val', 'test'):
        if config.get(f'{part}_dataloader'):
            small += [f'{part}_dataloader.num_workers=0',
                      f'{part}_dataloader.persistent_workers=False']
            for i, step in enumerate(config[f'{part}_dataloader'].dataset.pipeline):
                key = f'{part}_dataloader.dataset.pipeline.{i}'
                small += {'LoadFrames': [f'{key}.size=({SIZE_PX},{SIZE_PX})'],
                          'RandomCrop': [f'{key}.size={SIZE_PX}'],
                          'CenterCrop': [f'{key}.crop_size={SIZE_PX}']}.get(step.type, [])
    splits = ['--splits', 'fold1'] if words[0].endswith('cross_validate.py') else []
    return [*words[:2], *splits, *words[2:], *small]


@pytest.fixture
def workplace(tiny_ckplus, tmp_path) -> Path:
    """A folder with the corpora, as they are given out, and the released files."""
    for name in ('tools', 'configs'):
        (tmp_path / name).symlink_to(ROOT / name)
    data = tmp_path / 'data'
    for corpus, folder, images in (('ferplus', 'FERPlus', 40), ('rafdb', 'RAF-DB', 35),
                                   ('affectnet', 'AffectNet', 40)):
        assert synthetic.main([corpus, '--clips', str(images), '--size', str(SIZE_PX), '--workers',
                               '1', '--out', str(data / corpus / folder)]) == 0
    write_videos(data / 'afew', data / 'afew/AFEW', SEVEN, of_frames=False)
    write_videos(data / 'affwild2', data / 'affwild2/Aff-Wild2', ABAW, of_frames=True)
    (data / 'ckplus').mkdir()
    for entry in tiny_ckplus.iterdir():
        (data / 'ckplus' / entry.name).symlink_to(entry)
    write_weights(tmp_path)
    return tmp_path


def test_every_command_names_files_that_exist():
    ran = []
    for line in commands():
        words = shlex.split(line)
        assert words[0] == 'python' and (ROOT / words[1]).is_file(), line
        if words[1] not in ('tools/convert_weights.py', 'tools/prepare.py'):
            assert (ROOT / words[2]).is_file(), line
        if words[1] == 'tools/train.py':
            ran.append(Path(words[2]).name)
    assert sorted(ran) == sorted(TAKEN)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_papers_pipelines(workplace):
    for line in commands():
        words = smaller(shlex.split(line)[1:])
        done = subprocess.run(
            [sys.executable, *words], cwd=workplace, capture_output=True, text=True, timeout=600,
            check=False, env={**os.environ, 'PYTHONPATH': str(ROOT)})
        assert done.returncode == 0, f'{line}\n{done.stdout[-2000:]}{done.stderr[-4000:]}'
        if words[0] == 'tools/train.py':
            assert TAKEN[Path(words[1]).name] in done.stdout, done.stdout[-4000:]
        if '--dump' in words:
            predictions = read_predictions(workplace / words[words.index('--dump') + 1])
            assert predictions.metadata['config_name'] == Path(words[1]).stem
    work = workplace / 'work_dirs'
    assert read_predictions(work / 'r18_ferplus/predictions.parquet').metadata['classes'] == list(
        EIGHT)
    # the second corpus went on with the classifier of the first
    first, second = (torch.load(work / f'r101-cbam_{name}/epoch_1.pth', weights_only=True)
                     for name in ('affectnet', 'rafdb'))
    assert first['meta']['dataset_meta']['classes'] == second['meta']['dataset_meta']['classes']
    assert first['meta']['dataset_meta']['classes'] == SEVEN


@pytest.fixture
def quick(monkeypatch):
    """To write down the machine and to lay out the config take longer than the training."""
    monkeypatch.setattr('mmengine.runner.runner.collect_env', dict)
    monkeypatch.setattr(Config, 'pretty_text', '')


def tiny_options(folder: Path, protocol: str) -> list[str]:
    settings = [f'annotation.file={folder / "annotations.json"}', f'annotation.root={folder}',
                f'protocol.file={folder / protocol}', 'total_batch_size=8',
                'model.backbone.base_channels=4', 'model.backbone.stem_channels=4',
                'train_cfg.max_epochs=1', 'optim_wrapper.optimizer.lr=0.01']
    for part in ('train', 'test'):
        settings += [f'{part}_dataloader.{key}' for key in (
            'num_workers=0', 'persistent_workers=False',
            f'dataset.pipeline.1.size=({SIZE_PX},{SIZE_PX})')]
    return settings


def test_stills_with_votes_hand_their_trunk_to_videos(tmp_path, capsys, quick):
    write_stills(tmp_path / 'ferplus', EIGHT)
    write_videos(tmp_path / 'afew', tmp_path / 'afew', SEVEN, of_frames=False)
    stills = str(ROOT / 'configs/pretrain/r18_ferplus.py')
    options = tiny_options(tmp_path / 'ferplus', 'protocol_published.json')
    assert train.main([stills, '--work-dir', str(tmp_path / 'stills'), '--cfg-options',
                       *options]) == 0
    trunk = tmp_path / 'stills/epoch_1.pth'
    assert test.main([stills, str(trunk), '--cfg-options', *options]) == 0
    assert '8 test clips: WAR' in capsys.readouterr().out

    videos = str(ROOT / 'configs/fan/fan_r18_afew.py')
    options = [*tiny_options(tmp_path / 'afew', 'protocol_split.json'),
               f'model.backbone.init_cfg.checkpoint={trunk}', 'optim_wrapper.optimizer.lr=0']
    assert train.main([videos, '--work-dir', str(tmp_path / 'videos'), '--dump',
                       str(tmp_path / 'predictions.parquet'), '--cfg-options', *options]) == 0
    assert f'{trunk}: all 120 keys of ResNet matched' in capsys.readouterr().out
    before, after = (torch.load(path, weights_only=True)['state_dict']
                     for path in (trunk, tmp_path / 'videos/epoch_1.pth'))
    learned = [key for key in before if key.startswith('backbone.')
               and key.endswith(('weight', 'bias'))]
    assert len(learned) == 60
    assert all(torch.equal(before[key], after[key]) for key in learned)  # at a rate of 0
    assert len(read_predictions(tmp_path / 'predictions.parquet').rows) == 2


def test_a_trunk_that_fits_in_part_is_refused(tmp_path, capsys, quick):
    write_videos(tmp_path / 'afew', tmp_path / 'afew', SEVEN, of_frames=False)
    model = MODELS.build(load_config(ROOT / 'configs/pretrain/r18_ferplus.py', {
        'model.backbone.base_channels': 4, 'model.backbone.stem_channels': 4}).model)
    state = model.state_dict()
    del state['backbone.layer4.1.bn2.weight']
    torch.save(dict(state_dict=state), tmp_path / 'trunk.pth')
    code = train.main([str(ROOT / 'configs/fan/fan_r18_afew.py'), '--work-dir',
                       str(tmp_path / 'videos'), '--cfg-options',
                       *tiny_options(tmp_path / 'afew', 'protocol_split.json'),
                       f'model.backbone.init_cfg.checkpoint={tmp_path / "trunk.pth"}'])
    assert code == 1
    assert '119 keys match, 1 missing (layer4.1.bn2.weight)' in capsys.readouterr().err
