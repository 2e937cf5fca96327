"""Prints parameters and multiply-accumulates (MACs) of a recognizer for one clip, by stage.

A clip of black frames goes through the config's pipeline, so what is counted is what the
config samples; weights and data are not needed.
"""
from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli.common import add_config_arguments, reports_errors
from mmfer.complexity import COUNTERS, Complexity, Stage, measure_complexity
from mmfer.configuration import load_config
from mmfer.configuration.corpora import joint_members, of_one_corpus
from mmfer.datasets.randomness import SampleIndex
from mmfer.errors import ConfigError
from mmfer.evaluation.report import table
from mmfer.registry import DATASETS, MODELS

DEFAULT_FRAMES = 16
_SIZE_PX = 64  # of the black frames, before the pipeline brings them to its own size


@dataclass(frozen=True)
class ClipCost:
    """What one clip costs.

    Attributes:
        complexity: Parameters and MACs.
        clip_frames: Frames that the clip has.
        sampled: Frames that the pipeline samples of it.
        encoded: Frames that the trunk encodes; fewer where one is sampled twice.
        size_px: Height and width of the frames.
    """

    complexity: Complexity
    clip_frames: int
    sampled: int
    encoded: int
    size_px: tuple[int, int]


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='complexity', description=__doc__)
    add_config_arguments(parser)
    parser.add_argument('--frames', type=int, metavar='N',
                        help="length of the clip; default: the median of the config's annotation "
                        f'file, or {DEFAULT_FRAMES} where there is none')
    parser.add_argument('--size', type=int, metavar='PX',
                        help="height and width of the frames; default: the pipeline's")
    parser.add_argument('--pipeline', choices=['test', 'train'], default='test',
                        help='which of the pipelines samples the clip (default test)')
    parser.add_argument('--count', choices=COUNTERS, default=COUNTERS[0],
                        help='products: convolutions and matrix products (default). ptflops: as '
                        'the package ptflops 0.6.7 counts, which papers use')
    parser.add_argument('--every-frame', action='store_true',
                        help='encode a frame as often as it is sampled, as papers count; mmfer '
                        'encodes it once')
    parser.add_argument('--markdown', action='store_true', help='print Markdown tables')
    return parser


def clip_length(cfg: Config) -> int:
    """Median number of frames of the config's clips; a default where they are not there."""
    files = [(cfg.get('annotation') or {}).get('file') or '']
    if cfg.get('corpora'):
        files = [member['ann_file'] for member in joint_members(cfg).values()]
    if not all(Path(file).is_file() for file in files):
        return DEFAULT_FRAMES
    return round(statistics.median(row['num_frames'] for file in files
                                   for row in read_annotations(file).rows))


def black_clip(dataset: dict[str, Any], frames: int) -> dict[str, Any]:
    """What a dataset makes of one clip of black frames, as the data loader would collate it.

    Args:
        dataset: Config of the dataset; where its clips are does not matter.
        frames: Frames of the clip, which may come as several samples, such as windows.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / 'black').mkdir()
        image = np.zeros((_SIZE_PX, _SIZE_PX, 3), np.uint8)
        for number in range(1, frames + 1):
            cv2.imwrite(str(root / 'black' / f'{number:06d}.png'), image)
        row = dict(clip='black', frames='black', filename_tmpl='{:06d}.png', num_frames=frames,
                   label=0)
        write_annotations(root / 'black.json', make_metainfo('black', ['any'], [row]), [row])
        built = DATASETS.build({
            **of_one_corpus(dataset), 'ann_file': str(root / 'black.json'), 'data_root': folder,
            'protocol_file': None, 'split': None, 'classes': None, 'indices': None})
        return pseudo_collate([built[SampleIndex(index, seed=0, epoch=0)]
                               for index in range(len(built))])


def one_clip_batch(cfg: Config, frames: int, pipeline: str = 'test', size_px: int | None = None,
                   every_frame: bool = False) -> dict[str, Any]:
    """A batch of one black clip; see :func:`clip_cost`."""
    batch = black_clip(cfg[f'{pipeline}_dataloader'].dataset, frames)
    for index, sample in enumerate(batch['data_samples']):
        inputs = batch['inputs'][index]
        if every_frame and sample.get('frame_gather') is not None:
            inputs = inputs[torch.as_tensor(sample.frame_gather).long()]
            sample.set_field(np.arange(len(inputs)), 'frame_gather', field_type='metainfo')
        if size_px is not None:
            inputs = inputs.new_zeros((*inputs.shape[:-2], size_px, size_px))
        batch['inputs'][index] = inputs
    return batch


def clip_cost(cfg: Config, frames: int | None = None, pipeline: str = 'test',
              size_px: int | None = None, counter: str = COUNTERS[0],
              every_frame: bool = False) -> ClipCost:
    """Counts what one clip costs a config's model.

    Args:
        cfg: A loaded config.
        frames: Length of the clip; see :func:`clip_length` for None.
        pipeline: ``'test'`` or ``'train'``: which pipeline samples it.
        size_px: Height and width of the frames; None leaves them to the pipeline.
        counter: One of :data:`mmfer.complexity.COUNTERS`.
        every_frame: Encode a frame as often as it is sampled.
    """
    init_default_scope(cfg.get('default_scope', 'mmfer'))
    frames = clip_length(cfg) if frames is None else frames
    batch = one_clip_batch(cfg, frames, pipeline, size_px, every_frame)
    model = cfg.model.copy()
    if model.get('backbone'):  # what is counted does not depend on the weights
        model.backbone = {key: value for key, value in model.backbone.items()
                          if key != 'init_cfg'}
    # (M, 3, H, W) of frame trunks, (M, 3, T, H, W) of trunks on clips
    encoded = [len(inputs) * (1 if inputs.ndim == 4 else inputs.shape[-3])
               for inputs in batch['inputs']]
    sampled = [np.size(sample.frame_inds) for sample in batch['data_samples']]
    height, width = batch['inputs'][0].shape[-2:]
    return ClipCost(measure_complexity(MODELS.build(model), batch, counter), frames, sum(sampled),
                    sum(encoded), (int(height), int(width)))


def describe(cost: ClipCost) -> str:
    """One line on what was counted."""
    height, width = cost.size_px
    shared = ('' if cost.encoded == cost.sampled else
              f', {cost.encoded} of them distinct and encoded')
    return (f'one clip of {cost.clip_frames} frames: {cost.sampled} sampled{shared}, '
            f'{width} x {height} px; counted: {cost.complexity.counter}')


def rows(complexity: Complexity) -> list[list[str]]:
    """Header, parts, total."""
    lines = [['part', 'parameters', 'MACs', 'GMACs']]
    total = Stage('total', complexity.parameters, complexity.macs)
    for part in (*complexity.stages, total):
        lines.append([part.name, f'{part.parameters:,}', f'{part.macs:,}',
                      f'{part.macs / 1e9:.4f}'])
    return lines


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/complexity.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    for name in ('frames', 'size'):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            raise ConfigError(f'--{name} is at least 1.')
    cfg = load_config(args.config, args.cfg_options)
    cost = clip_cost(cfg, args.frames, args.pipeline, args.size, args.count, args.every_frame)
    print(f'{cfg.config_name}, {describe(cost)}\n')
    print(table(rows(cost.complexity), args.markdown))
    return 0


if __name__ == '__main__':
    sys.exit(main())
