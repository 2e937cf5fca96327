"""Clips of crops as PNG, and checkpoints of small models with fixed weights."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope

import mmfer.models  # noqa: F401
from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.configuration import load_config
from mmfer.protocols import Protocol, Split, write_protocol
from mmfer.registry import MODELS
from mmfer.testing import fill_parameters

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
LENGTHS = {'a': 5, 'b': 21, 'c': 9, 'd': 17, 'e': 1}
"""Frames of the clips; each also lacks frame 2, where it has one."""
NARROW = {'model.backbone.base_channels': 4, 'model.backbone.stem_channels': 4}
SMALL = {
    'test_dataloader.dataset.pipeline.1.size': (32, 32), 'test_dataloader.num_workers': 0,
    'test_dataloader.persistent_workers': False, 'test_dataloader.batch_size': 2,
}


def crops_of(name: str) -> dict[int, np.ndarray]:
    """The crops (24, 28, 3) of a clip by frame number."""
    rng = np.random.default_rng(ord(name))
    length = LENGTHS.get(name, 3)
    numbers = [n for n in range(1, length + 2) if n != 2] if length > 1 else [1]
    base = rng.integers(0, 256, (24, 28, 3))
    return {n: (0.7 * base + 0.3 * rng.integers(0, 256, base.shape)).astype(np.uint8)
            for n in numbers}


@pytest.fixture(scope='session')
def crops(tmp_path_factory) -> Path:
    """Folder with crops/<clip>/000001.png, clips.json and frames.json (labels of either)."""
    root = tmp_path_factory.mktemp('crops')
    rows = []
    for place, name in enumerate([*LENGTHS, 'z']):  # the last one to train on
        folder = root / 'crops' / name
        folder.mkdir(parents=True)
        images = crops_of(name)
        for number, image in images.items():
            assert cv2.imwrite(str(folder / f'{number:06d}.png'), image[..., ::-1])
        row = dict(clip=name, frames=name, num_frames=len(images), filename_tmpl='{:06d}.png',
                   subject=f'S{place}')
        if len(images) > 1:
            row['frame_numbers'] = list(images)
        rows.append(row)
    for kind in ('clips', 'frames'):
        labelled = [dict(row, **labels_of(kind, place, max(crops_of(row['clip']))))
                    for place, row in enumerate(rows)]
        file = root / f'{kind}.json'
        write_annotations(file, make_metainfo('tiny', CLASSES, labelled), labelled)
        split = Split('split1', train=('z', ), selection=(), test=tuple(LENGTHS))
        write_protocol(root / f'{kind}_protocol.json', Protocol(
            'tiny', read_annotations(file).hash, True, 0, (split, )))
    return root


def labels_of(kind: str, place: int, last: int) -> dict:
    """Labels of a clip or of its frames; no number of a test here depends on them."""
    if kind == 'clips':
        return dict(label=place % len(CLASSES))
    return dict(frame_labels=[(place + number) % len(CLASSES) for number in range(last)])


@pytest.fixture(scope='session')
def small(crops, tmp_path_factory):
    """Settings and the checkpoint of a small model of a config, its weights fixed."""
    made: dict = {}

    def small(config: str, kind: str = 'clips', narrow: bool = True, **further) -> tuple[dict, str]:
        """Settings for ``cfg_options``, and the path of the checkpoint."""
        settings = {**SMALL, **(NARROW if narrow else {}),
                    'annotation.file': str(crops / f'{kind}.json'),
                    'annotation.root': str(crops / 'crops'),
                    'protocol.file': str(crops / f'{kind}_protocol.json'),
                    'protocol.split': 'split1', **further}
        key = (str(config), kind, repr(further))
        if key not in made:
            path = tmp_path_factory.mktemp('small') / 'model.pth'
            cfg = load_config(ROOT / config, settings)
            init_default_scope('mmfer')  # for parts of MMAction2's own recognizers
            model = fill_parameters(MODELS.build(cfg.model))
            torch.save(dict(state_dict=model.state_dict(),
                            meta=dict(dataset_meta=dict(classes=list(CLASSES)))), path)
            made[key] = str(path)
        return settings, made[key]

    return small
