"""Frames per second of the synthetic face renderer on one core.

Run: ``python benchmarks/rendering.py [--size 112] [--subjects 6]``. Times are those of
the processor, so other programs on the machine change little.
"""
from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmfer.synthetic import PROTOTYPES, sample_identity, write_ckplus  # noqa: E402
from mmfer.synthetic.performance import film, stage  # noqa: E402
from mmfer.synthetic.rendering import Renderer  # noqa: E402

_GOAL = 200


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--size', type=int, default=112, help='side of a frame in pixels')
    parser.add_argument('--subjects', type=int, default=6)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    prepare = render = 0.
    frames = 0
    for subject in range(given.subjects):
        rng = np.random.default_rng([0, subject])
        identity = sample_identity(rng)
        start = time.process_time()
        renderer = Renderer(identity, given.size)
        prepare += time.process_time() - start
        for label in PROTOTYPES:
            performance = stage(label, identity, 18, rng, rng)
            start = time.process_time()
            frames += sum(1 for _ in film(performance, renderer, True, range(1, 19)))
            render += time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        summary = write_ckplus(Path(folder) / 'corpus', subjects=given.subjects,
                               size_px=given.size)
        whole = time.process_time() - start
    head = f'step at {given.size} px, one core'
    print(f'{head:36}{"frames/s":>10}{"ms":>9}{"goal":>7}')
    for name, seconds, count in (('a frame, noise included', render, frames),
                                 ('a frame of a corpus, PNG on disk', whole, summary.frames)):
        print(f'{name:36}{count / seconds:10.0f}{1e3 * seconds / count:9.2f}{_GOAL:7d}')
    print(f'{"an identity, once":36}{"":10}{1e3 * prepare / given.subjects:9.2f}')


if __name__ == '__main__':
    main()
