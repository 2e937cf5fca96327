"""Evaluation of packed videos against videos padded to the longest, on CK+'s lengths.

Padding encodes every video at the length of the longest in its batch; packing encodes the
frames that exist. Both give the same predictions, which is checked before.

    python benchmarks/packed_vs_padded.py
"""
from __future__ import annotations

import argparse

import torch
from common import CKPLUS_LENGTHS, HEADER, fan, interleaved, row, table, videos
from torch.nn.utils.rnn import pad_sequence

from mmfer.models import ExpressionRecognizer
from mmfer.models.packing import lengths_to_mask
from mmfer.models.preprocessor import pack_frames
from mmfer.structures import PackedFrames


def padded_logits(model: ExpressionRecognizer, inputs: list[torch.Tensor]) -> torch.Tensor:
    """Logits (N, C) of a batch whose frames, not vectors, were padded."""
    lengths = [len(frames) for frames in inputs]
    frames = pad_sequence(inputs, batch_first=True).flatten(0, 1)
    whole = PackedFrames(frames, torch.arange(len(frames)), (max(lengths), ) * len(inputs))
    features = model.neck(model.extract_frames(whole).feats, lengths_to_mask(lengths))
    return model.cls_head(features)[0]


@torch.inference_mode()
def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--lengths', type=int, nargs='+', default=list(CKPLUS_LENGTHS),
                        help='frames of the videos in the batch')
    parser.add_argument('--batch', type=int, default=5, help='videos per batch')
    parser.add_argument('--size', type=int, default=64, help='side of a frame, pixels')
    parser.add_argument('--rounds', type=int, default=5)
    args = parser.parse_args()

    model = fan().eval()
    inputs = videos(args.lengths, args.size)['inputs']
    batches = [inputs[i:i + args.batch] for i in range(0, len(inputs), args.batch)]

    def packed() -> list[torch.Tensor]:
        return [model(pack_frames(batch)) for batch in batches]

    def padded() -> list[torch.Tensor]:
        return [padded_logits(model, batch) for batch in batches]

    torch.testing.assert_close(packed(), padded(), rtol=1e-3, atol=1e-4)
    seconds = interleaved({'packed': packed, 'padded': padded}, args.rounds)
    count = sum(args.lengths)
    table(HEADER[:-1], [row(name, seconds[name], count, seconds['padded'])[:-1]
                        for name in seconds])
    filled = sum(len(batch) * max(map(len, batch)) for batch in batches)
    print(f'{len(inputs)} videos of {min(args.lengths)} to {max(args.lengths)} frames in batches '
          f'of {args.batch}: {count} frames packed, {filled} padded')


if __name__ == '__main__':
    main()
