"""A training step of FAN against one of the bare trunk on the same frames and precision.

The bare trunk gets normalised floats that already lie on the device; FAN gets the collated
uint8 batch, and packs, moves, normalises, attends and classifies. Goal: at most 1.05x.

    python benchmarks/training_step.py
    python benchmarks/training_step.py --device cuda --amp --channels-last --workers 8 \
        --videos 48 --size 224

With ``--workers`` the input pipeline feeds FAN (JPEG files, decoding, resizing), and the
goal is at least 0.9 of the bare trunk's rate, that is a time ratio of at most 1.111.
"""
from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from common import HEADER, fan, interleaved, row, table, videos
from mmengine.dataset import pseudo_collate
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import nn
from torch.utils.data import DataLoader

from mmfer.datasets import ExpressionDataset
from mmfer.datasets.samplers import StreamSampler
from mmfer.models import trunk_output


def wrapper(model: nn.Module, amp: bool) -> OptimWrapper:
    """SGD as in the configs of FAN, with bfloat16 autocast where asked for."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)
    if amp:
        return AmpOptimWrapper(dtype='bfloat16', optimizer=optimizer)
    return OptimWrapper(optimizer)


def bare_step(floats: torch.Tensor, amp: bool, channels_last: bool) -> Callable[[], None]:
    """Forward, backward and update of the trunk alone."""
    trunk = fan(channels_last).backbone.to(floats.device)
    trunk.train()
    optimizer = wrapper(trunk, amp)

    def step() -> None:
        with optimizer.optim_context(trunk):
            loss = trunk_output(trunk, floats).float().mean()
        optimizer.update_params(loss)

    return step


def batches(args: argparse.Namespace, folder: str) -> Iterator[dict[str, Any]]:
    """Endless batches: one in memory, or freshly read from files by workers."""
    if not args.workers:
        batch = videos([args.frames] * args.videos, args.size)
        while True:
            yield dict(batch)
    from input_pipeline import pipeline_of, write_corpus
    ann_file = write_corpus(Path(folder), clips=2 * args.videos, frames=18, side=256)
    dataset = ExpressionDataset(ann_file, folder, pipeline_of(
        dict(type='SegmentSample', num_segments=args.frames), args.size))
    yield from DataLoader(dataset, args.videos, sampler=StreamSampler(dataset, seed=0),
                          num_workers=args.workers, collate_fn=pseudo_collate,
                          pin_memory=args.device != 'cpu', persistent_workers=True)


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast, for both')
    parser.add_argument('--channels-last', action='store_true', help='for both')
    parser.add_argument('--workers', type=int, default=0, help='of the input pipeline; 0: none')
    parser.add_argument('--videos', type=int, default=4)
    parser.add_argument('--frames', type=int, default=3, help='per video')
    parser.add_argument('--size', type=int, default=112, help='side of a frame, pixels')
    parser.add_argument('--rounds', type=int, default=15)
    parser.add_argument('--steps', type=int, default=1, help='steps per measurement')
    args = parser.parse_args()

    model = fan(args.channels_last).to(args.device).train()
    # frames are copied while the device still works on the batch before
    model.data_preprocessor._non_blocking = args.device != 'cpu'
    optimizer = wrapper(model, args.amp)
    frames = videos([args.frames] * args.videos, args.size)['inputs']
    floats = model.data_preprocessor.normalize(torch.cat(frames).to(args.device),
                                               args.channels_last)
    bare = bare_step(floats, args.amp, args.channels_last)
    with tempfile.TemporaryDirectory() as folder:
        source = batches(args, folder)
        runs = {
            'FAN': lambda: [model.train_step(next(source), optimizer) for _ in range(args.steps)],
            'bare trunk': lambda: [bare() for _ in range(args.steps)],
        }
        seconds = interleaved(runs, args.rounds, args.device)
    count = args.videos * args.frames * args.steps
    goal = '<= 1.111' if args.workers else '<= 1.05'
    table(HEADER, [row('FAN', seconds['FAN'], count, seconds['bare trunk'], goal),
                   row('bare trunk', seconds['bare trunk'], count, seconds['bare trunk'])])


if __name__ == '__main__':
    main()
