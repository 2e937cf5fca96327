"""``python -m mmfer.synthetic ckplus --out DIR``: writes synthetic data."""
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from mmfer.errors import MMFERError
from mmfer.synthetic.ckplus import write_ckplus
from mmfer.synthetic.sheet import contact_sheet, write_sheet


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m mmfer.synthetic',
        description='Parametric faces moved by action units: corpora and pictures of them.')
    commands = parser.add_subparsers(dest='command', required=True)
    ckplus = commands.add_parser('ckplus', help='a corpus in the layout of CK+')
    ckplus.add_argument('--out', required=True, help='folder of the corpus')
    ckplus.add_argument('--subjects', type=int, help='number of subjects (default: 123, with '
                        "exactly CK+'s counts)")
    ckplus.add_argument('--size', type=int, default=112, help='side of a frame in pixels')
    ckplus.add_argument('--max-frames', type=int, help='upper bound of frames per sequence')
    ckplus.add_argument('--seed', type=int, default=0)
    ckplus.add_argument('--workers', type=int, default=len(os.sched_getaffinity(0))
                        if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1,
                        help='processes (default: one per core)')
    sheet = commands.add_parser('sheet', help='a contact sheet of all expressions')
    sheet.add_argument('--out', required=True, help='PNG to write')
    sheet.add_argument('--size', type=int, default=112, help='side of a face in pixels')
    sheet.add_argument('--seed', type=int, default=0)
    return parser


def _show(done: int, total: int) -> None:
    end = '\n' if done == total else '\r' if sys.stderr.isatty() else ''
    if end:
        print(f'{done}/{total} frames', end=end, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == 'sheet':
            write_sheet(given.out, contact_sheet(size_px=given.size, seed=given.seed))
            print(given.out)
            return 0
        summary = write_ckplus(given.out, seed=given.seed, subjects=given.subjects,
                               size_px=given.size, max_frames=given.max_frames,
                               workers=given.workers, progress=_show)
    except (MMFERError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    counts = ', '.join(f'{name} {count}' for name, count in summary.per_class.items())
    print(f'{summary.root}: {summary.sequences} sequences of {summary.subjects} subjects, '
          f'{sum(summary.per_class.values())} labelled of {summary.labelled_subjects} subjects '
          f'({counts}); {summary.frames} frames, {summary.written} of them new')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
