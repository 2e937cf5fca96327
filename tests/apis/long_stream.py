"""An hour of live video: what memory and a frame cost at its end, and did at its beginning.

Run as a process of its own, which has nothing in memory but the stream. Prints JSON:

* ``resident_mib``: memory after the first minute and at the end.
* ``cpu_ms``, ``wall_ms``: median time of a frame in the first minute and in the last, as they were.
  Machines run faster and slower from minute to minute, by far more than a twentieth.
* ``beside_ms``: median processor time of a frame in the first minute and in the last, measured
  at the same time and on the same core. A fork that is made before the first frame waits with
  the stream for the last minute. Then it streams the first minute while this process streams the
  last one, in turns of a few frames, which show the same pictures.
* ``last_over_first``: of these, median over the turns of the ratio of their processor times.

    python tests/apis/long_stream.py FRAMES FOLDER
"""
from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mmfer.apis.live import LiveFrame, answer_live, without_delay  # noqa: E402
from mmfer.apis.streaming import StreamingRecognizer  # noqa: E402
from mmfer.faces.pipeline import FacePipeline  # noqa: E402
from mmfer.faces.settings import FaceSettings  # noqa: E402
from mmfer.faces.structures import VideoFrame  # noqa: E402
from mmfer.testing.recognizers import make_recognizer  # noqa: E402

RATE_HZ = 25
STRIDE = 5
MINUTE = 60 * RATE_HZ // STRIDE
"""Turns of a minute; each is of STRIDE frames, one of which is answered."""
SIZE = (160, 120)
FACE_PX = 48
PERIOD, STAY = 500, 120
"""Every 500 frames somebody else is there for 120: minutes are alike."""
STEPS = [dict(type='AllFrames'), dict(type='LoadFrames', size=(32, 32)),
         dict(type='FormatFrames'), dict(type='PackExpressionInputs')]


def places(number: int) -> list[tuple[int, int]]:
    """Where the faces of a frame are, (x, y) of their top left corners."""
    turn = 2 * np.pi * number / 125
    found = [(round(14 + 8 * np.sin(turn)), round(30 + 10 * np.cos(turn)))]
    if number % PERIOD >= PERIOD - STAY:
        found.append((round(96 + 6 * np.cos(turn)), round(36 + 8 * np.sin(turn))))
    return found


def draw_face(shade: int) -> np.ndarray:
    """A face of a few ellipses, (FACE_PX, FACE_PX, 3) uint8."""
    face = np.full((FACE_PX, FACE_PX, 3), 90, np.uint8)
    cv2.ellipse(face, (24, 24), (19, 23), 0, 0, 360, (shade, shade - 30, shade - 50), -1)
    for x in (16, 32):
        cv2.circle(face, (x, 19), 4, (30, 30, 40), -1)
    cv2.ellipse(face, (24, 34), (9, 4), 0, 0, 180, (120, 30, 40), 2)
    return face


FACES = (draw_face(220), draw_face(180))


def frames(count: int, first: int = 1) -> Iterator[VideoFrame]:
    """Frames drawn as they are asked for."""
    background = np.random.default_rng(0).integers(60, 120, (*SIZE[::-1], 3), np.uint8)
    for number in range(first, first + count):
        image = background.copy()
        for face, (x, y) in zip(FACES, places(number)):
            image[y:y + FACE_PX, x:x + FACE_PX] = face
        yield VideoFrame(image, number, (number - 1) / RATE_HZ)


def write_boxes(folder: Path, count: int) -> None:
    """``live.csv``: the boxes of all frames, as another program would have found them."""
    with open(folder / 'live.csv', 'w', encoding='utf-8') as file:
        file.write('frame,left,top,right,bottom\n')
        for number in range(1, count + 1):
            for x, y in places(number):
                file.write(f'{number},{x},{y},{x + FACE_PX},{y + FACE_PX}\n')


def open_stream(folder: Path, count: int) -> tuple[FacePipeline, StreamingRecognizer]:
    """The boxes of so many frames, FAN on a small trunk."""
    folder.mkdir(parents=True, exist_ok=True)
    write_boxes(folder, count)
    settings = FaceSettings.from_dict(dict(
        detector=dict(type='precomputed', path=str(folder)),
        geometry=dict(kind='box', size_px=32)))
    model = make_recognizer(neck=dict(type='FANNeck'), dtype=torch.float32)
    return (FacePipeline(without_delay(settings)),
            StreamingRecognizer(model, STEPS, window=50, stride=STRIDE))


def resident_mib() -> float:
    """Memory of this process now."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * os.sysconf('SC_PAGESIZE') / 2**20


def timed(stream: Iterator[LiveFrame]) -> tuple[list[LiveFrame], np.ndarray]:
    """A turn, and processor and wall time (STRIDE, 2) of its frames, in ms."""
    lives, passed = [], np.zeros((STRIDE, 2))
    for row in passed:
        started = time.process_time(), time.perf_counter()
        lives.append(next(stream))
        row[:] = time.process_time() - started[0], time.perf_counter() - started[1]
    return lives, 1e3 * passed


def stay_on_one_core() -> None:
    """Cores may differ in speed and in what else they do."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def wait(stream: Iterator[LiveFrame], requests: Connection) -> None:
    """Keeps a stream that has not begun, and streams a turn at each request."""
    while requests.recv():
        stay_on_one_core()
        requests.send(timed(stream)[1])


def main() -> None:
    """Streams and measures."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    turns = count // STRIDE
    stream = answer_live(frames(count), *open_stream(folder, count))
    requests, other_end = multiprocessing.Pipe()
    multiprocessing.get_context('fork').Process(
        target=wait, args=(stream, other_end), daemon=True).start()
    resident, answers, ids = [0., 0.], 0, set()
    first, last, first_beside_last = np.zeros((3, MINUTE, STRIDE, 2))
    for turn in range(turns):
        if turn == turns - MINUTE:
            stay_on_one_core()
        lives, spent = timed(stream)
        answers += sum(len(live.fresh) for live in lives)
        ids.update(answer.id for live in lives for answer in live.fresh)
        if turn < MINUTE:
            first[turn] = spent
        if turn == MINUTE - 1:
            resident[0] = resident_mib()
        if turn >= turns - MINUTE:
            place = turn - (turns - MINUTE)
            last[place] = spent
            requests.send(True)
            first_beside_last[place] = requests.recv()
    requests.send(False)
    resident[1] = resident_mib()
    cpu_ms, wall_ms = np.median([first, last], axis=(1, 2)).T.round(4).tolist()
    beside_ms = np.median([first_beside_last, last], axis=(1, 2)).round(4)[:, 0].tolist()
    ratios = last[..., 0].sum(axis=1) / first_beside_last[..., 0].sum(axis=1)
    print(json.dumps(dict(
        frames=count, answers=answers, people=len(ids),
        resident_mib=[round(mib, 1) for mib in resident], cpu_ms=cpu_ms, wall_ms=wall_ms,
        beside_ms=beside_ms, last_over_first=round(float(np.median(ratios)), 4))))


if __name__ == '__main__':
    main()
