"""How long the doctor takes for a listing of many clips, as videos and as folders of frames.

    python benchmarks/doctor_listing.py --clips 10000

Writes a DFEW of empty-looking files in a temporary folder: nothing of a medium is read.
"""
from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import time
from pathlib import Path

from mmfer.cli.doctor import main as doctor
from mmfer.corpora.dfew import FOLDS, NAMINGS


def write(root: Path, clips: int, frames: int) -> None:
    """Lists of ``clips`` clips and a file for each, or a folder of ``frames`` files."""
    names = [f'{number:05d}' for number in range(1, clips + 1)]
    for fold in FOLDS:
        for part in ('train', 'test'):
            path = root / NAMINGS[0].format(part=part, fold=fold)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('\n'.join(['video_name,label', *(
                f'{name},{index % 7 + 1}' for index, name in enumerate(names)
                if (index % 5 + 1 == fold) == (part == 'test'))]), encoding='utf-8')
    folder = root / ('clip_224x224' if frames else 'original')
    folder.mkdir()
    for name in names:
        if not frames:
            (folder / f'{name}.mp4').write_bytes(b'x')
            continue
        (folder / name).mkdir()
        for number in range(1, frames + 1):
            (folder / name / f'{name}_{number:05d}.jpg').write_bytes(b'x')


def main() -> None:
    """Prints a line for each kind of media."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--clips', type=int, default=10_000)
    parser.add_argument('--frames', type=int, default=16, help='of a clip that is a folder')
    args = parser.parse_args()
    for title, frames in (('videos', 0), (f'folders of {args.frames} frames', args.frames)):
        with tempfile.TemporaryDirectory() as name:
            write(Path(name), args.clips, frames)
            started = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                doctor(['dfew', '--root', name])
            took = time.perf_counter() - started
        print(f'{args.clips:,} clips, {title}: {took:.1f} s')


if __name__ == '__main__':
    main()
