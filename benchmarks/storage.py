"""Rate of loading frames from tar shards and LMDB against a folder of the same files.

Dataset, sampler, transforms and collation as in training, from JPEG files of about the size of
a face crop's. The storages take turns within one run, in one thread of one process, and what
is printed is the median over the repeats of the ratio of rates to the folder's, beside that of
reading alone. Processor time is taken, and the files are in the system's cache: what a slow
disk or a network gains by fewer files comes on top.

    python benchmarks/storage.py
"""
from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
from common import interleaved, ratio, table
from input_pipeline import consume, pipeline_of, write_corpus
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from mmfer.annotations import read_annotations
from mmfer.datasets import ExpressionDataset
from mmfer.datasets.samplers import EpochSampler
from mmfer.storage import open_store
from mmfer.storage.packing import pack, plan_packing


def reading(root: Path, names: list[str]) -> Callable[[], None]:
    """Reads every file once, in a random order that is the same for each storage."""
    shuffled = random.Random(0).sample(names, len(names))

    def run() -> None:
        store = open_store(root)
        for name in shuffled:
            store.read(name)

    return run


def loading(root: Path, ann_file: str, sampling: dict, size: int) -> Callable[[], None]:
    """Loads an epoch of batches."""
    dataset = ExpressionDataset(ann_file, str(root), pipeline_of(sampling, size))
    loader = DataLoader(dataset, 8, sampler=EpochSampler(dataset, shuffle=True, seed=0),
                        collate_fn=pseudo_collate)
    return lambda: consume(loader)


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--clips', type=int, default=48)
    parser.add_argument('--frames', type=int, default=18, help='frames of a clip (CK+: 18)')
    parser.add_argument('--source', type=int, default=256, help='side of the files, pixels')
    parser.add_argument('--size', type=int, default=224, help='side of the input, pixels')
    parser.add_argument('--repeats', type=int, default=25)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        roots = {kind: Path(folder, kind) for kind in ('folder', 'tar', 'lmdb')}
        roots['folder'].mkdir()
        ann_file = write_corpus(roots['folder'], args.clips, args.frames, args.source)
        rows = read_annotations(ann_file).rows
        for kind in ('tar', 'lmdb'):
            pack(plan_packing(rows, str(roots['folder']), str(roots[kind]), kind))
        names = list(open_store(roots['tar']).list())
        cases: dict[str, tuple[int, Callable[[Path], Callable[[], None]]]] = {
            'reading alone': (len(names), lambda root: reading(root, names)),
            'train, 3 segments': (3 * args.clips, lambda root: loading(
                root, ann_file, dict(type='SegmentSample', num_segments=3), args.size)),
            'test, all frames': (len(names), lambda root: loading(
                root, ann_file, dict(type='AllFrames'), args.size)),
        }
        lines = []
        for case, (frames, make) in cases.items():
            seconds = interleaved({kind: make(root) for kind, root in roots.items()}, args.repeats)
            for kind, taken in seconds.items():
                rate = frames / statistics.median(taken)
                lines.append([case, kind, f'{rate:.0f}', f'{ratio(seconds["folder"], taken):.3f}'])
        table(('', 'storage', 'frames/s', 'ratio of rates'), lines)


if __name__ == '__main__':
    main()
