"""Runs configs for one training step and one test step each on tiny corpora, in one process.

Importing takes seconds, so a process, or a group of processes, imports once and goes through
all configs. Run by ``test_one_step.py``, or by hand::

    python tests/one_step.py FOLDER CORPUS [CONFIG ...]

FOLDER takes what the runs leave; CORPUS is a folder with a prepared synthetic CK+ (CK+/ and
annotations.json). In a group each process has RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in
its environment. The first process prints a line of JSON for each config: ``config``, ``loss``,
``scores``, ``idle`` (parameters without a gradient), ``spread`` (by how much the sums over all
parameters differ between the processes) and ``seconds``, or ``error`` instead.
"""
from __future__ import annotations

import json
import math
import os
import shutil
import sys
import time
import traceback
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import mmfer  # noqa: E402, F401  (mends the host packages, so it comes before them)

# isort: split
import mmpretrain.models  # noqa: E402, F401
import torch  # noqa: E402
from mmengine import Config  # noqa: E402
from mmengine.dist import all_gather  # noqa: E402
from mmengine.hooks import Hook  # noqa: E402
from mmengine.runner import Runner  # noqa: E402

import mmfer.datasets  # noqa: E402, F401
import mmfer.engine  # noqa: E402, F401
import mmfer.evaluation  # noqa: E402, F401
import mmfer.models  # noqa: E402, F401
from mmfer.annotations import (  # noqa: E402
    make_metainfo,
    read_annotations,
    write_annotations,
)
from mmfer.configuration import load_config  # noqa: E402
from mmfer.protocols import Protocol, Split, write_protocol  # noqa: E402

SIZE_PX = 32
VIDEOS = 2  # of each process; 1 where frames are larger
# trunks that take one frame size only
SIZES_PX = {'C3D': 112}
TRAINED = 6  # clips of a corpus's training and selection part


class Watch(Hook):
    """Notes which parameters receive a gradient."""

    def before_train(self, runner: Runner) -> None:
        self.idle = {name for name, p in runner.model.named_parameters() if p.requires_grad}
        for name, parameter in runner.model.named_parameters():
            if parameter.requires_grad:
                parameter.register_hook(lambda grad, name=name: self.idle.discard(name))


def write_corpus(folder: Path, source: Path, num_classes: int, of_frames: bool = False,
                 number: int = 0) -> Path:
    """Annotation and protocol file of eight clips of ``source`` with so many classes.

    Corpora of other numbers have other clips.
    """
    folder = folder / f'{num_classes}{"_frames" if of_frames else ""}_{number}'
    if (folder / 'protocol.json').exists():
        return folder
    folder.mkdir(parents=True)
    rows = []
    found = read_annotations(source / 'annotations.json').labelled[8 * number:8 * number + 8]
    for i, row in enumerate(found):
        kept = {key: row[key] for key in ('clip', 'frames', 'num_frames', 'filename_tmpl',
                                          'start_index', 'subject', 'apex') if key in row}
        votes = [0.7 * (c == i % num_classes) + 0.3 * (c == 0) for c in range(num_classes)]
        label = dict(label=i % num_classes, label_distribution=votes)
        if of_frames:
            label = dict(frame_labels=[-1, *((i + frame) % num_classes for frame in
                                             range(1, row['num_frames']))])
        rows.append({**kept, **label})
    classes = [f'class{label}' for label in range(num_classes)]
    write_annotations(folder / 'annotations.json', make_metainfo('tiny', classes, rows), rows)
    clips = sorted(row['clip'] for row in rows)
    split = Split('tiny', train=tuple(clips[:4]), selection=tuple(clips[4:6]),
                  test=tuple(clips[6:]))
    write_protocol(folder / 'protocol.json', Protocol(
        'tiny', read_annotations(folder / 'annotations.json').hash, False, 0, (split, )))
    return folder


def shrink(pipeline: list[dict], size: int) -> None:
    """Lets a pipeline give square frames of ``size`` pixels."""
    for step in pipeline:
        if step['type'] == 'LoadFrames':
            step['size'] = (size, size)
        for name in ('scale', 'size', 'crop_size', 'input_size'):
            if name in step and step['type'] != 'LoadFrames':
                step[name] = size if isinstance(step[name], int) else (size, size)


def exchanged(corpus: Path, source: Path, prefix: str = '') -> dict[str, object]:
    """The settings by which a config reads a corpus of :func:`write_corpus`."""
    return {f'{prefix}annotation.file': str(corpus / 'annotations.json'),
            f'{prefix}annotation.root': str(source / 'CK+'),
            f'{prefix}protocol.file': str(corpus / 'protocol.json')}


def tiny(path: Path, folder: Path, source: Path, world_size: int) -> Config:
    """A config, its corpus exchanged, for one training step and one test step."""
    plain = load_config(path)
    size = SIZES_PX.get(plain.model.backbone.type, SIZE_PX)
    videos = world_size * (VIDEOS if size == SIZE_PX else 1)
    num_classes, several = plain.model.cls_head.num_classes, plain.get('corpora')
    options: dict[str, object] = {'protocol.split': 'tiny'}
    if several:
        videos = TRAINED * len(several)
        for number, name in enumerate(several):
            corpus = write_corpus(folder / 'corpora', source, num_classes, number=number)
            options.update(exchanged(corpus, source, f'corpora.{name}.'))
    else:
        of_frames = 'affwild2' in plain.annotation.file
        options.update(exchanged(
            write_corpus(folder / 'corpora', source, num_classes, of_frames), source))
    cfg = load_config(path, {**options, 'total_batch_size': videos}, world_size)
    if 'img_size' in cfg.model.backbone:
        cfg.model.backbone.img_size = size
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader = cfg.get(name)
        if loader is None:
            continue
        loader.update(num_workers=0, persistent_workers=False)
        if not several:
            loader.dataset.update(indices=videos)
        if name != 'train_dataloader':
            loader.batch_size = videos // world_size
        shrink(loader.dataset.pipeline, size)
        if size > SIZE_PX and loader.dataset.pipeline[0]['type'] == 'ClipSample':
            loader.dataset.pipeline[0]['num_clips'] = 2
    key = 'max_iters' if 'max_iters' in cfg.train_cfg else 'max_epochs'
    cfg.train_cfg[key] = 1
    cfg.load_from, cfg.work_dir = None, str(folder / path.stem)
    without_weights(cfg.model)
    cfg.default_hooks.checkpoint = None  # large trunks take longer to write than to train
    cfg.log_level, cfg.experiment_name = 'ERROR', f'{path.stem}_{folder.name}'
    cfg.visualizer.vis_backends = []
    cfg.launcher = 'pytorch' if world_size > 1 else 'none'
    cfg.env_cfg.dist_cfg.backend = 'gloo'
    return cfg


def without_weights(node: object) -> None:
    """Takes out weights that would have to be there."""
    if isinstance(node, dict):
        if (node.get('init_cfg') or {}).get('type') == 'Pretrained':
            del node['init_cfg']
        for value in node.values():
            without_weights(value)


def spread(model: torch.nn.Module) -> float:
    """By how much the sums over all parameters differ between the processes."""
    flat = torch.cat([p.detach().flatten() for p in model.parameters()])
    parts = all_gather(torch.stack([flat.sum(), flat.abs().sum()]).double())
    return max(float((part - parts[0]).abs().max()) for part in parts)


def one_step(path: Path, folder: Path, source: Path, world_size: int) -> dict:
    """Trains a step, tests a step; what the module's text says of them."""
    begin = time.monotonic()
    runner = Runner.from_cfg(tiny(path, folder, source, world_size))
    watch = Watch()
    runner.register_hook(watch)
    runner.train()
    assert runner.iter == 1, runner.iter
    loss = runner.message_hub.get_scalar('train/loss').current()
    scores = runner.test()
    result = dict(config=path.stem, loss=float(loss), idle=sorted(watch.idle),
                  spread=spread(runner.model),
                  scores={name: float(value) for name, value in scores.items()},
                  seconds=round(time.monotonic() - begin, 2))
    shutil.rmtree(folder / path.stem, ignore_errors=True)
    return result


def main(folder: Path, source: Path, configs: list[Path]) -> None:
    """Goes through the configs; in a group an error ends the process, for the others wait."""
    world_size, rank = (int(os.environ.get(name, default)) for name, default in
                        (('WORLD_SIZE', 1), ('RANK', 0)))
    torch.set_num_threads(1)
    # to write down the machine and to lay out the config take longer than the step
    with mock.patch('mmengine.runner.runner.collect_env', dict), \
            mock.patch.object(Config, 'pretty_text', ''):
        for path in configs:
            try:
                result = one_step(path, folder / f'rank{rank}', source, world_size)
                assert math.isfinite(result['loss'])
            except Exception:
                result = dict(config=path.stem, error=traceback.format_exc())
            if rank == 0 or 'error' in result:
                print(json.dumps(result), flush=True)
            if world_size > 1 and 'error' in result:
                os._exit(1)


if __name__ == '__main__':
    names = [Path(name).resolve() for name in sys.argv[3:]] or sorted(
        path for path in ROOT.glob('configs/**/*.py') if '_base_' not in path.parts)
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve(), names)
