"""Answering for face crops against the bare trunk on the same crops.

Inference is what :class:`mmfer.apis.ExpressionInferencer` does from crops in memory to the
clips' answers: sampling, resizing, packing, moving, normalising, trunk, pool, neck, head. It is
held against the trunk alone on the same frames as normalised floats on the device, as many at a
time. Goal: at most 1.10x.

    python benchmarks/inference.py
    python benchmarks/inference.py --config configs/ceflnet/ceflnet_r18_unified.py --rounds 15
    python benchmarks/inference.py --device cuda --size 224 --clips 16
"""
from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import HEADER, interleaved, row, table

from mmfer.apis import CropClip, ExpressionInferencer
from mmfer.configuration import load_config
from mmfer.models import trunk_output
from mmfer.registry import MODELS
from mmfer.testing import fill_parameters

CONFIGS = Path(__file__).resolve().parents[1] / 'configs'
DEFAULT = [str(CONFIGS / name) for name in (
    'fan/fan_r18_ckplus.py', 'fan/fan_r18_unified.py', 'sa_tp/sa-tp_r18_unified.py',
    'ceflnet/ceflnet_r18_unified.py')]
CLASSES = ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
GOAL = '<= 1.10'
CROP_PX = 256  # larger than the frames of the model, so that resizing counts


def build(config: str, args: argparse.Namespace) -> ExpressionInferencer:
    """The inferencer of a config with fixed weights."""
    settings: dict[str, Any] = {
        'test_dataloader.dataset.pipeline.1.size': (args.size, args.size),
        'test_dataloader.batch_size': args.clips}
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / 'model.pth'
        model = fill_parameters(MODELS.build(load_config(config, settings).model))
        torch.save(dict(state_dict=model.state_dict()), checkpoint)
        return ExpressionInferencer(config, checkpoint, args.device, cfg_options=settings,
                                    classes=CLASSES)


def measure(config: str, args: argparse.Namespace) -> list[str]:
    """A line of the table."""
    inferencer = build(config, args)
    rng = np.random.default_rng(0)
    clips = [CropClip.of_images(
        rng.integers(0, 256, (args.frames, CROP_PX, CROP_PX, 3), dtype=np.uint8), f'clip {number}')
        for number in range(args.clips)]
    model, pipeline = inferencer.model, inferencer.pipeline
    frames = torch.cat([pipeline.pack(clip)['inputs'] for clip in clips])
    floats = model.data_preprocessor.normalize(frames.to(args.device), model.channels_last)
    chunks = floats.split(model.frame_chunk)

    @torch.inference_mode()
    def bare() -> None:
        for chunk in chunks:
            trunk_output(model.backbone, chunk)

    seconds = interleaved({'inference': lambda: inferencer.answer_clips(clips), 'trunk': bare},
                          args.rounds, args.device)
    name = f'{Path(config).stem}, {len(frames)} of {args.clips * args.frames} crops'
    return row(name, seconds['inference'], len(frames), seconds['trunk'], GOAL)


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--config', nargs='+', default=DEFAULT)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--clips', type=int, default=2, help='in a batch')
    parser.add_argument('--frames', type=int, default=24, help='crops of a clip')
    parser.add_argument('--size', type=int, default=224, help='side of a frame, pixels')
    parser.add_argument('--rounds', type=int, default=5)
    args = parser.parse_args()
    table(HEADER, [measure(config, args) for config in args.config])


if __name__ == '__main__':
    main()
