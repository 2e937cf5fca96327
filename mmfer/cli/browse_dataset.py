"""Writes contact sheets of what a model gets: the frames after sampling and augmentation.

One PNG per batch of clips: a row per clip, its sampled frames from left to right, with clip
id, class and frame numbers. Needs no display.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from mmaction.structures import ActionDataSample
from mmengine import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from mmfer.cli.common import add_config_arguments, reports_errors
from mmfer.configuration import load_config
from mmfer.errors import ConfigError
from mmfer.fileio import atomic_write
from mmfer.structures import frame_numbers

LOADERS = {'train': 'train_dataloader', 'validation': 'val_dataloader',
           'test': 'test_dataloader'}
HEADING_PX = 18


def contact_sheet(rows: Sequence[tuple[str, np.ndarray]], width_px: int = 96,
                  columns: int = 12) -> np.ndarray:
    """Rows of frames under headings, (H, W, 3) uint8 RGB.

    Args:
        rows: Heading and frames (T, h, w, 3) uint8 of each clip; of more than ``columns``
            frames, evenly spread ones are shown.
        width_px: Width of a frame in the sheet.
        columns: Most frames in a row.
    """
    parts = []
    for heading, frames in rows:
        picked = frames
        if len(frames) > columns:
            picked = frames[np.linspace(0, len(frames) - 1, columns).round().astype(int)]
        height_px = max(1, round(width_px * frames.shape[1] / frames.shape[2]))
        strip = np.full((HEADING_PX + height_px, columns * width_px, 3), 255, np.uint8)
        for i, frame in enumerate(picked):
            strip[HEADING_PX:, i * width_px:(i + 1) * width_px] = cv2.resize(
                frame, (width_px, height_px), interpolation=cv2.INTER_AREA)
        cv2.putText(strip, heading, (2, HEADING_PX - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.4,
                    (0, 0, 0), 1, cv2.LINE_AA)
        parts.append(strip)
    return np.concatenate(parts)


def load_samples(cfg: Config, part: str, epoch: int) -> tuple[Any, Any]:
    """Dataset of a part, and its sampler set to an epoch."""
    loader_cfg = cfg.get(LOADERS[part])
    if not loader_cfg:
        raise ConfigError(f'the config has no {part} part: protocol.selection='
                          f"'{cfg.protocol.selection}'.")
    init_default_scope(cfg.get('default_scope', 'mmfer'))
    loader_cfg = dict(loader_cfg, num_workers=0, persistent_workers=False)
    loader = Runner.build_dataloader(loader_cfg, seed=cfg.randomness.seed)
    if hasattr(loader.sampler, 'set_epoch'):
        loader.sampler.set_epoch(epoch)
    return loader.dataset, loader.sampler


def label_of(data: ActionDataSample, classes: Sequence[str]) -> str:
    """The class of a clip, or those of its sampled frames as they come; ``?`` without any."""
    labels = data.get('gt_frame_labels', data.get('gt_label', ()))
    names = [classes[label] for label in dict.fromkeys(np.ravel(labels).tolist())
             if 0 <= label < len(classes)]
    return ', '.join(names) or '?'


def row_of(sample: dict[str, Any], classes: Sequence[str]) -> tuple[str, np.ndarray]:
    """Heading and frames (T, h, w, 3) of a packed sample."""
    data = sample['data_samples']
    frames = np.asarray(sample['inputs']).transpose(0, 2, 3, 1)
    gather = data.metainfo.get('frame_gather')
    if gather is not None:
        frames = frames[np.asarray(gather)]
    numbers = ' '.join(map(str, frame_numbers(data)[:12]))
    heading = f'{data.metainfo.get("clip", "?")}: {label_of(data, classes)}; frames {numbers}'
    return heading.encode('ascii', 'replace').decode(), np.ascontiguousarray(frames)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/browse_dataset.py``."""
    parser = argparse.ArgumentParser(prog='browse_dataset', description=__doc__)
    add_config_arguments(parser)
    parser.add_argument('--out', required=True, help='folder of the sheets')
    parser.add_argument('--part', choices=list(LOADERS), default='train')
    parser.add_argument('--number', type=int, default=48, help='clips to show')
    parser.add_argument('--rows', type=int, default=12, help='clips on a sheet')
    parser.add_argument('--epoch', type=int, default=0, help='whose draws to show')
    args = parser.parse_args(argv)
    if args.number < 1 or args.rows < 1:
        raise ConfigError('--number and --rows are at least 1.')
    cfg = load_config(args.config, args.cfg_options)
    dataset, sampler = load_samples(cfg, args.part, args.epoch)
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes', ())
    rows: list[tuple[str, np.ndarray]] = []
    for index, _ in zip(sampler, range(args.number)):
        rows.append(row_of(dataset[index], classes))
    for start in range(0, len(rows), args.rows):
        path = Path(args.out) / f'{args.part}_epoch{args.epoch}_{start // args.rows:03d}.png'
        sheet = contact_sheet(rows[start:start + args.rows])
        encoded = cv2.imencode('.png', sheet[..., ::-1])[1]
        with atomic_write(path) as temporary:
            temporary.write_bytes(encoded.tobytes())
        print(path)
    return 0


if __name__ == '__main__':
    sys.exit(main())
