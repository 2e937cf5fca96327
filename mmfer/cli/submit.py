"""Writes and checks submissions to the expression track of the ABAW challenges.

``predict`` runs a checkpoint over every frame of the test videos; they need no labels and no
annotation file. ``convert`` takes a predictions file of labelled videos. ``validate`` checks a
folder that is there already. How many frames a video has is known best from the organisers:
their example file of image locations, or a list of lengths.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.annotations import Row, read_annotations
from mmfer.cli.common import reports_errors
from mmfer.cli.counter import Counter
from mmfer.cli.frame_answers import answer_frames
from mmfer.cli.trained_model import TrainedModel, add_model_arguments, load_trained_model
from mmfer.corpora import Source
from mmfer.errors import PredictionError
from mmfer.evaluation.folds import notes
from mmfer.evaluation.predictions import read_predictions
from mmfer.evaluation.slices import check_annotations
from mmfer.evaluation.submission import (
    EDITIONS,
    MISSING,
    Edition,
    FrameAnswers,
    class_codes,
    fill_in,
    write_submission,
)
from mmfer.evaluation.submission_check import check_submission
from mmfer.evaluation.submission_frames import (
    annotated_frames,
    count_frames,
    read_example,
    read_lengths,
    read_videos,
    select_videos,
)
from mmfer.protocols import read_protocol

Wanted = dict[str, NDArray[np.int64]]


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='submit', description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    predict = commands.add_parser('predict', help='answer all frames of the test videos')
    add_model_arguments(predict)
    predict.add_argument('--root', required=True, metavar='DIR', help='cropped_aligned: the '
                         'folders of frames, <video>/00001.jpg ..., numbered as in the video')
    convert = commands.add_parser('convert', help='from a predictions file of labelled videos')
    convert.add_argument('predictions', help='predictions.parquet with answers per frame')
    convert.add_argument('--annotations', required=True, metavar='FILE',
                         help='annotation file that the predictions were made with')
    validate = commands.add_parser('validate', help='check a folder')
    validate.add_argument('folder', help='the submission')
    for command in (predict, convert, validate):
        command.add_argument('--edition', choices=EDITIONS, required=True,
                             help='which challenge: abaw1 (2020) to abaw6 (2024)')
        command.add_argument('--videos', metavar='LIST', help='names of the test videos, one a '
                             'line; default: those that --example or --lengths lists')
        frames = command.add_mutually_exclusive_group(required=command is validate)
        frames.add_argument('--example', metavar='FILE',
                            help="the organisers' example file, which names every image")
        frames.add_argument('--lengths', metavar='CSV', help='lines "video,frames"')
        frames.add_argument('--originals', metavar='DIR',
                            help='original videos, whose frames are counted')
    for command in (predict, convert):
        command.add_argument('--out', required=True, metavar='DIR', help='folder to write to')
        command.add_argument('--missing', choices=MISSING, help='frames without an answer: -1 '
                             '(ignore) or the answer for the nearest frame; default: ignore for '
                             'abaw1 and abaw2, else nearest')
    return parser


def wanted_frames(args: argparse.Namespace, videos: Sequence[str] | None) -> Wanted | None:
    """Frames by video as the arguments tell them; None where they tell no numbers of frames.

    Raises:
        PredictionError: A list is malformed, or does not tell of every video.
    """
    if args.example:
        found, where = read_example(args.example), args.example
    elif args.lengths:
        found, where = read_lengths(args.lengths), args.lengths
    elif args.originals:
        if videos is None:
            raise PredictionError('--originals does not tell which videos are tested; give '
                                  '--videos too')
        found, where = count_frames(args.originals, videos), args.originals
    else:
        return None
    return select_videos(found, found if videos is None else videos, where)


def read_rows(root: str, videos: Sequence[str]) -> tuple[list[Row], list[str]]:
    """Rows of the frame folders of videos, and what was odd about them, line by line."""
    with Counter('videos read', len(videos)) as counter:
        source = Source(Path(root), Path(root), progress=counter)
        media = source.media()
        rows: list[Row] = [{'clip': video, **(media.clip(video, start_index=1) or {})}
                           for video in videos]
    return rows, source.report.lines()


def refuse_trained_on(trained: TrainedModel, videos: Sequence[str]) -> None:
    """Refuses videos that trained or selected the model.

    Raises:
        PredictionError: Names one.
    """
    protocol = trained.cfg.get('protocol') or {}
    if not protocol.get('file') or not protocol.get('split'):
        return
    annotations = read_annotations(trained.cfg.annotation.file)
    split = read_protocol(protocol['file'], annotations).split(protocol['split'])
    known = set(split.train) | set(split.selection)
    seen = [video for video in videos if video in known]
    if seen:
        raise PredictionError(f'video {seen[0]!r} trained or selected this model ({len(seen)} '
                              'videos did); a submission is about others')


def predict(args: argparse.Namespace) -> list[str]:
    """Runs the model and writes the submission; returns what to print."""
    edition = EDITIONS[args.edition]
    videos = read_videos(args.videos) if args.videos else None
    wanted = wanted_frames(args, videos)
    names = videos or list(wanted or ())
    if not names:
        raise PredictionError('which videos are tested? Give --videos, --example or --lengths')
    trained = load_trained_model(args)
    refuse_trained_on(trained, names)
    classes = trained.cfg.test_dataloader.dataset.get('classes') or read_annotations(
        trained.cfg.annotation.file).classes
    codes = class_codes(classes, edition)
    rows, odd = read_rows(args.root, names)
    lines = [*odd, *notes(trained.facts)]
    if wanted is None:
        wanted = select_videos({row['clip']: _up_to_last(row) for row in rows}, names, args.root)
        lines.append('each video is taken to end at its last frame with a face; give --example, '
                     '--lengths or --originals for its true length')
    given = answer_frames(trained, rows, classes, args.root)
    answers = {video: FrameAnswers(numbers, codes[places])
               for video, (numbers, places) in given.items()}
    return [*lines, *_write(args, answers, wanted, edition)]


def _up_to_last(row: Row) -> NDArray[np.int64]:
    numbers = row.get('frame_numbers')
    last = row['num_frames'] if numbers is None else max(numbers, default=0)
    return np.arange(1, last + 1)


def convert(args: argparse.Namespace) -> list[str]:
    """Writes the submission that a predictions file makes; returns what to print.

    Raises:
        PredictionError: The answers are not for frames, are of another annotation file, or
            lack a labelled frame.
    """
    edition, read = EDITIONS[args.edition], read_predictions(args.predictions)
    annotations = read_annotations(args.annotations)
    check_annotations(read.metadata, annotations)
    if not read.tracks:
        raise PredictionError(f'{args.predictions}: answers for clips; a submission needs one for '
                              'every frame')
    codes, answers = class_codes(read.classes, edition), {}
    for track in read.tracks:
        if track.clip in answers:
            raise PredictionError(f'{args.predictions}: clip {track.clip!r} was tested in two '
                                  'splits; give the predictions of one')
        labels = np.array(annotations.by_clip[track.clip].get('frame_labels', ()), np.int64)
        present = annotations.by_clip[track.clip].get('frame_numbers')
        labelled = np.flatnonzero(labels >= 0) + 1
        if present is not None:
            labelled = np.intersect1d(labelled, present)
        lacking = np.setdiff1d(labelled, track.frame_numbers)
        if lacking.size:
            raise PredictionError(f'{args.predictions}: clip {track.clip!r}: labelled frame '
                                  f'{lacking[0]} has no answer')
        answers[track.clip] = FrameAnswers(track.frame_numbers.astype(np.int64),
                                           codes[track.scores.argmax(1)])
    videos = read_videos(args.videos) if args.videos else None
    wanted = wanted_frames(args, videos)
    if wanted is None:
        wanted = select_videos(annotated_frames(annotations), videos or answers,
                               args.annotations)
    return [*notes(read.metadata), *_write(args, answers, wanted, edition)]


def _write(args: argparse.Namespace, answers: dict[str, FrameAnswers], wanted: Wanted,
           edition: Edition) -> list[str]:
    filled = fill_in(answers, wanted, args.missing or edition.missing, edition)
    written = write_submission(args.out, filled, edition)
    total = check_submission(args.out, wanted, edition)
    way = args.missing or edition.missing
    lines = [f'{len(wanted)} videos, {total} frames']
    if filled.without_answer:
        how = '-1' if way == 'ignore' else 'the answer for the nearest frame'
        lines.append(f'{filled.without_answer} frames without an answer: {how}')
    if filled.without_face:
        how = '-1' if way == 'ignore' else 'neutral'
        lines.append(f'{len(filled.without_face)} videos without any answer, all {how}: '
                     f'{", ".join(filled.without_face[:5])}')
    if filled.dropped:
        lines.append(f'{filled.dropped} answers dropped, for frames that are not asked for')
    what = written[0] if edition.one_file else f'{args.out}: {len(written)} files'
    return [*lines, f'wrote {what}']


def validate(args: argparse.Namespace) -> list[str]:
    """Checks a submission; returns what to print."""
    videos = read_videos(args.videos) if args.videos else None
    wanted = wanted_frames(args, videos) or {}
    total = check_submission(args.folder, wanted, EDITIONS[args.edition])
    return [f'{args.folder}: valid for {args.edition}: {len(wanted)} videos, {total} frames']


_COMMANDS: dict[str, Any] = {'predict': predict, 'convert': convert, 'validate': validate}


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/submit.py``."""
    args = build_parser().parse_args(argv)
    for line in _COMMANDS[args.command](args):
        print(line)
    return 0


if __name__ == '__main__':
    sys.exit(main())
