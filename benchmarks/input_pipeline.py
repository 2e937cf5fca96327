"""Rate of the input pipeline against a bare loop on the same files.

The bare loop decodes the same frames with the same decoder, resizes them with the same
function and copies them into an array per video; the pipeline does that through dataset, sampler,
transforms and collation, in the same process. Rates alternate within one run, and their
ratio is the median over the repeats. Goal: at least 0.85.

    python benchmarks/input_pipeline.py
"""
from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import mmcv
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmfer.annotations import make_metainfo, write_annotations  # noqa: E402
from mmfer.datasets import ExpressionDataset  # noqa: E402
from mmfer.datasets.samplers import EpochSampler  # noqa: E402

GOAL = 0.85


def write_corpus(root: Path, clips: int, frames: int, side: int) -> str:
    """Writes folders of JPEG files of about the size of a face crop's; returns the annotation."""
    rng = np.random.default_rng(0)
    rows = []
    for clip in range(clips):
        folder = root / f'clip{clip:03d}'
        folder.mkdir()
        coarse = cv2.resize(rng.uniform(0, 255, (12, 12, 3)), (side, side))
        for number in range(1, frames + 1):
            image = np.clip(coarse + rng.normal(0, 6, coarse.shape), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / f'{number:06d}.jpg'), image, [cv2.IMWRITE_JPEG_QUALITY, 90])
        rows.append(dict(clip=folder.name, frames=folder.name, num_frames=frames, label=clip % 7))
    ann_file = root / 'annotations.json'
    write_annotations(ann_file, make_metainfo('noise', list('abcdefg'), rows), rows)
    return str(ann_file)


def pipeline_of(sampling: dict, size: int) -> list[dict]:
    """The steps of the configs, without random augmentation."""
    return [
        sampling, dict(type='LoadFrames', size=(size, size)),
        dict(type='FormatFrames'), dict(type='PackExpressionInputs')
    ]


def consume(batches: Iterable[object]) -> None:
    """Asks for every batch; one stays alive until the next is there, as in training."""
    for _ in batches:
        pass


def files_of(loader: DataLoader) -> list[list[str]]:
    """The files that one epoch reads, per video; the next one reads the same."""
    return [[f'{sample.frame_dir}/{sample.filename_tmpl.format(index)}'
             for index in sample.frame_inds]
            for batch in loader for sample in batch['data_samples']]


def bare_batches(files: list[list[str]], size: int, batch_size: int
                 ) -> Iterator[list[torch.Tensor]]:
    """The same tensors by decode, resize and copy, and nothing else."""
    for start in range(0, len(files), batch_size):
        batch = []
        for names in files[start:start + batch_size]:
            video = np.empty((len(names), 3, size, size), np.uint8)
            for place, name in zip(video, names):
                with open(name, 'rb') as file:
                    content = file.read()
                image = mmcv.imfrombytes(content, channel_order='rgb', backend='cv2')
                cv2.split(mmcv.imresize(image, (size, size), backend='cv2'), list(place))
            batch.append(torch.from_numpy(video))
        yield batch
        del batch


def seconds(batches: Iterable[object]) -> float:
    """CPU time of one epoch, in one thread: other processes of the machine do not count."""
    start = time.process_time()
    consume(batches)
    return time.process_time() - start


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--clips', type=int, default=48)
    parser.add_argument('--frames', type=int, default=18, help='frames of a clip (CK+: 18)')
    parser.add_argument('--source', type=int, default=256, help='side of the files, pixels')
    parser.add_argument('--size', type=int, default=224, help='side of the input, pixels')
    parser.add_argument('--batch', type=int, default=8, help='videos per batch')
    parser.add_argument('--repeats', type=int, default=15)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    cases = {
        'train, 3 segments': (dict(type='SegmentSample', num_segments=3), True),
        'test, all frames': (dict(type='AllFrames'), False),
    }
    print(f'{"":20}{"pipeline":>12}{"bare loop":>12}{"ratio":>8}   goal')
    with tempfile.TemporaryDirectory() as folder:
        ann_file = write_corpus(Path(folder), args.clips, args.frames, args.source)
        for name, (sampling, shuffle) in cases.items():
            dataset = ExpressionDataset(ann_file, folder, pipeline_of(sampling, args.size))
            sampler = EpochSampler(dataset, shuffle=shuffle, seed=0)
            loader = DataLoader(dataset, args.batch, sampler=sampler, collate_fn=pseudo_collate)
            files = files_of(loader)
            frames = sum(map(len, files))
            times = [(seconds(loader), seconds(bare_batches(files, args.size, args.batch)))
                     for _ in range(args.repeats + 1)][1:]
            own, bare = (statistics.median(column) for column in zip(*times))
            ratio = statistics.median(b / o for o, b in times)
            print(f'{name:20}{frames / own:8.0f} f/s{frames / bare:8.0f} f/s{ratio:8.3f}   '
                  f'>= {GOAL}')


if __name__ == '__main__':
    main()
