"""Memory of frame labels in the processes that load data.

A corpus of the size of Aff-Wild2's expression track: 2.6 million labelled frames in 548
videos, of which some percent of the frames are missing, so that labels and frame numbers are
stored for each frame. A DataLoader with 8 forked workers goes through all windows of 8 frames,
with everything but the decoding. The proportional set size (PSS, from
``/proc/PID/smaps_rollup``: shared memory is divided among those who share it) of the loading
process and its workers is summed up before and after. Goal: at most 2 GB, PyTorch included.
For contrast, the same with a list of dicts, one per window, as simple datasets hold their
samples.

    python benchmarks/frame_label_memory.py
"""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from common import table
from torch.utils.data import DataLoader, Dataset

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.datasets import ExpressionDataset
from mmfer.datasets.samplers import EpochSampler

GOAL_MB = 2000
LENGTH = 8
CLASSES = ['neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'other']
CASES = {'dataset': 'ExpressionDataset', 'naive': 'a list of dicts'}


def write_corpus(folder: Path, videos: int, frames: int) -> None:
    """Writes an annotation file: videos of different lengths, 3 % of their frames missing."""
    rng = np.random.default_rng(0)
    lengths = rng.dirichlet(np.full(videos, 2.0)) * frames / 0.97
    rows = []
    for index, length in enumerate(np.maximum(lengths.astype(int), LENGTH)):
        numbers = np.flatnonzero(rng.random(length) < 0.97) + 1
        name = f'cropped_aligned/video_{index:04d}'
        rows.append(dict(
            clip=f'video_{index:04d}', frames=name, num_frames=len(numbers),
            filename_tmpl='{:05d}.jpg', frame_numbers=numbers.tolist(),
            frame_labels=rng.integers(-1, len(CLASSES), length).tolist(), subject=f's{index}'))
    write_annotations(folder / 'annotations.json', make_metainfo('frames', CLASSES, rows), rows)


class ListOfDicts(Dataset):
    """Windows as dicts of paths and labels."""

    def __init__(self, ann_file: str) -> None:
        self.samples = []
        for row in read_annotations(ann_file).rows:
            for start in range(0, row['num_frames'], LENGTH):
                numbers = row['frame_numbers'][start:start + LENGTH]
                self.samples.append(dict(
                    clip=row['clip'], frame_numbers=numbers,
                    paths=[f'{row["frames"]}/{number:05d}.jpg' for number in numbers],
                    labels=[row['frame_labels'][number - 1] for number in numbers]))

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.samples)

    def __getitem__(self, index: int) -> int:
        """Reads all of a sample."""
        sample = self.samples[int(index)]
        return sum(len(path) for path in sample['paths']) + sum(sample['labels'])


def pss_mb(processes: Iterable[int]) -> float:
    """Sum of the proportional set sizes of processes, MB."""
    texts = (Path(f'/proc/{process}/smaps_rollup').read_text() for process in processes)
    return sum(int(text.split('\nPss:')[1].split()[0]) for text in texts) * 1024 / 1e6


def first_element(batch: list[Any]) -> int:
    """Collation that sends next to nothing back."""
    return len(batch)


def measure(case: str, folder: str, workers: int) -> dict[str, float]:
    """Number of windows, and PSS before the workers, at the first batch and at the last."""
    ann_file = f'{folder}/annotations.json'
    dataset: Any = ListOfDicts(ann_file) if case == 'naive' else ExpressionDataset(
        ann_file, folder, [dict(type='WindowSample', length=LENGTH)],
        repeat=dict(windows=LENGTH))
    alone = pss_mb(['self'])  # type: ignore[list-item]
    loader = DataLoader(dataset, 64, sampler=EpochSampler(dataset, seed=0), num_workers=workers,
                        collate_fn=first_element, multiprocessing_context='fork',
                        persistent_workers=True)
    found: dict[str, float] = dict(windows=len(dataset), alone=alone)
    batches = iter(loader)
    for count, _ in enumerate(batches, start=1):
        if count in (workers, len(loader)):
            processes = [worker.pid for worker in batches._workers]  # type: ignore[attr-defined]
            found['first' if count == workers else 'last'] = pss_mb(['self', *processes])
    return found


def main() -> None:
    """Runs the cases and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--videos', type=int, default=548)
    parser.add_argument('--frames', type=int, default=2_600_000)
    parser.add_argument('--workers', type=int, default=8)
    parser.add_argument('--case', choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument('--folder', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(measure(args.case, args.folder, args.workers)))
        return
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(Path(folder), args.videos, args.frames)
        for case in CASES:
            command = [sys.executable, __file__, '--case', case, '--folder', folder,
                       '--workers', str(args.workers)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found[case] = json.loads(done.stdout.split('\n')[-2])
    own = found['dataset']['last']
    table((f'PSS in MB, {args.workers} workers', 'windows', 'before', 'first batches',
           'all windows', 'ratio', 'goal'),
          [[text, f'{found[case]["windows"]:.0f}',
            *(f'{found[case][key]:.0f}' for key in ('alone', 'first', 'last')),
            f'{found[case]["last"] / own:.2f}', f'<= {GOAL_MB}' if case == 'dataset' else '']
           for case, text in CASES.items()])


if __name__ == '__main__':
    main()
