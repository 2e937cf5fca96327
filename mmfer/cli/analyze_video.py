"""Finds the people of videos, and writes what a trained model says of them over time.

Of each video, OUT/NAME has analysis.json (people, the answer for each as for one clip), a
timeline of each person as JSON and CSV, the annotated video and report.html, a page that needs
no other file. Finished videos are left as they are when the command is run again.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmfer.apis import ExpressionInferencer, VideoAnalysis, WindowSettings
from mmfer.cli.analysis_flags import check_flags, refuse_windows, window_settings
from mmfer.cli.analysis_pictures import draw_pictures, write_report
from mmfer.cli.analysis_record import (
    RECORD,
    REPORT,
    VIDEO,
    check_folder,
    clear_results,
    is_finished,
    source_facts,
)
from mmfer.cli.analysis_tables import (
    person_json,
    timeline_json,
    write_timeline_csv,
)
from mmfer.cli.common import add_cfg_options, readable, reports_errors
from mmfer.cli.counter import Counter
from mmfer.cli.extraction_settings import add_face_settings, settings_of
from mmfer.errors import ConfigError, MediaError, MMFERError, StorageError
from mmfer.faces.extraction.job import import_modules
from mmfer.fileio import is_full
from mmfer.jsonfile import write_json
from mmfer.visualization.video_writer import check_encoder

_FORMAT = 1


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='analyze_video', description=__doc__)
    parser.add_argument('videos', nargs='+', metavar='VIDEO',
                        help='video, or folder of frames')
    parser.add_argument('--config', required=True, help='config file of the model')
    parser.add_argument('--checkpoint', required=True, help='checkpoint of the model')
    parser.add_argument('--out', required=True, type=Path, metavar='FOLDER', help='folder '
                        'of the results; those of a video lie in one of its name in it')
    add_cfg_options(parser)
    parser.add_argument('--classes', nargs='+', metavar='NAME', help='names of the classes in the '
                        'order of the scores, where neither config nor checkpoint tells them')
    parser.add_argument('--crops', action='store_true', help='the videos or folders are crops of '
                        "one person's face each; nobody is looked for")
    parser.add_argument('--rate-hz', type=float, metavar='HZ',
                        help='frames per second of folders, above 0 (default: 25)')
    parser.add_argument('--no-video', action='store_true', help='write no annotated video')
    parser.add_argument('--min-frames', type=int, default=10, metavar='N', help='people with '
                        'fewer crops are named, but get no answer (default: 10)')
    parser.add_argument('--device', help='of the model; default: a GPU where there is one')
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision')
    parser.add_argument('--frame-chunk', type=int, metavar='N', help='most crops in the trunk at a '
                        "time, of all people together (default: the config's)")
    parser.add_argument('--tta', action='store_true', help='average the answers to several views, '
                        'as tools/test.py --tta does')
    defaults, windows = WindowSettings(), parser.add_argument_group(
        'windows of the timeline', 'for models that answer for clips, not for every frame')
    windows.add_argument('--window-s', type=float, metavar='S',
                         help=f'length in seconds (default: {defaults.length_s})')
    windows.add_argument('--stride-s', type=float, metavar='S',
                         help=f'from one to the next (default: {defaults.stride_s})')
    windows.add_argument('--window-frames', type=int, metavar='N',
                         help='length in frames, in place of seconds')
    windows.add_argument('--stride-frames', type=int, metavar='N',
                         help='from one to the next in frames, in place of seconds')
    windows.add_argument('--min-coverage', type=float, metavar='SHARE', help='windows in which '
                         'the face was found or tracked on fewer frames get no answer '
                         f'(default: {defaults.min_coverage})')
    add_face_settings(parser.add_argument_group('how faces are found and cut out'),
                      '--faces-config')
    return parser


def names_of(videos: Sequence[str]) -> dict[str, Path]:
    """By name of the folder in OUT the videos.

    Raises:
        ConfigError: Two videos would have one folder.
    """
    named: dict[str, Path] = {}
    for video in map(Path, videos):
        # of a folder all of its name, of a file the part before the suffix
        name = video.resolve().name if os.path.isdir(video) else video.stem
        if name in named:
            raise ConfigError(f'{named[name]} and {video} are both called {name!r}; give them '
                              'different --out folders, one after the other')
        named[name] = video
    return named


def made_of(inferencer: ExpressionInferencer, args: argparse.Namespace,
            windows: WindowSettings | None) -> dict[str, Any]:
    """Everything that decides the results, as JSON, but the video itself."""
    checkpoint = hashlib.sha256(Path(args.checkpoint).read_bytes()).hexdigest()
    faces = None if args.crops else inferencer.faces.settings_hash
    return dict(format=_FORMAT, config_name=inferencer.cfg.config_name,
                config_hash=inferencer.cfg.config_hash, checkpoint_sha256=checkpoint,
                classes=list(inferencer.classes),
                faces_hash=faces, amp=args.amp, min_frames=args.min_frames, rate_hz=args.rate_hz,
                windows=None if windows is None else vars(windows), video=not args.no_video)


def analyze(inferencer: ExpressionInferencer, video: Path, folder: Path,
            args: argparse.Namespace, windows: WindowSettings | None,
            settings: dict[str, Any]) -> VideoAnalysis | None:
    """Analyses one video and writes the results; None where they were there already.

    Raises:
        ConfigError: The folder is not for the results of this video.
        MediaError: The video does not exist, is damaged, or has no frame.
    """
    if not video.exists():
        raise MediaError(f'{video} does not exist; correct the path')
    check_folder(folder, video)
    facts = {**settings, 'source': source_facts(video)}
    if is_finished(folder, facts):
        return None
    with Counter(f'frames of {video.name} analysed') as counter:
        def progress(count: int, total: int | None) -> None:
            counter.total = total
            counter(count)
        analysis = inferencer(video, crops=args.crops, rate_hz=args.rate_hz, windows=windows,
                              min_frames=args.min_frames, progress=progress)
    clear_results(folder)
    written = write_tables(folder, analysis)
    people = draw_pictures(inferencer, analysis, video, args.crops, args.rate_hz,
                           None if args.no_video else folder / VIDEO)
    detector = None if args.crops else inferencer.faces.settings.detector['type']
    write_report(folder / REPORT, analysis, people, page_facts(analysis, args, detector),
                 None if args.no_video else VIDEO)
    files = [*written, REPORT, *([] if args.no_video else [VIDEO])]
    # last: it says that all is there
    write_json(folder / RECORD, dict(
        video=readable(video.resolve()), classes=list(analysis.classes),
        frames=len(analysis.numbers), end_s=round(float(analysis.times_s[-1]), 4),
        detector=detector, made_of=facts, files=files,
        people=[person_json(person, analysis.classes) for person in analysis.people]))
    return analysis


def write_tables(folder: Path, analysis: VideoAnalysis) -> list[str]:
    """The timelines of everybody who has one; names of the files."""
    names = []
    for person in analysis.people:
        if person.timeline is not None:
            name = f'timeline_{person.id}'
            write_timeline_csv(folder / f'{name}.csv', analysis, person)
            write_json(folder / f'{name}.json', timeline_json(analysis, person))
            names += [f'{name}.csv', f'{name}.json']
    return names


def page_facts(analysis: VideoAnalysis, args: argparse.Namespace,
               detector: str | None) -> dict[str, str]:
    """What the page says of video and model; ``detector`` is None where nobody was looked for."""
    times_s = analysis.times_s
    facts = {'Frames': f'{len(times_s)}, the last one at {times_s[-1]:.2f} s',
             'People': str(len(analysis.people)),
             'Config': readable(Path(args.config).name),
             'Checkpoint': readable(Path(args.checkpoint).name)}
    if detector is not None:
        facts['Face detector'] = detector
    kinds = {person.timeline.kind for person in analysis.people if person.timeline is not None}
    if 'windows' in kinds:
        facts['Timeline'] = 'answers for windows that slide over the stay of each person'
    elif kinds:
        facts['Timeline'] = 'an answer for each frame'
    return facts


def summary(analysis: VideoAnalysis) -> str:
    """What is printed of a video."""
    said = [f'person {person.id} {person.answer.label} '
            f'({np.max(person.answer.probabilities):.2f})'
            for person in analysis.people if person.answer is not None]
    without = len(analysis.people) - len(said)
    return ', '.join([*said, *([f'{without} without an answer'] if without else [])]) or 'nobody'


def reason_of(error: Exception, out: Path) -> str:
    """Why one video failed.

    Raises:
        StorageError: No other one could be written either.
    """
    if isinstance(error, OSError) and is_full(error):
        raise StorageError(f'{out} cannot be written ({error.strerror}); free some space there, '
                           'and run the same command again: what is finished is kept') from error
    if not isinstance(error, MMFERError | OSError):
        traceback.print_exception(error)  # a defect, which must not stop the other videos
    return f'{type(error).__name__}: {error}'


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/analyze_video.py``."""
    args = build_parser().parse_args(argv)
    named = names_of(args.videos)
    windows: WindowSettings | None = window_settings(args)
    check_flags(args, named)
    if not args.no_video:
        check_encoder()
    import_modules(tuple(args.imports))
    inferencer = ExpressionInferencer(
        args.config, args.checkpoint, device=args.device, amp=args.amp,
        frame_chunk=args.frame_chunk, faces=settings_of(args), cfg_options=args.cfg_options,
        tta=args.tta, classes=args.classes)
    if inferencer.answers_frames:
        refuse_windows(args)
        windows = None
    settings = made_of(inferencer, args, windows)
    failed: list[str] = []
    for name, video in named.items():
        folder = args.out / name
        try:
            analysis = analyze(inferencer, video, folder, args, windows, settings)
        except Exception as error:
            failed.append(f'{readable(video)}: {reason_of(error, args.out)}')
            print(failed[-1], file=sys.stderr, flush=True)
            continue
        done = 'nothing has changed' if analysis is None else summary(analysis)
        print(f'{readable(folder)}: {done}', flush=True)
    if failed and len(named) > 1:
        print('\n'.join([f'{len(failed)} of {len(named)} videos failed:', *failed]),
              file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
