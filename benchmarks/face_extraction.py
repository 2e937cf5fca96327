"""What extraction of faces costs beside its parts, in two processes, and detecting less often.

Three ratios, each measured within one run, on one thread per process:

1. Extraction of clips (decoding, detecting, tracking, cutting out, writing crops and ledger) to the
   sum of decoding, detector with landmarks, warping and encoding, each timed alone on the same
   frames. All take turns on each clip; processor time is taken, and of each clip the least of the
   rounds, because the speed of a shared machine changes from second to second. The goal is of this
   sum. The shorter a run is, the more easily one of its rounds is a quick one, so the parts are
   also timed as one run, which takes about as long as extraction.
2. What two processes gain in extraction, to what two processes of the bare detector gain. The
   same clips are shared out alike; wall time from when all processes have built their detector
   to the end of the last, so it needs a machine with two idle cores.
3. Finding faces (detecting, following, giving ids) with detection on every frame to that on every
   fifth, on frames in memory, with the coverage of each; and the same of the whole extraction, in
   which decoding, warping and encoding stay what they are.

    python benchmarks/face_extraction.py [FOLDER OF VIDEOS]
"""
from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from common import interleaved, ratio, table
from mmengine import DictAction

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmfer.annotations import VIDEO_SUFFIXES  # noqa: E402
from mmfer.faces.alignment import align_face  # noqa: E402
from mmfer.faces.extraction.clip import extract_clip  # noqa: E402
from mmfer.faces.extraction.layout import Layout  # noqa: E402
from mmfer.faces.extraction.plan import Clip, shard_of  # noqa: E402
from mmfer.faces.extraction.recorder import encode_crop  # noqa: E402
from mmfer.faces.extraction.workers import limit_threads  # noqa: E402
from mmfer.faces.frames import open_frames  # noqa: E402
from mmfer.faces.ledger import coverage, read_ledger  # noqa: E402
from mmfer.faces.pipeline import FacePipeline  # noqa: E402
from mmfer.faces.settings import FaceSettings  # noqa: E402
from mmfer.faces.tracking import FaceTracker  # noqa: E402
from mmfer.synthetic import render_face, sample_identity  # noqa: E402
from mmfer.testing.marked_faces import write_video  # noqa: E402

EVERY = 5
PARTS = ('decoding', 'detector, landmarks', 'warping', 'encoding')
TOGETHER = 'parts as one run'


def pipeline_of(detector: dict[str, Any], every: int = 1) -> FacePipeline:
    """The default settings, with a detector of its own."""
    return FacePipeline(FaceSettings.from_dict({
        'detector': {'type': 'dlib', **detector}, 'tracking': {'detect_every': every}}))


def write_synthetic(folder: Path, count: int, frames: int) -> None:
    """Videos of one drawn face each, which moves."""
    for clip in range(count):
        identity = sample_identity(np.random.default_rng(clip))
        faces = [render_face(identity, {'12': strength}, 240) for strength in (0., .5, 1.)]

        def draw(number: int, faces: list[np.ndarray] = faces) -> np.ndarray:
            frame = np.full((480, 480, 3), 160, np.uint8)
            x, y = (int(120 + 80 * np.sin(number / period)) for period in (17, 29))
            frame[y:y + 240, x:x + 240] = faces[number // 10 % 3]
            return frame

        write_video(folder / f'clip{clip}.mp4', (draw(number) for number in range(frames)))


def trim(source: Path, target: Path, frames: int) -> None:
    """Copies the first encoded frames of a video, as they are."""
    with av.open(str(source)) as video, av.open(str(target), 'w') as copy:
        stream = copy.add_stream_from_template(video.streams.video[0])
        for count, packet in enumerate(video.demux(video.streams.video[0])):
            if count == frames or packet.dts is None:
                break
            packet.stream = stream
            copy.mux(packet)


def clips_of(folder: Path) -> list[Clip]:
    """The videos of a folder."""
    return [Clip(path.stem, str(path), 'video', path.stat().st_size)
            for path in sorted(folder.iterdir()) if path.suffix.lower() in VIDEO_SUFFIXES]


def decode(clip: Clip) -> list[Any]:
    """All frames of a clip."""
    with open_frames(clip.path) as source:
        return list(source)


def extract(clips: Sequence[Clip], pipeline: FacePipeline, root: Path) -> Layout:
    """Extracts clips into a folder of its own."""
    layout = Layout(Path(tempfile.mkdtemp(dir=root)))
    for clip in clips:
        extract_clip(clip, layout, pipeline)
    return layout


def find(frames: Sequence[Any], pipeline: FacePipeline) -> None:
    """Gives the faces on the frames of a clip their ids, and does nothing with them."""
    tracker = FaceTracker(pipeline.detector, pipeline.settings.tracking)
    for frame in frames:
        tracker.update(frame)


def parts(clip: Clip, pipelines: Mapping[int, FacePipeline], root: Path
          ) -> dict[str, Callable[[], object]]:
    """Each part of the extraction of a clip alone, and the whole, on some frames only as well."""
    detector, settings = pipelines[1].detector, pipelines[1].settings
    frames = decode(clip)
    faces = [(frame.image, box, landmarks) for frame in frames
             for found in detector.detect([frame])
             for box, landmarks in zip(found.boxes, found.landmarks)]
    crops = [align_face(*face, detector.scheme, settings.geometry) for face in faces]

    def decode_all() -> None:
        with open_frames(clip.path) as source:
            for _ in source:
                pass

    runs = {
        'decoding': decode_all,
        'detector, landmarks': lambda: [detector.detect([frame]) for frame in frames],
        'warping': lambda: [align_face(*face, detector.scheme, settings.geometry)
                            for face in faces],
        'encoding': lambda: [encode_crop(crop, settings.crops) for crop in crops]}
    alone = list(runs.values())
    runs[TOGETHER] = lambda: [part() for part in alone]
    for every, pipeline in pipelines.items():
        runs[f'extraction, every {every}'] = lambda pipeline=pipeline: extract(
            [clip], pipeline, root)
        runs[f'finding, every {every}'] = lambda pipeline=pipeline: find(frames, pipeline)
    return runs


def compare_parts(clips: Sequence[Clip], detector: dict[str, Any], rounds: int,
                  root: Path) -> None:
    """Ratios 1 and 3."""
    pipelines = {every: pipeline_of(detector, every) for every in (1, EVERY)}
    seconds: dict[str, float] = defaultdict(float)
    for clip in clips:
        for name, times in interleaved(parts(clip, pipelines, root), rounds).items():
            seconds[name] += min(times)
    covered = {}
    for every, pipeline in pipelines.items():
        layout = extract(clips, pipeline, root)
        covered[every] = statistics.mean(
            coverage(read_ledger(layout.ledger(clip.name)).table) for clip in clips)
    count = sum(len(decode(clip)) for clip in clips)
    print(f'{len(clips)} clips, {count} frames')
    whole, seldom, found, found_seldom = (
        seconds[f'{what}, every {every}'] for what in ('extraction', 'finding')
        for every in pipelines)
    alone = sum(seconds[name] for name in PARTS)
    rows = [[name, seconds[name], '', ''] for name in PARTS]
    rows += [
        ['sum', alone, '', ''],
        ['extraction', whole, f'{whole / alone:.3f} of the sum', 'at most 1.10'],
        [TOGETHER, seconds[TOGETHER],
         f'extraction is {whole / seconds[TOGETHER]:.3f} of it', ''],
        [f'extraction, every {EVERY}th', seldom, f'{whole / seldom:.2f} times as fast', ''],
        ['finding faces', found, '', ''],
        [f'finding, every {EVERY}th', found_seldom,
         f'{found / found_seldom:.2f} times as fast', 'at least 3']]
    table(['', 'ms a frame', 'ratio', 'goal'], [
        *([name, f'{1e3 * took / count:.2f}', *rest] for name, took, *rest in rows),
        ['coverage', f'{covered[1]:.4f}, {covered[EVERY]:.4f}',
         f'{100 * (covered[1] - covered[EVERY]):.2f} points less', 'at most 1']])


def serve(work: str, clips: Sequence[Clip], detector: dict[str, Any], root: Path, begin: Any,
          end: Any) -> None:
    """One process: builds its detector, waits for the others, works, says that it is done."""
    limit_threads()
    pipeline = pipeline_of(detector)
    # the bare detector has its frames in memory
    frames = [frame for clip in clips for frame in decode(clip)] if work == 'detect' else []
    begin.wait()
    if work == 'detect':
        for frame in frames:
            pipeline.detector.detect([frame])
    else:
        extract(clips, pipeline, root)
    end.wait()


def wall_s(work: str, shares: Sequence[Sequence[Clip]], detector: dict[str, Any],
           root: Path) -> float:
    """Seconds for which processes work side by side."""
    context = multiprocessing.get_context('spawn')
    begin, end = (context.Barrier(len(shares) + 1) for _ in range(2))
    processes = [context.Process(target=serve, args=(work, share, detector, root, begin, end))
                 for share in shares]
    for process in processes:
        process.start()
    begin.wait()
    started = time.perf_counter()
    end.wait()
    passed = time.perf_counter() - started
    for process in processes:
        process.join()
    return passed


def compare_processes(clips: Sequence[Clip], detector: dict[str, Any], rounds: int,
                      root: Path) -> None:
    """Ratio 2."""
    sizes = [Clip(clip.name, clip.path, clip.kind, len(decode(clip))) for clip in clips]
    halves = [shard_of(sizes, index, 2) for index in (1, 2)]
    gains: dict[str, list[float]] = {'detect': [], 'extract': []}
    for _ in range(rounds):
        for work, found in gains.items():
            one, two = (wall_s(work, shares, detector, root) for shares in ([sizes], halves))
            found.append(one / two)
    bare, whole = gains.values()
    table(['two processes', 'gain', 'ratio', 'goal'], [
        ['bare detector', f'{statistics.median(bare):.3f}', '', ''],
        ['extraction', f'{statistics.median(whole):.3f}', f'{ratio(whole, bare):.3f}',
         'at least 0.9']])


def main() -> None:
    """Measures and prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('videos', nargs='?', type=Path, help='folder (default: drawn faces)')
    parser.add_argument('--frames', type=int, default=60, help='frames of each video')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--process-rounds', type=int, default=3)
    parser.add_argument('--detector-options', nargs='+', action=DictAction, default={},
                        metavar='KEY=VALUE', help='of dlib, such as upsample=1')
    args = parser.parse_args()
    cv2.setNumThreads(1)
    root = Path(tempfile.mkdtemp())
    try:
        folder = root / 'videos'
        folder.mkdir()
        if args.videos is None:
            write_synthetic(folder, 6, args.frames)
        else:
            for clip in clips_of(args.videos):
                trim(Path(clip.path), folder / f'{clip.name}.mp4', args.frames)
        clips = clips_of(folder)
        if args.rounds:
            compare_parts(clips, args.detector_options, args.rounds, root)
        if args.process_rounds:
            compare_processes(clips, args.detector_options, args.process_rounds, root)
    finally:
        shutil.rmtree(root)


if __name__ == '__main__':
    main()
