"""An evaluation pass of FAN against the bare trunk on the same frames and precision.

The bare trunk gets normalised floats in the same chunks; FAN gets the collated uint8 batch
and gives predictions with attention. Goal: at most 1.03x.

    python benchmarks/evaluation_pass.py
"""
from __future__ import annotations

import argparse

import torch
from common import HEADER, fan, interleaved, row, table, videos

from mmfer.models import trunk_output


@torch.inference_mode()
def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--channels-last', action='store_true', help='for both')
    parser.add_argument('--lengths', type=int, nargs='+', default=[6, 18, 24],
                        help='frames of the videos in the batch')
    parser.add_argument('--size', type=int, default=112, help='side of a frame, pixels')
    parser.add_argument('--chunk', type=int, default=16, help='frames encoded at a time')
    parser.add_argument('--rounds', type=int, default=15)
    args = parser.parse_args()

    model = fan(args.channels_last, args.chunk).to(args.device).eval()
    batch = videos(args.lengths, args.size)
    frames = torch.cat(batch['inputs']).to(args.device)
    chunks = [model.data_preprocessor.normalize(part, args.channels_last)
              for part in frames.split(args.chunk)]
    seconds = interleaved({
        'FAN': lambda: model.test_step(dict(batch)),
        'bare trunk': lambda: [trunk_output(model.backbone, chunk) for chunk in chunks],
    }, args.rounds, args.device)
    count = sum(args.lengths)
    table(HEADER, [row('FAN', seconds['FAN'], count, seconds['bare trunk'], '<= 1.03'),
                   row('bare trunk', seconds['bare trunk'], count, seconds['bare trunk'])])


if __name__ == '__main__':
    main()
