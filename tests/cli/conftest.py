"""A corpus of a few tiny clips, and the options that make a run on it take seconds."""
from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import mmfer.models  # noqa: F401
from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli.common import add_cfg_options
from mmfer.cli.train import main as run_train
from mmfer.configuration import load_config
from mmfer.protocols import step_kfold, write_protocol
from mmfer.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
FAN, JOINT = 'configs/fan/fan_r18_ckplus.py', 'configs/fan/fan_r18_ckplus-mmi.py'
SUBJECTS, CLIPS_PER_SUBJECT, FOLDS = 10, 3, 5


@pytest.fixture(scope='session')
def corpus(tmp_path_factory):
    """Folder with annotations.json, protocol.json and frames/; the label shows as a colour."""
    root = tmp_path_factory.mktemp('corpus')
    rng = np.random.default_rng(0)
    rows = []
    for subject in range(SUBJECTS):
        for number in range(CLIPS_PER_SUBJECT):
            label = (subject * CLIPS_PER_SUBJECT + number) % len(CLASSES)
            clip = f'S{subject:03d}_{number}'
            folder = root / 'frames' / clip
            folder.mkdir(parents=True)
            frames = 4 + (subject + number) % 4
            for frame in range(1, frames + 1):
                image = rng.integers(0, 64, (24, 24, 3), dtype=np.uint8)
                image[..., label % 3] += np.uint8(20 * label)
                assert cv2.imwrite(str(folder / f'{frame:06d}.jpg'), image)
            rows.append(dict(clip=clip, frames=clip, num_frames=frames, label=label,
                             subject=f'S{subject:03d}', apex=[frames - 1, frames]))
    write_annotations(root / 'annotations.json', make_metainfo('tiny', CLASSES, rows), rows)
    annotations = read_annotations(root / 'annotations.json')
    write_protocol(root / 'protocol.json', step_kfold(annotations, folds=FOLDS))
    return root


@pytest.fixture(scope='session')
def options(corpus):
    """``--cfg-options`` of a tiny run."""
    return [
        f'annotation.file={corpus / "annotations.json"}', f'annotation.root={corpus / "frames"}',
        f'protocol.file={corpus / "protocol.json"}', 'total_batch_size=8',
        'model.backbone.base_channels=4', 'model.backbone.stem_channels=4',
        'train_dataloader.dataset.pipeline.1.size=(32,32)',
        'test_dataloader.dataset.pipeline.1.size=(32,32)',
        'val_dataloader.dataset.pipeline.1.size=(32,32)',
        'train_dataloader.num_workers=0', 'train_dataloader.persistent_workers=False',
        'test_dataloader.num_workers=0', 'test_dataloader.persistent_workers=False',
        'val_dataloader.num_workers=0', 'val_dataloader.persistent_workers=False',
        'train_cfg.max_epochs=2', 'optim_wrapper.optimizer.lr=0.01',
    ]


@pytest.fixture(scope='session')
def run():
    """Runs a command of the project in a process of its own; returns the finished process."""

    def run(*words, code=0, **environment):
        command = [str(word) for word in words]
        if command[0].endswith('.py'):
            command.insert(0, sys.executable)
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False,
            env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHON': sys.executable, **environment})
        assert done.returncode == code, done.stdout[-3000:] + done.stderr[-5000:]
        return done

    return run


@pytest.fixture(scope='session')
def trained(run, options, tmp_path_factory):
    """Working directory of a finished run with predictions, and what it printed."""
    work = tmp_path_factory.mktemp('trained')
    done = run('tools/train.py', FAN, '--work-dir', work, '--seed', 3, '--dump',
               work / 'predictions.parquet', '--cfg-options', *options)
    return work, done.stdout


@pytest.fixture(scope='session')
def trained_on_two(run, options, tmp_path_factory):
    """Working directory of two processes with TensorBoard, EMA, accumulation and clipping."""
    work = tmp_path_factory.mktemp('features')
    run('tools/dist_train.sh', FAN, 2, '--work-dir', work, '--cfg-options', *options,
        'visualizer.vis_backends.0.type=TensorboardVisBackend',
        'default_hooks.ema.type=EMAHook', 'default_hooks.ema.momentum=0.1',
        'optim_wrapper.accumulative_counts=2', 'optim_wrapper.clip_grad.max_norm=1.0',
        'default_hooks.logger.interval=1')
    return work


@pytest.fixture(scope='session')
def untrained(corpus, tmp_path_factory):
    """Arguments that name a config, a checkpoint of its first weights and the tiny corpus."""

    def untrained(config, *further):
        options = [
            f'annotation.file={corpus / "annotations.json"}',
            f'annotation.root={corpus / "frames"}', f'protocol.file={corpus / "protocol.json"}',
            'model.backbone.base_channels=4', 'model.backbone.stem_channels=4',
            'test_dataloader.dataset.pipeline.1.size=(64,64)', *further]
        parser = argparse.ArgumentParser()
        add_cfg_options(parser)
        cfg = load_config(ROOT / config, parser.parse_args(['--cfg-options',
                                                            *options]).cfg_options)
        torch.manual_seed(0)
        checkpoint = tmp_path_factory.mktemp('untrained') / 'model.pth'
        model = MODELS.build(cfg.model)
        torch.save(dict(state_dict=model.state_dict(), meta={}), checkpoint)
        return [str(ROOT / config), str(checkpoint), '--device', 'cpu', '--cfg-options', *options]

    return untrained


def write_corpus(root: Path, name: str, classes: list[str], seed: int = 0,
                 subjects: int = SUBJECTS) -> Path:
    """A further corpus in ``root``, as :func:`corpus` lays it out.

    What an expression looks like depends on its name alone, not on its number in ``classes``:
    labels that were joined by number are wrong.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for subject in range(subjects):
        for number in range(CLIPS_PER_SUBJECT):
            label = (subject * CLIPS_PER_SUBJECT + number) % len(classes)
            place = sorted([*CLASSES, 'neutral']).index(classes[label])
            clip = f'S{subject:03d}_{number}'
            folder = root / 'frames' / clip
            folder.mkdir(parents=True)
            for frame in range(1, 4):
                image = rng.integers(0, 32, (24, 24, 3), dtype=np.uint8)
                image[6 * (place % 4):6 * (place % 4) + 6, 12 * (place // 4):, :] += 200
                assert cv2.imwrite(str(folder / f'{frame:06d}.png'), image)
            rows.append(dict(clip=clip, frames=clip, num_frames=3, label=label,
                             filename_tmpl='{:06d}.png', subject=f'S{subject:03d}'))
    write_annotations(root / 'annotations.json', make_metainfo(name, classes, rows), rows)
    annotations = read_annotations(root / 'annotations.json')
    write_protocol(root / 'protocol.json', step_kfold(annotations, folds=FOLDS))
    return root


@pytest.fixture(scope='session')
def two_corpora(tmp_path_factory):
    """Folders of 'one' and 'two', whose classes differ in number, order and one on each side."""
    root = tmp_path_factory.mktemp('two_corpora')
    return (write_corpus(root / 'one', 'one', ['anger', 'contempt', 'happiness', 'surprise']),
            write_corpus(root / 'two', 'two', ['surprise', 'neutral', 'happiness', 'anger'], 1))


@pytest.fixture(scope='session')
def small(options):
    """Options of a tiny run that say nothing of a corpus."""
    return [option for option in options if not option.startswith(('annotation', 'protocol'))]


def of_one(folder, small, classes=4, split='fold1'):
    return [*small, f'annotation.file={folder / "annotations.json"}',
            f'annotation.root={folder / "frames"}', f'protocol.file={folder / "protocol.json"}',
            f'protocol.split={split}', f'model.cls_head.num_classes={classes}']


@pytest.fixture(scope='session')
def joint_options(two_corpora, small):
    named = zip(('ckplus', 'mmi'), two_corpora, strict=True)
    return [*small, 'model.cls_head.num_classes=3', *(
        f'corpora.{name}.{key}={folder / file}' for name, folder in named
        for key, file in (('annotation.file', 'annotations.json'), ('annotation.root', 'frames'),
                          ('protocol.file', 'protocol.json')))]


@pytest.fixture(scope='session')
def joint(run, joint_options, tmp_path_factory):
    """A finished run on both corpora, selected by one of them, and what it printed."""
    work = tmp_path_factory.mktemp('joint')
    done = run('tools/train.py', JOINT, '--work-dir', work, '--seed', 1, '--dump',
               work / 'predictions.parquet', '--cfg-options', *joint_options,
               'protocol.selection=inner', 'protocol.score=mmi/UAR')
    return work, done.stdout


@pytest.fixture(scope='session')
def one(two_corpora, small, tmp_path_factory):
    """A checkpoint that was trained on the first corpus until it knows its classes."""
    work = tmp_path_factory.mktemp('one')
    assert run_train([
        FAN, '--work-dir', str(work), '--cfg-options', *of_one(two_corpora[0], small),
        'train_cfg.max_epochs=20', 'default_hooks.checkpoint.interval=20']) == 0
    return work / 'epoch_20.pth'
