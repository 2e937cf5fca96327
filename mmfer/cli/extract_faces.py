"""``tools/extract_faces.py``: videos and folders of frames -> face crops and a ledger."""
from __future__ import annotations

import argparse
import re
import signal
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmfer.cli.extraction_progress import ExtractionProgress
from mmfer.cli.extraction_settings import add_settings, settings_of
from mmfer.cli.subprocesses import cores
from mmfer.errors import LedgerError, MMFERError, StorageError
from mmfer.faces.detectors.catalogue import format_detectors
from mmfer.faces.extraction.job import Job, Outcome, import_modules
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.merging import Merged, merge
from mmfer.faces.extraction.plan import Clip, Plan, find_clips, shard_of
from mmfer.faces.extraction.runner import Means, Survey, execute, survey
from mmfer.faces.extraction.status import State, settings_changes, write_settings
from mmfer.faces.extraction.storage import telling_full
from mmfer.faces.extraction.workers import default_workers
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
from mmfer.jsonfile import json_hash

_NAMED = 20
"""Entries of a list that are printed; a folder may hold thousands of odd files."""
_INTERRUPTED = 130


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog='extract_faces.py', description='Detect, track and cut out the faces of videos and '
        'folders of frames; writes crops, and a ledger of every face on every frame.',
        epilog='Interrupted, killed or failed: run the same command again. See docs/faces.md.')
    parser.add_argument('inputs', nargs='*', metavar='INPUT', help='a video; a folder of videos '
                        'or frames, at any depth; or an annotation file with --root')
    parser.add_argument('--root', metavar='FOLDER',
                        help='folder that the paths of annotation files are relative to')
    parser.add_argument('--out', metavar='FOLDER', type=Path, help='folder of crops and ledger')
    add_settings(parser)
    work = parser.add_argument_group('how it is run')
    work.add_argument('--workers', type=int, metavar='N', help='processes (default: one per core, '
                      'or per GPU where the detector runs on one; 0: none beside this one)')
    work.add_argument('--shard', metavar='I/N', help='extract the I-th of N parts of the clips, '
                      'I from 1, as one of an array of jobs with one output folder')
    work.add_argument('--ray', metavar='ADDRESS', help='extract as tasks of this Ray cluster '
                      '(auto: the one that runs on this machine)')
    work.add_argument('--ray-gpus', type=float, metavar='SHARE',
                      help='share of a GPU that each task of Ray takes (default: 0)')
    work.add_argument('--overwrite', action='store_true', help='replace what was extracted with '
                      'other settings, and clips whose input has changed or whose ledger is '
                      'damaged')
    work.add_argument('--dry-run', action='store_true', help='only say what would be done')
    work.add_argument('--merge', action='store_true', help='only write ledger.parquet and '
                      'failures.json anew from the clips in --out, after the last shard')
    work.add_argument('--list-detectors', action='store_true', help='only list the detectors')
    return parser


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the command where arguments are missing, or would be ignored."""
    if args.list_detectors:
        return
    if args.out is None:
        parser.error('--out is missing')
    if args.merge and vars(args) != vars(parser.parse_args(['--merge', f'--out={args.out}'])):
        parser.error('--merge goes with --out and nothing else: it goes by what lies there')
    if not args.merge and not args.inputs:
        parser.error('INPUT is missing')
    if args.root is not None and not any(name.lower().endswith('.json') for name in args.inputs):
        parser.error('--root goes with an annotation file')
    if args.workers is not None and (args.workers < 0 or args.ray is not None):
        parser.error('--workers is a number from 0, and does not go with --ray')
    if args.ray_gpus is not None and (args.ray is None or not args.ray_gpus >= 0):
        parser.error('--ray-gpus is a number from 0, and goes with --ray')
    if args.shard is not None:
        match = re.fullmatch(r'([0-9]+)/([0-9]+)', args.shard)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            parser.error('--shard is I/N with I from 1 to N, such as 3/8')
        args.shard = int(match[1]), int(match[2])


def run(args: argparse.Namespace) -> int:
    """Extracts, or says what would be."""
    layout = Layout(args.out)
    plan = find_clips(args.inputs, args.out, args.root)
    clips = plan.clips if args.shard is None else shard_of(plan.clips, *args.shard)
    _tell_plan(plan, clips, args)
    settings = settings_of(args)
    identity, device = _identity(settings)
    if args.dry_run:
        return _dry_run(layout, identity, clips, args.overwrite)
    try:
        write_settings(layout, identity, args.overwrite)
    except OSError as error:
        raise StorageError(f'{args.out} cannot be written ({error.strerror}); choose another '
                           'folder, or free some space') from error
    found = survey(clips, layout, json_hash(identity), args.overwrite)
    _tell_survey(found)
    job = Job(str(args.out.absolute()), settings.to_dict(), identity, tuple(args.imports),
              device)
    return _extract(args, layout, plan, found, job)


def _identity(settings: FaceSettings) -> tuple[dict[str, Any], str]:
    """What decides the result, and where the detector computes.

    The detector itself is not kept: each process builds its own.
    """
    pipeline = FacePipeline(settings)
    return pipeline.identity, pipeline.detector.device


def _extract(args: argparse.Namespace, layout: Layout, plan: Plan, found: Survey,
             job: Job) -> int:
    workers = default_workers(job.device, cores()) if args.workers is None else args.workers
    means = Means(workers, args.ray, args.ray_gpus or 0.)
    todo = found.todo
    progress = ExtractionProgress(len(todo), sum(clip.size for clip in todo))

    def tell(outcome: Outcome) -> None:
        if outcome.error is not None:
            progress.note(f'FAILED {outcome.clip.name}: {outcome.error}')
        progress.ended(outcome.clip, outcome.frames)

    with _terminating():
        failures = execute(job, found, means, progress.frames, tell)
    if todo:
        progress.close()
    if args.shard is not None and not _all_ended(plan.clips, layout):
        print(f'{args.out}: shard {args.shard[0]} of {args.shard[1]} is done; the last one '
              'merges all, or --merge does')
        return _tell_failures(failures)
    left_out = _merge(layout, {outcome.clip.name for outcome in failures}).unusable
    return max(_tell_failures(failures), 1 if left_out else 0)


def _all_ended(clips: Sequence[Clip], layout: Layout) -> bool:
    return all(layout.ledger(clip.name).exists() or layout.failure(clip.name).exists()
               for clip in clips)


def _merge(layout: Layout, told: Collection[str] = ()) -> Merged:
    merged = merge(layout)
    print(f'{layout.out}: {merged.clips:,} clips of {merged.frames:,} frames, '
          f'{len(merged.failures):,} failed')
    _print_some('left out', [f'{clip}: {reason}' for clip, reason in merged.unusable.items()
                             if clip not in told])
    return merged


def _merge_alone(layout: Layout) -> int:
    if not layout.settings.is_file():
        raise LedgerError(f'{layout.out} is no output of an extraction, for it has no '
                          f'{layout.settings.name}; correct --out')
    return 1 if _merge(layout).failures else 0


def _dry_run(layout: Layout, identity: Mapping[str, Any], clips: Sequence[Clip],
             overwrite: bool) -> int:
    changes = settings_changes(layout, identity)
    if changes:
        print(f'settings differ from those of {layout.out}:')
        print(''.join(f'  {line}\n' for line in changes), end='')
        print(f'{"all clips there would be replaced" if overwrite else "this would be refused"}'
              f'; {len(clips):,} clips to extract')
        return 0 if overwrite else 1
    found = survey(clips, layout, json_hash(identity), overwrite)
    _tell_survey(found)
    _print_some('would extract', [clip.path for clip in found.todo])
    _print_some('would fail', [f'{one.clip.name}: {one.error}' for one in found.failures])
    return 0


def _tell_plan(plan: Plan, clips: Sequence[Clip], args: argparse.Namespace) -> None:
    _print_some('skipped', [f'{path}: {why}' for path, why in sorted(plan.skipped.items())])
    part = '' if args.shard is None else f', {len(clips):,} of them in shard {args.shard[0]} of ' \
                                         f'{args.shard[1]}'
    print(f'{len(plan.clips):,} clips{part}', flush=True)


def _tell_survey(found: Survey) -> None:
    counts = found.counts()
    words: dict[State, str] = {
        'done': 'done before', 'begun': 'begun before', 'new': 'new',
        'changed': 'with another input than before, extracted anew',
        'unusable': 'with a ledger that is damaged or of other settings, extracted anew'}
    parts = [f'{counts[state]:,} {words[state]}' for state in words if counts[state]]
    if parts:
        print(', '.join(parts), flush=True)


def _tell_failures(failures: Sequence[Outcome]) -> int:
    _print_some('failed', [f'{one.clip.name} ({one.clip.path}): {one.error}' for one in failures])
    return 1 if failures else 0


def _print_some(what: str, lines: Sequence[str]) -> None:
    for line in lines[:_NAMED]:
        print(f'{what}: {line}')
    if len(lines) > _NAMED:
        print(f'{what}: ... and {len(lines) - _NAMED:,} more')


@contextmanager
def _terminating() -> Iterator[None]:
    """Turns SIGTERM into SystemExit, so that processes are ended and locks released."""
    def stop(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/extract_faces.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    check_arguments(parser, args)
    try:
        import_modules(tuple(args.imports))
        if args.list_detectors:
            print(format_detectors())
            return 0
        with telling_full(args.out):
            return _merge_alone(Layout(args.out)) if args.merge else run(args)
    except MMFERError as error:
        print(f'{type(error).__name__}: {error}', file=sys.stderr)
        return 1
    except (KeyboardInterrupt, SystemExit) as stopped:
        print('\ninterrupted; what is finished is kept: run the same command again to go on',
              file=sys.stderr)
        return _INTERRUPTED if isinstance(stopped, KeyboardInterrupt) else int(stopped.code or 1)


if __name__ == '__main__':
    sys.exit(main())
