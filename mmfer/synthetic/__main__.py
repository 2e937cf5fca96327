"""``python -m mmfer.synthetic ckplus --out DIR``: writes synthetic data."""
from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from mmfer.errors import MMFERError
from mmfer.synthetic.ckplus import write_ckplus
from mmfer.synthetic.corpus import write_corpus
from mmfer.synthetic.layouts import MAKERS
from mmfer.synthetic.sheet import contact_sheet, write_sheet

MAX_FRAMES = 12


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m mmfer.synthetic',
        description='Parametric faces moved by action units: corpora and pictures of them.')
    commands = parser.add_subparsers(dest='command', required=True)
    ckplus = commands.add_parser('ckplus', help='a corpus in the layout of CK+')
    ckplus.add_argument('--subjects', type=int, help='number of subjects (default: 123, with '
                        "exactly CK+'s counts)")
    ckplus.add_argument('--max-frames', type=int, help='upper bound of frames per sequence')
    _add_common(ckplus)
    for maker in MAKERS.values():
        command = commands.add_parser(maker.name,
                                      help=f'a small corpus in the layout of {maker.title}')
        command.add_argument(f'--{maker.counted}', type=int, default=maker.count, dest='count',
                             help=f'number of {maker.counted} (default: {maker.count})')
        command.add_argument('--max-frames', type=int, default=MAX_FRAMES,
                             help=f'upper bound of frames per clip (default: {MAX_FRAMES})')
        for option in maker.options:
            command.add_argument(option.flag, **option.settings)
        _add_common(command)
    sheet = commands.add_parser('sheet', help='a contact sheet of all expressions')
    sheet.add_argument('--out', required=True, help='PNG to write')
    sheet.add_argument('--size', type=int, default=112, help='side of a face in pixels')
    sheet.add_argument('--seed', type=int, default=0)
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument('--out', required=True, help='folder of the corpus')
    command.add_argument('--size', type=int, default=112, help='side of a frame in pixels')
    command.add_argument('--seed', type=int, default=0)
    command.add_argument('--workers', type=int, default=len(os.sched_getaffinity(0))
                         if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1,
                         help='processes (default: one per core)')


def _show(what: str) -> Callable[[int, int], None]:
    def show(done: int, total: int) -> None:
        end = '\n' if done == total else '\r' if sys.stderr.isatty() else ''
        if end:
            print(f'{done}/{total} {what}', end=end, file=sys.stderr, flush=True)

    return show


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == 'sheet':
            write_sheet(given.out, contact_sheet(size_px=given.size, seed=given.seed))
            print(given.out)
        elif given.command == 'ckplus':
            print(_ckplus(given))
        else:
            print(_corpus(given))
    except (MMFERError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0


def _ckplus(given: argparse.Namespace) -> str:
    summary = write_ckplus(given.out, seed=given.seed, subjects=given.subjects,
                           size_px=given.size, max_frames=given.max_frames,
                           workers=given.workers, progress=_show('frames'))
    counts = ', '.join(f'{name} {count}' for name, count in summary.per_class.items())
    return (f'{summary.root}: {summary.sequences} sequences of {summary.subjects} subjects, '
            f'{sum(summary.per_class.values())} labelled of {summary.labelled_subjects} subjects '
            f'({counts}); {summary.frames} frames, {summary.written} of them new')


def _corpus(given: argparse.Namespace) -> str:
    maker = MAKERS[given.command]
    names = [option.flag.lstrip('-').replace('-', '_') for option in maker.options]
    options = {name: getattr(given, name) for name in names}
    if given.max_frames < 2:
        raise ValueError(f'max_frames is {given.max_frames}; a clip goes from neutral to peak, '
                         'so it needs at least 2')
    layout = maker.make(given.seed, given.count, given.max_frames, **options)
    settings = {maker.counted: given.count, 'max_frames': given.max_frames, **options}
    written = write_corpus(given.out, maker.name, layout, settings, seed=given.seed,
                           size_px=given.size, workers=given.workers, progress=_show('clips'))
    return (f'{written.root}: {written.clips} clips of {written.people} people, '
            f'{written.written} of them new')


if __name__ == '__main__':
    raise SystemExit(main())
