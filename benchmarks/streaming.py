"""What a stream costs beside the trunk: a frame of live video against the bare trunk on it.

Each side gets the same faces, frame by frame: the stream prepares the crops, encodes them,
keeps the vectors of the window, and answers every ``--stride`` frames with neck and head for
everybody; the trunk gets the prepared frames of all people at once. Both process ``--frames``
frames a round, in turns. Goal: at most 1.10.

    python benchmarks/streaming.py
    python benchmarks/streaming.py --people 4 --stride 1
"""
from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from common import HEADER, interleaved, row, table

from mmfer.apis.streaming import StreamingRecognizer
from mmfer.models import ExpressionRecognizer, trunk_output
from mmfer.testing import fill_parameters

METHODS = {
    'fan': (dict(type='FANNeck'), dict(type='LinearHead'), dict(type='AllFrames')),
    'temporal softmax': (None, dict(type='TemporalSoftmaxHead'), dict(type='AllFrames')),
    'ceflnet': (dict(type='CEFLNeck'), dict(type='MLPHead'),
                dict(type='ClipSample', test_mode=True)),
    'blstm': (None, dict(type='BLSTMHead', answer='clip'), dict(type='AllFrames')),
}


def sides(method: str, args: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """The stream, in the middle of its video, and the bare trunk."""
    neck, head, sampler = METHODS[method]
    model = ExpressionRecognizer(
        backbone=dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, )), neck=neck,
        cls_head=dict(head, num_classes=7))
    fill_parameters(model)
    model.to(args.device)
    stream = StreamingRecognizer(model, [
        sampler, dict(type='LoadFrames', size=(args.size, args.size)), dict(type='FormatFrames'),
        dict(type='PackExpressionInputs')], window=args.window, stride=args.stride)
    crops = np.random.default_rng(0).integers(0, 256, (args.people, 256, 256, 3), np.uint8)
    faces = dict(enumerate(crops))
    frames = torch.cat([stream.transforms(crop) for crop in crops])
    number = 0

    def watch() -> None:
        nonlocal number
        for _ in range(args.frames):
            number += 1
            stream.update(number, faces)

    @torch.no_grad()
    def trunk() -> None:
        preprocessor = model.data_preprocessor
        for _ in range(args.frames):
            trunk_output(model.backbone, preprocessor.normalize(preprocessor.move(frames)))

    for _ in range(-(-args.window // args.frames)):
        watch()  # until the window is full
    return {'trunk': trunk, 'stream': watch}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--methods', nargs='+', choices=METHODS, default=list(METHODS))
    parser.add_argument('--people', type=int, default=1)
    parser.add_argument('--window', type=int, default=50)
    parser.add_argument('--stride', type=int, default=5)
    parser.add_argument('--frames', type=int, default=20, help='of a round')
    parser.add_argument('--size', type=int, default=224, help='pixels')
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--device', default='cpu')
    args = parser.parse_args()
    rows = []
    for method in args.methods:
        seconds = interleaved(sides(method, args), args.rounds, args.device)
        rows.append(row(f'{method}: bare trunk', seconds['trunk'], args.frames, seconds['trunk']))
        rows.append(row(f'{method}: stream', seconds['stream'], args.frames, seconds['trunk'],
                        '<= 1.10'))
    table(HEADER, rows)


if __name__ == '__main__':
    main()
