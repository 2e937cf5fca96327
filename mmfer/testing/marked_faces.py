"""Videos whose faces stand on a blue ground, and a detector that goes by it.

A hundred frames take less than a second to draw, write and detect, so that tests of what lies
around a detector are quick, and there is no doubt where the faces are.
"""
from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import CENTRES5, FaceDetections, VideoFrame
from mmfer.registry import FACE_DETECTORS
from mmfer.synthetic import render_face, sample_identity

__all__ = ['MarkedFaceDetector', 'draw_frame', 'moving_faces', 'write_video']

GROUND = (0, 0, 255)
"""Blue, as no face is."""
_LEAST_PX = 12
# of a synthetic face, as shares of its picture: eyes, nose, corners of the mouth
_POINTS = np.array([[.36, .45], [.64, .45], [.5, .6], [.4, .74], [.6, .74]])


@FACE_DETECTORS.register_module(name='marked')
class MarkedFaceDetector(FaceDetector):
    """Finds whatever is not blue; for tests, once this module is imported.

    Args:
        log: File that gets a line ``clip<TAB>number`` for every frame that is looked at.
        delay_s: How long it sleeps at each frame.
        batch_size: See :class:`FaceDetector`.
        least_px: Smaller patches are not found.
        crash_on: Id of a clip at which the process ends as by a defect of a decoder.
    """

    scheme = CENTRES5

    def __init__(self, log: str | None = None, delay_s: float = 0., batch_size: int = 1,
                 least_px: int = _LEAST_PX, crash_on: str | None = None) -> None:
        self.batch_size = batch_size
        self._settings: dict[str, Any] = dict(
            log=log, delay_s=delay_s, batch_size=batch_size, least_px=least_px, crash_on=crash_on)
        self._clip = ''

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The patches on each frame, from left to right."""
        if self._clip == self._settings['crash_on']:
            os._exit(3)
        if self._settings['log'] is not None:
            lines = ''.join(f'{self._clip}\t{frame.number}\n' for frame in frames)
            with open(self._settings['log'], 'a', encoding='utf-8') as file:
                file.write(lines)  # one call, so that lines of several processes do not mix
        time.sleep(self._settings['delay_s'] * len(frames))
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: NDArray[np.uint8]) -> FaceDetections:
        distance = np.abs(image.astype(np.int16) - np.array(GROUND, np.int16)).max(axis=2)
        _, _, stats, _ = cv2.connectedComponentsWithStats((distance > 100).astype(np.uint8))
        least = self._settings['least_px']
        found = np.array([[x, y, x + w - 1, y + h - 1] for x, y, w, h, _ in sorted(
            stats[1:].tolist()) if min(w, h) >= least], np.float32).reshape(-1, 4)
        sides = found[:, None, 2:] - found[:, None, :2]
        landmarks = (found[:, None, :2] + sides * _POINTS[None]).astype(np.float32)
        return FaceDetections(found, np.ones(len(found), np.float32), landmarks)

    def identity(self) -> dict[str, Any]:
        """Its name and the one setting that decides."""
        return {'name': 'marked', 'least_px': self._settings['least_px']}

    def for_clip(self, clip: str) -> MarkedFaceDetector:
        """Writes the clip's id into the log."""
        own = MarkedFaceDetector(**self._settings)
        own._clip = clip
        return own


def draw_frame(places: Iterable[tuple[int, int, int, int]],
               size: tuple[int, int] = (128, 96)) -> NDArray[np.uint8]:
    """A frame (H, W, 3) with faces.

    Args:
        places: Person, x and y of the upper left corner, side in pixels, of each face.
        size: Width and height.
    """
    frame = np.full((size[1], size[0], 3), GROUND, np.uint8)
    for person, x, y, side in places:
        frame[y:y + side, x:x + side] = cv2.resize(_face(person), (side, side),
                                                   interpolation=cv2.INTER_AREA)
    return frame


def moving_faces(count: int, people: int = 1, seed: int = 0,
                 size: tuple[int, int] = (128, 96)) -> list[NDArray[np.uint8]]:
    """Frames of people side by side, who move a little; the first one is the largest."""
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0, 6, people)
    room = size[0] // people
    frames = []
    for number in range(count):
        places = []
        for person in range(people):
            side = int(min(room, size[1]) * (.6 if person == 0 else .4))
            shift = .5 + .3 * np.sin(phases[person] + number / 9)
            places.append((person + seed, person * room + int((room - side) * shift),
                           int((size[1] - side) * shift), side))
        frames.append(draw_frame(places, size))
    return frames


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]], rate_hz: int = 25,
                codec: str = 'mpeg4') -> Path:
    """Writes RGB frames as a video."""
    import av
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), 'w') as container:
        stream: Any = None
        for number, frame in enumerate(frames):
            if stream is None:
                stream = container.add_stream(codec, rate=rate_hz, options={'g': '24'})
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt, stream.bit_rate = 'yuv420p', 4_000_000
                stream.time_base = Fraction(1, rate_hz)
            picture = av.VideoFrame.from_ndarray(frame, format='rgb24')
            picture.pts, picture.time_base = number, Fraction(1, rate_hz)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


@cache
def _face(person: int) -> NDArray[np.uint8]:
    return render_face(sample_identity(np.random.default_rng(person)), {'12': .5}, 64)
