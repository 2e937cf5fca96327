"""``tools/webcam.py``: expressions of the people before a camera, as they happen."""
from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mmfer.apis.camera import read_camera
from mmfer.apis.live import LiveFrame, answer_live, without_delay
from mmfer.apis.newest_frames import NewestFrames
from mmfer.apis.streaming import WINDOW, StreamingRecognizer
from mmfer.cli.common import add_cfg_options, reports_errors
from mmfer.cli.extraction_settings import add_face_settings, settings_of
from mmfer.cli.live_outputs import LiveRecord, answer_line, open_record
from mmfer.cli.live_page import LivePage
from mmfer.cli.live_pictures import LivePictures
from mmfer.cli.live_status import LiveStatus
from mmfer.errors import MMFERError
from mmfer.faces.extraction.job import import_modules
from mmfer.faces.frames import open_frames
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.structures import VideoFrame

_INTERRUPTED = 130
_HOST, _PORT = '127.0.0.1', 8000


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog='webcam.py', description='Show the expressions of the people before a camera, or in '
        'a video that stands in for one, as they happen: on a local web page, as lines of JSON, '
        'or as rows of a CSV file. Ctrl-C ends it.', epilog='See docs/inference.md.')
    parser.add_argument('--config', required=True, help='config of the model')
    parser.add_argument('--checkpoint', required=True, help='checkpoint of the model')
    add_cfg_options(parser)
    parser.add_argument('--classes', nargs='+', metavar='NAME', help='names of the classes, where '
                        'neither config nor checkpoint tells them')
    source = parser.add_argument_group('what is watched').add_mutually_exclusive_group()
    source.add_argument('--camera', type=int, metavar='N', help='number of the camera (default 0)')
    source.add_argument('--video', metavar='FILE', help='a video in its place; every frame of it')
    parser.add_argument('--realtime', action='store_true', help='let the video go on while a frame '
                        'is answered, as a camera does: frames in between are dropped')
    stream = parser.add_argument_group('how it is answered')
    stream.add_argument('--window', type=int, metavar='FRAMES', help=f'frames of a window (default '
                        f'{WINDOW}, or those of the sampler)')
    stream.add_argument('--stride', type=int, default=5, metavar='FRAMES',
                        help='frames between answers (default 5)')
    stream.add_argument('--min-frames', type=int, default=1, metavar='FRAMES', help='frames with '
                        'the face that a window has at least (default 1)')
    stream.add_argument('--device', help='default: a GPU where there is one')
    stream.add_argument('--amp', action='store_true', help='run the model in 16 bits')
    stream.add_argument('--frame-chunk', type=int, metavar='N', help='faces in the trunk at a time')
    add_face_settings(parser.add_argument_group('how faces are found and cut out; as for the '
                                                'crops that the model was trained on'),
                      '--faces-config')
    output = parser.add_argument_group('what comes out')
    output.add_argument('--no-page', action='store_true', help='serve no web page')
    output.add_argument('--host', help=f'address of the page (default {_HOST}); with another than '
                        'the default, whoever can reach it can watch')
    output.add_argument('--port', type=int, help=f'default {_PORT}; 0: any that is free')
    output.add_argument('--json', action='store_true', help='print answers as lines of JSON')
    output.add_argument('--out', metavar='CSV', help='file of all answers, written at the end')
    return parser


def check_arguments(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the command where arguments contradict each other."""
    if args.realtime and args.video is None:
        parser.error('--realtime goes with --video; a camera is always so')
    if args.no_page and (args.host is not None or args.port is not None):
        parser.error('--host and --port are of the page, which --no-page leaves out')
    if args.no_page and not args.json and args.out is None:
        parser.error('--no-page leaves nothing that comes out; add --json or --out')
    if args.out is not None and not args.out.endswith('.csv'):
        parser.error('--out is a file of comma-separated values; name it *.csv')


@dataclass
class Outputs:
    """Where answers go, and the classes that they name."""

    classes: Sequence[str]
    status: LiveStatus
    page: LivePage | None
    record: LiveRecord | None
    lines: bool

    def __post_init__(self) -> None:
        self._pictures = LivePictures(self.classes)

    def take(self, live: LiveFrame) -> None:
        """Passes on what is known with a frame."""
        self.status.add(live)
        # first: whoever reads a line may end the command at once
        if self.record is not None:
            self.record.write(live)
        if self.lines:
            for answer in live.fresh:
                print(answer_line(answer, live.faces.frame.time_s, self.classes), flush=True)
        if self.page is not None and self.page.watched:
            self.page.show(self._pictures.of(live, self.status.text()))


def watch(args: argparse.Namespace) -> int:
    """Answers until the source ends, is lost, or Ctrl-C is pressed.

    Raises:
        MediaError: The camera is lost, or the video is damaged; what was recorded is kept.
    """
    import_modules(tuple(args.imports))
    recognizer = StreamingRecognizer.from_config(
        args.config, args.checkpoint, args.device, args.cfg_options, args.classes,
        window=args.window, stride=args.stride, min_frames=args.min_frames,
        frame_chunk=args.frame_chunk, amp=args.amp)
    pipeline = FacePipeline(without_delay(settings_of(args)))
    failure: MMFERError | None = None
    with ExitStack() as stack:
        page, record = None, None
        if not args.no_page:
            page = stack.enter_context(LivePage(
                f'mmfer: {args.config}', _HOST if args.host is None else args.host,
                _PORT if args.port is None else args.port))
            print(f'watch at {page.address}', file=sys.stderr, flush=True)
        if args.out is not None:
            record = stack.enter_context(open_record(args.out, recognizer.classes))
        frames, total = open_source(args, stack)
        status = LiveStatus(frames if isinstance(frames, NewestFrames) else None, total)
        outputs = Outputs(recognizer.classes, status, page, record, args.json)
        try:
            for live in answer_live(frames, pipeline, recognizer, clip_of(args)):
                outputs.take(live)
        except KeyboardInterrupt:
            pass  # the usual end of a camera
        except BrokenPipeError:  # whoever read the lines has heard enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except MMFERError as error:
            failure = error  # raised when what was recorded is safe
        status.close()
    if record is not None:
        print(f'{args.out}: {record.rows:,} answers', file=sys.stderr)
    if failure is not None:
        raise failure
    return 0


def clip_of(args: argparse.Namespace) -> str:
    """Id of what is watched, for detectors whose answers were made before."""
    return 'live' if args.video is None else Path(args.video).stem


def open_source(args: argparse.Namespace,
                stack: ExitStack) -> tuple[Iterable[VideoFrame], int | None]:
    """The frames, and how many there are where that is known; closed with the stack."""
    if args.video is None:
        return stack.enter_context(NewestFrames(read_camera(args.camera or 0))), None
    source = stack.enter_context(open_frames(args.video))
    if args.realtime:
        return stack.enter_context(NewestFrames(source, paced=True)), source.count
    return source, source.count


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/webcam.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    check_arguments(parser, args)
    # being told to end is no reason to lose a record
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return watch(args)
    except KeyboardInterrupt:  # before there was anything to keep
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == '__main__':
    sys.exit(main())
