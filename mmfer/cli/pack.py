"""``tools/pack.py``: the frames of an annotation file as tar shards or LMDB, and back."""
from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from mmfer.annotations import read_annotations
from mmfer.errors import MMFERError, StorageError
from mmfer.storage import close_store, open_store
from mmfer.storage.index import INDEX, KINDS, PackIndex
from mmfer.storage.packing import SHARD_SIZE, pack, plan_packing, unpack
from mmfer.storage.verification import verify

_INTERRUPTED = 130
_MEGABYTE = 1e6


class Progress:
    """A line on stderr with what is done, the rate and the time left.

    On a terminal one line is overwritten; a log gets a line every half a minute, and the last.

    Args:
        what: What is done, as the line's first word.
        files: Number of files.
        size: Their bytes, by which the time left is reckoned.
    """

    def __init__(self, what: str, files: int, size: int) -> None:
        self.what, self.files, self.size = what, files, size
        self.done, self.bytes = 0, 0
        self._terminal = sys.stderr.isatty()
        self._every_s = 0.2 if self._terminal else 30.
        self._started = time.monotonic()
        self._next = self._started + self._every_s
        self._lock = threading.Lock()

    def __call__(self, size: int) -> None:
        """Counts a file of so many bytes."""
        with self._lock:
            self.done, self.bytes = self.done + 1, self.bytes + size
            now = time.monotonic()
            if now < self._next and self.done < self.files:
                return
            self._next = now + self._every_s
            end = '\r' if self._terminal and self.done < self.files else '\n'
            line = self.text(now - self._started)
            print(f'{line:<78}' if self._terminal else line, end=end, file=sys.stderr, flush=True)

    def text(self, passed_s: float) -> str:
        """The line, after so many seconds."""
        rate = self.bytes / max(passed_s, 1e-9)
        left = f'{(self.size - self.bytes) / rate:.0f} s left' if self.bytes else ''
        if self.done == self.files:
            left = f'{passed_s:.0f} s'
        return (f'{self.what} {self.done} of {self.files} files, {self.bytes / _MEGABYTE:.0f} of '
                f'{self.size / _MEGABYTE:.0f} MB, {rate / _MEGABYTE:.0f} MB/s, {left}')


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog='pack.py', description='Pack the frames and videos that an annotation file names '
        'into tar shards or LMDB, verify a pack, or turn it back into a folder.',
        epilog='Training on a pack needs no more than annotation.root=OUT; see docs/storage.md.')
    parser.add_argument('annotations', nargs='?', help='annotation file')
    parser.add_argument('--root', metavar='FOLDER', help='where the frames are: a folder, or '
                        'another pack. With --verify: compare each file with its original there')
    parser.add_argument('--out', metavar='FOLDER', help='folder of the pack, or of the files that '
                        '--unpack writes')
    parser.add_argument('--format', choices=KINDS, help='how to pack')
    parser.add_argument('--shard-size', type=float, metavar='BYTES', help='a tar shard ends '
                        f'before the clip that would bring it above this (default {SHARD_SIZE:g})')
    parser.add_argument('--jobs', type=int, metavar='N', help='threads that read and write '
                        '(default: one per core, at most 8)')
    parser.add_argument('--verify', metavar='PACK', help='check every file of a pack')
    parser.add_argument('--unpack', metavar='PACK', help='write the files of a pack into --out')
    return parser


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the command where arguments are missing, or would be ignored."""
    given = {name for name in ('annotations', 'root', 'out', 'format', 'shard_size', 'jobs',
                               'verify', 'unpack') if getattr(args, name) is not None}
    modes = {'verify': ({'verify'}, {'root'}), 'unpack': ({'unpack', 'out'}, set())}
    mode = next((name for name in modes if name in given), 'pack')
    needed, further = modes.get(mode, ({'annotations', 'root', 'out', 'format'},
                                       {'shard_size', 'jobs'}))
    for name in sorted(needed - given):
        parser.error(f'{_flag(name)} is missing')
    for name in sorted(given - needed - further):
        parser.error(f'{_flag(name)} does not go with '
                     f'{_flag(mode) if mode in modes else "packing"}')
    if args.shard_size is not None and (args.format != 'tar' or not args.shard_size >= 1):
        parser.error('--shard-size is a number of bytes from 1, for --format tar')
    if args.jobs is not None and args.jobs < 1:
        parser.error('--jobs is at least 1')


def _flag(name: str) -> str:
    return 'ANNOTATIONS' if name == 'annotations' else '--' + name.replace('_', '-')


def run_pack(args: argparse.Namespace) -> int:
    """Packs and verifies."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else (
        os.cpu_count() or 1)
    packing = plan_packing(read_annotations(args.annotations).rows, args.root, args.out,
                           args.format, int(args.shard_size or SHARD_SIZE))
    files, size = packing.totals
    fresh = pack(packing, args.jobs or min(8, cores), Progress('packed', files, size),
                 Progress('verified', files, size))
    if not fresh:
        print(f'{args.out} holds these files already')
        return run_verify(argparse.Namespace(verify=args.out, root=args.root))
    shards = f' in {len(packing.shards)} shards' if args.format == 'tar' else ''
    print(f'{args.out}: {files} files, {size / _MEGABYTE:.1f} MB{shards}; every SHA-256 is that '
          'of the source')
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Checks a pack; prints what is wrong, and returns 1 where something is."""
    index = PackIndex(Path(args.verify, INDEX))
    try:
        totals = index.totals()
        source = None if args.root is None else open_store(args.root)
        count = 0
        for _, problem in verify(Path(args.verify), index, source, Progress('verified', *totals)):
            print(problem)
            count += 1
    finally:
        index.close()
    against = 'as the index says' if source is None else f'as the index says and as in {args.root}'
    print(f'{args.verify}: {count} problems' if count else
          f'{args.verify}: {totals[0]} files, all {against}')
    return 1 if count else 0


def run_unpack(args: argparse.Namespace) -> int:
    """Writes the files of a pack into a folder."""
    index = PackIndex(Path(args.unpack, INDEX))
    totals = index.totals()
    index.close()
    count = unpack(args.unpack, args.out, Progress('unpacked', *totals))
    close_store(args.unpack)
    print(f'{args.out}: {count} files')
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/pack.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    check_arguments(parser, args)
    try:
        if args.verify is not None:
            if Path(args.verify).resolve() == Path(args.root or os.devnull).resolve():
                raise StorageError(f'{args.root} is the pack itself; name its source with --root')
            return run_verify(args)
        return (run_pack if args.unpack is None else run_unpack)(args)
    except MMFERError as error:
        print(f'{type(error).__name__}: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\ninterrupted; what is finished is kept: run the same command again to go on',
              file=sys.stderr)
        return _INTERRUPTED


if __name__ == '__main__':
    sys.exit(main())
