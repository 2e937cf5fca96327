"""Time and memory of a training start on a very large annotation file.

Writes an annotation file of a million clips (some with missing frames, all with a subject and
a slice column) and a protocol over all of them, then runs each case in a process of its own
and asks the operating system for its largest memory. The first case only imports what the
others import as well. The frames themselves are not there: nothing is decoded. Goal for
the dataset, reading, checking, hashing and dividing included: at most 10 s beyond the import
and 1.2 GB in all. The ratio is that of processor times to the standard library's json.load of
the annotation file, which checks nothing: it does not depend on what else the machine does.

    python benchmarks/annotation_scale.py
"""
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import table

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.protocols import Protocol, Split, write_protocol

CASES = {
    'import': 'import of the datasets (torch and the hosts)',
    'json': 'json.load of the annotation file',
    'read': 'read_annotations and hash',
    'dataset': 'ExpressionDataset of the training part',
    'counts': 'the same, class counts and pools of a balanced sampler',
}
CLASSES = ['anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'neutral']
SCENES = ['indoors', 'outdoors', 'studio', 'street']


def make_rows(count: int) -> list[dict]:
    """Rows of clips of 8 to 200 frames, 200 clips a subject; every 20th lacks two frames."""
    rng = np.random.default_rng(0)
    frames, labels = rng.integers(8, 200, count).tolist(), rng.integers(0, 7, count).tolist()
    rows = []
    for index in range(count):
        subject = f'S{index // 200:05d}'
        row = dict(clip=f'{subject}/clip_{index:07d}', frames=f'{subject}/clip_{index:07d}',
                   num_frames=frames[index], label=labels[index], subject=subject,
                   scene=SCENES[index % 4])
        if index % 20 == 0:
            row['frame_numbers'] = [*range(1, 5), *range(7, frames[index] + 3)]
        rows.append(row)
    return rows


def write_corpus(folder: Path, count: int) -> None:
    """Writes the annotation file and a protocol of one split, 70:10:20 by subject."""
    rows = make_rows(count)
    write_annotations(folder / 'annotations.json', make_metainfo('large', CLASSES, rows), rows)
    clips = [row['clip'] for row in rows]
    bounds = [round(count * share / 200) * 200 for share in (0.7, 0.8)]
    split = Split('official', tuple(clips[:bounds[0]]), tuple(clips[bounds[0]:bounds[1]]),
                  tuple(clips[bounds[1]:]))
    ann_hash = read_annotations(folder / 'annotations.json').hash
    write_protocol(folder / 'protocol.json', Protocol('official', ann_hash, True, 0, (split,)))


def peak_mb() -> float:
    """Largest resident memory of this process so far, MB."""
    # getrusage would count the process that started this one in
    status = Path('/proc/self/status').read_text()
    return int(status.split('VmHWM:')[1].split()[0]) * 1024 / 1e6


def measure(case: str, folder: str) -> dict[str, float]:
    """Seconds beyond the import, of the clock and of the processor, and largest memory."""
    import mmfer.datasets
    from mmfer.datasets.class_counts import class_counts
    from mmfer.datasets.samplers import EpochSampler
    wall, cpu = time.perf_counter(), time.process_time()
    if case == 'json':
        with open(f'{folder}/annotations.json', encoding='utf-8') as file:
            json.load(file)
    elif case == 'read':
        _ = read_annotations(f'{folder}/annotations.json').hash
    elif case != 'import':
        dataset = mmfer.datasets.ExpressionDataset(
            f'{folder}/annotations.json', folder, protocol_file=f'{folder}/protocol.json',
            split='official', selection='inner')
        if case == 'counts':
            class_counts(dataset, len(CLASSES))
            EpochSampler(dataset, seed=0, class_balanced=True)
    return dict(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu,
                peak=peak_mb())


def main() -> None:
    """Runs the cases and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--clips', type=int, default=1_000_000, help='at least 2000')
    parser.add_argument('--case', choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument('--folder', help='where the files are, or are to be kept')
    args = parser.parse_args()
    if args.case:
        print(json.dumps(measure(args.case, args.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or temporary
        if not (Path(folder) / 'protocol.json').exists():
            write_corpus(Path(folder), args.clips)
        size = (Path(folder) / 'annotations.json').stat().st_size
        lines, reference = [], 0.0
        for case, text in CASES.items():
            command = [sys.executable, __file__, '--case', case, '--folder', folder]
            start = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            whole, found = time.perf_counter() - start, json.loads(done.stdout.split('\n')[-2])
            reference = found['cpu'] if case == 'json' else reference
            ratio = f'{found["cpu"] / reference:.2f}' if reference else ''
            lines.append([text, f'{found["wall"]:.1f}', f'{found["cpu"]:.1f}', ratio,
                          f'{whole:.1f}', f'{found["peak"]:.0f}',
                          '<= 10 s, 1200 MB' if case in ('read', 'dataset') else ''])
    table((f'{args.clips:,} clips, {size / 1e6:.0f} MB', 's', 'processor s', 'ratio',
           's, start included', 'peak MB', 'goal'), lines)


if __name__ == '__main__':
    main()
