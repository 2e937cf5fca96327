"""Peak memory of testing one long video.

Three processes, each measured by the operating system from the moment when the model
stands: the video's uint8 frames and the trunk on one chunk of them (what is needed at
least); FAN's test step on the whole video; the same with the input pipeline, from JPEG
files. Goal for the test step: at most 1.3x the first.

    python benchmarks/peak_memory.py
"""
from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from common import fan, table, videos

from mmfer.models import ExpressionRecognizer, trunk_output

CASES = {
    'minimum': 'uint8 frames + trunk on one chunk',
    'test': 'test step of FAN',
    'pipeline': 'test step of FAN, input pipeline included',
}


def resident_mib() -> float:
    """Memory of this process now, MiB."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGESIZE') / 2**20


def peak_mib() -> float:
    """Largest memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def read_video(model: ExpressionRecognizer, folder: str, args: argparse.Namespace) -> dict:
    """The collated batch of one video, decoded from files."""
    from input_pipeline import pipeline_of
    from mmengine.dataset import pseudo_collate

    from mmfer.datasets import ExpressionDataset
    dataset = ExpressionDataset(f'{folder}/annotations.json', folder,
                                pipeline_of(dict(type='AllFrames'), args.size))
    return pseudo_collate([dataset[0]])


@torch.inference_mode()
def measure(case: str, args: argparse.Namespace) -> float:
    """MiB that one case needs beyond the model."""
    model = fan(frame_chunk=args.chunk).eval()
    # one frame first: libraries load and set up what they keep
    model.test_step(videos([1], args.size))
    if case == 'pipeline':
        read_video(model, args.folder + '/short', args)
    before = resident_mib()
    if case == 'pipeline':
        model.test_step(read_video(model, args.folder + '/long', args))
    else:
        batch = videos([args.frames], args.size)
        if case == 'test':
            model.test_step(batch)
        else:
            chunk = batch['inputs'][0][:args.chunk]
            trunk_output(model.backbone, model.data_preprocessor.normalize(chunk))
    return peak_mib() - before


def main() -> None:
    """Runs the cases and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--frames', type=int, default=1000)
    parser.add_argument('--size', type=int, default=224, help='side of a frame, pixels')
    parser.add_argument('--chunk', type=int, default=64, help='frames encoded at a time')
    parser.add_argument('--case', choices=list(CASES), help=argparse.SUPPRESS)
    parser.add_argument('--folder', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(measure(args.case, args))
        return
    from input_pipeline import write_corpus
    needed = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, frames in (('short', 1), ('long', args.frames)):
            (Path(folder) / name).mkdir()
            write_corpus(Path(folder) / name, clips=1, frames=frames, side=args.size)
        for case in CASES:
            command = [sys.executable, __file__, '--case', case, '--folder', folder,
                       '--frames', str(args.frames), '--size', str(args.size),
                       '--chunk', str(args.chunk)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            needed[case] = float(done.stdout.split()[-1])
    table(('', 'MiB', 'ratio', 'goal'),
          [[text, f'{needed[case]:.0f}', f'{needed[case] / needed["minimum"]:.2f}',
            '<= 1.3' if case == 'test' else ''] for case, text in CASES.items()])


if __name__ == '__main__':
    main()
