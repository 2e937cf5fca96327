"""Writes the vectors that the head of a model gets of each clip to a file.

At video level one row per clip: the video's vector or, of a head that takes frames, the mean
of their vectors. At frame level one row per sampled frame: what the frame pool gives. Clips
are sampled as in a test, those of the training part too.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import Tensor

from mmfer.cli.common import reports_errors
from mmfer.cli.trained_model import add_model_arguments, load_trained_model
from mmfer.errors import ConfigError
from mmfer.evaluation.features import LEVELS, Features, feature_file_kind, write_features
from mmfer.models import ExpressionRecognizer
from mmfer.structures import VideoFeatures, counted_frames, video_frames


@dataclass(frozen=True)
class Vectors:
    """What was extracted of one sample: its frames' vectors or one of the whole.

    Attributes:
        sample: Its data sample.
        values: (R, D) float32, R rows.
        labels: (R,) int64.
        frames: (R,) int64 1-based numbers, or None.
    """

    sample: ActionDataSample
    values: np.ndarray
    labels: np.ndarray
    frames: np.ndarray | None


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='extract_features', description=__doc__)
    add_model_arguments(parser)
    parser.add_argument('--out', required=True, metavar='FILE', help='*.parquet or *.npz')
    parser.add_argument('--level', choices=LEVELS, default='video', help='default: video')
    parser.add_argument('--part', choices=['test', 'train'], default='test',
                        help='clips of which part of the split (default test)')
    return parser


def video_vectors(features: VideoFeatures) -> Tensor:
    """(N, D): vectors of videos as they are, or means over the frames of each."""
    if features.feats.ndim == 2:
        return features.feats
    mask = features.mask.unsqueeze(-1)
    return features.feats.masked_fill(~mask, 0.).sum(1) / mask.sum(1)


def pooled(features: Any) -> Tensor:
    """Features (M, D, ...) of a trunk on clips, or several paths of them, to (M, sum D)."""
    paths = features if isinstance(features, (tuple, list)) else [features]
    return torch.cat([path.flatten(2).mean(2) if path.ndim > 2 else path for path in paths], 1)


@torch.no_grad()
def extract(model: BaseModel, batches: Iterable[dict[str, Any]], level: str) -> Iterator[Vectors]:
    """Yields what a model in evaluation mode makes of each sample.

    Args:
        model: An ExpressionRecognizer or, at video level, a recognizer of mmaction; of that
            the trunk's maps are averaged over space, time and clips.
        batches: As the data loader collates them.
        level: ``'video'`` or ``'frame'``.

    Raises:
        ConfigError: The model has no vectors of frames.
    """
    for batch in batches:
        data = model.data_preprocessor(batch, False)
        samples = data['data_samples']
        if not isinstance(model, ExpressionRecognizer):
            if level == 'frame':
                raise ConfigError(f'{type(model).__name__} has no vectors of single frames; take '
                                  '--level video.')
            values = pooled(model.extract_feat(data['inputs'], test_mode=True)[0])
            rows = values.unflatten(0, (len(samples), -1)).mean(1)
            yield from (_of_video(sample, row) for sample, row in zip(samples, rows, strict=True))
        elif level == 'video':
            rows = video_vectors(model.extract_videos(data['inputs']))
            yield from (_of_video(sample, row) for sample, row in zip(samples, rows, strict=True))
        else:
            frames = model.extract_frames(data['inputs'])
            for sample, row, length in zip(samples, frames.feats, data['inputs'].lengths,
                                           strict=True):
                kept = counted_frames(sample.get('frame_present', np.ones(length, bool)))
                yield Vectors(sample, _array(row[:length])[kept],
                              _frame_labels(sample, length)[kept], video_frames(sample)[kept])


def _array(values: Tensor) -> np.ndarray:
    return values.detach().float().cpu().numpy()


def _of_video(sample: ActionDataSample, row: Tensor) -> Vectors:
    if 'gt_label' not in sample:
        raise ConfigError(f'clip {sample.get("clip")!r} has labels of frames, not of its own; take '
                          '--level frame.')
    return Vectors(sample, _array(row)[None], _frame_labels(sample, 1), None)


def _frame_labels(sample: ActionDataSample, count: int) -> np.ndarray:
    if 'gt_frame_labels' in sample:
        return np.asarray(sample.gt_frame_labels, np.int64)
    return np.full(count, int(sample.gt_label), np.int64)


def collect(found: Sequence[Vectors], metadata: dict[str, Any]) -> Features:
    """One table of all samples; a frame that several windows hold keeps its first row."""
    rows: dict[tuple[str, int], tuple[Vectors, int]] = {}
    for vectors in found:
        for row in range(len(vectors.values)):
            frame = row if vectors.frames is None else int(vectors.frames[row])
            rows.setdefault((str(vectors.sample.get('clip')), frame), (vectors, row))
    ordered = [rows[key] for key in sorted(rows)]
    split = str(metadata['split'] or '')
    frames = None
    if metadata['level'] == 'frame':
        frames = np.array([frame for _, frame in sorted(rows)], np.int64)
    return Features(
        metadata, tuple(str(v.sample.get('clip')) for v, _ in ordered),
        tuple(v.sample.get('subject') for v, _ in ordered), (split, ) * len(ordered),
        np.array([v.labels[row] for v, row in ordered], np.int64),
        np.stack([v.values[row] for v, row in ordered]), frames)


def extract_features(args: argparse.Namespace) -> Features:
    """Loads the model and the clips that the arguments name, and extracts.

    Raises:
        CheckpointError: The checkpoint is not of this model, split or annotation file.
        ConfigError: There is no such device, or the model has no such features.
    """
    trained = load_trained_model(args, {'test_dataloader.dataset.part': args.part})
    cfg = trained.cfg
    loader = Runner.build_dataloader(cfg.test_dataloader, seed=cfg.randomness.seed)
    metadata = {**trained.facts, 'classes': list(loader.dataset.metainfo['classes']),
                'level': args.level, 'part': args.part}
    del metadata['data_root']
    return collect(list(extract(trained.model, loader, args.level)), metadata)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/extract_features.py``."""
    args = build_parser().parse_args(argv)
    feature_file_kind(args.out)  # before the work, not after it
    features = extract_features(args)
    write_features(args.out, features)
    print(f'{args.out}: {len(features.clips)} x {features.values.shape[1]}, '
          f'{len(set(features.clips))} clips')
    return 0


if __name__ == '__main__':
    sys.exit(main())
