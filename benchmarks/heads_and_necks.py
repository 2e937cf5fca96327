"""Every method of the unified recipe against its trunk alone, with its block attention.

Pool, neck and head are what a method adds to its trunk: a training step and a test pass of
the whole method, from the collated uint8 batch to the update or the predictions, are held
against those of the trunk on the same frames as normalised floats on the device. Goal: at
most 1.10x, methods with an LSTM 1.15x.

    python benchmarks/heads_and_necks.py
    python benchmarks/heads_and_necks.py --methods fan ceflnet --rounds 15
    python benchmarks/heads_and_necks.py --device cuda --videos 16 --size 224
"""
from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from common import HEADER, interleaved, row, table, videos
from mmengine.optim import OptimWrapper
from torch import nn

from mmfer.configuration import load_config
from mmfer.models import trunk_output
from mmfer.registry import MODELS
from mmfer.testing import fill_parameters

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
CLIPS = 4
# time ratio of methods with an LSTM, and of the others
GOALS = {'blstm': 1.15, 'cbam-blstm': 1.15}
GOAL = 1.10


def method_configs() -> dict[str, Path]:
    """The unified config of every method by the method's name."""
    return {path.stem.removesuffix('_r18_unified'): path
            for path in sorted(CONFIGS.glob('*/*_r18_unified.py'))}


def batch_of(config: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Random videos of as many frames as the recipe has, divided into clips."""
    frames = config.frames
    batch = videos([frames] * args.videos, args.size)
    for sample in batch['data_samples']:
        sample.set_metainfo(dict(num_clips=CLIPS, clip_len=frames // CLIPS))
    return batch


def wrapper(model: nn.Module) -> OptimWrapper:
    """SGD as in the recipe."""
    return OptimWrapper(torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9,
                                        weight_decay=1e-4))


def training(model: nn.Module, trunk: nn.Module, batch: dict[str, Any],
             floats: torch.Tensor) -> dict[str, Callable[[], object]]:
    """One training step of each."""
    model.train()
    trunk.train()
    optimizer, trunk_optimizer = wrapper(model), wrapper(trunk)

    def bare() -> None:
        trunk_optimizer.update_params(trunk_output(trunk, floats).mean())

    return {'method': lambda: model.train_step(dict(batch), optimizer), 'trunk': bare}


def testing(model: nn.Module, trunk: nn.Module, batch: dict[str, Any],
            floats: torch.Tensor) -> dict[str, Callable[[], object]]:
    """One test pass of each, with as many frames at a time."""
    model.eval()
    trunk.eval()
    chunks = floats.split(model.frame_chunk)

    @torch.inference_mode()
    def whole() -> None:
        model.test_step(dict(batch))

    @torch.inference_mode()
    def bare() -> None:
        for chunk in chunks:
            trunk_output(trunk, chunk)

    return {'method': whole, 'trunk': bare}


def measure(name: str, path: Path, args: argparse.Namespace) -> list[list[str]]:
    """Two lines of the table."""
    config = load_config(path)
    model, trunk = (fill_parameters(MODELS.build(config.model)).to(args.device)
                    for _ in range(2))
    trunk = trunk.backbone
    batch = batch_of(config, args)
    floats = model.data_preprocessor.normalize(torch.cat(batch['inputs']).to(args.device))
    goal = f'<= {GOALS.get(name, GOAL):.2f}'
    lines = []
    for kind in (training, testing):
        seconds = interleaved(kind(model, trunk, batch, floats), args.rounds, args.device)
        lines.append(row(f'{name}, {kind.__name__}', seconds['method'], len(floats),
                         seconds['trunk'], goal))
    return lines


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    known = method_configs()
    parser.add_argument('--methods', nargs='+', default=list(known), choices=list(known))
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--videos', type=int, default=2, help='in the batch')
    parser.add_argument('--size', type=int, default=112, help='side of a frame, pixels')
    parser.add_argument('--rounds', type=int, default=7)
    args = parser.parse_args()
    table(HEADER, [line for name in args.methods for line in measure(name, known[name], args)])


if __name__ == '__main__':
    main()
