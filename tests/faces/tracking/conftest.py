"""Small scenes of synthetic faces whose boxes are known."""
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import FaceDetections, VideoFrame
from mmfer.synthetic import render_face, sample_identity

SIDE_PX = 96
"""Of a rendered face; its box is the middle part."""
BOX = np.array([.22, .3, .78, .86]) * SIDE_PX
POINTS = np.array([[.3, .45], [.42, .45], [.58, .45], [.7, .45], [.5, .62]]) * SIDE_PX
"""About where the corners of the eyes and the base of the nose are."""


@dataclass
class Scene:
    """Frames, and by frame number the box of everybody, and of those who can be seen."""

    frames: list[VideoFrame] = field(default_factory=list)
    everybody: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    truth: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, image: np.ndarray, places: dict[str, tuple[float, float]],
            hidden: Collection[str] = ()) -> None:
        number = len(self.frames) + 1
        boxes = {name: BOX + np.tile(place, 2) for name, place in places.items()}
        self.frames.append(VideoFrame(image, number, number / 25))
        self.everybody[number] = boxes
        self.truth[number] = {name: box for name, box in boxes.items() if name not in hidden}


class Oracle(FaceDetector):
    """Sees what it is told of a scene.

    Args:
        truth: Boxes by name by frame number.
        missed: Whether it overlooks somebody on a frame.
        jitter_px: By how much its boxes are off, at random but always equally.
        fit: Whether it fits landmarks: at their true places, if the box given is there.
    """

    scheme = 'corners5'

    def __init__(self, truth: dict[int, dict[str, np.ndarray]],
                 missed: Callable[[int, str], bool] = lambda number, name: False,
                 jitter_px: float = 0., landmarks: bool = True, score: float = 1.) -> None:
        self.truth, self.missed, self.jitter_px = truth, missed, jitter_px
        self.landmarks, self.score = landmarks, score
        self.looked: list[int] = []

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        self.looked += [frame.number for frame in frames]
        return [self._one(frame.number) for frame in frames]

    def _one(self, number: int) -> FaceDetections:
        boxes = [box for name, box in self.truth[number].items() if not self.missed(number, name)]
        noise = np.random.default_rng(number).uniform(-1, 1, (len(boxes), 4)) * self.jitter_px
        placed = np.array(boxes).reshape(-1, 4) + noise
        points = np.array([POINTS + box[:2] - BOX[:2] for box in boxes]).reshape(-1, 5, 2)
        return FaceDetections(placed.astype(np.float32),
                              np.full(len(boxes), self.score, np.float32),
                              points.astype(np.float32) if self.landmarks else None)

    def identity(self) -> dict:
        return dict(name='oracle')


def background(height: int, width: int, seed: int) -> np.ndarray:
    """A wall with blots, so that it has something to follow too."""
    rng = np.random.default_rng(seed)
    blots = rng.integers(40, 120, (height // 16 + 1, width // 16 + 1, 3)).astype(np.uint8)
    return cv2.resize(blots, (width, height), interpolation=cv2.INTER_CUBIC)


def paste(canvas: np.ndarray, face: np.ndarray, place: tuple[float, float]) -> None:
    """Puts the face's oval at a place, whose fractions of pixels count; may leave the canvas."""
    oval = np.zeros(face.shape[:2], np.uint8)
    cv2.ellipse(oval, (SIDE_PX // 2, round(.52 * SIDE_PX)), (round(.33 * SIDE_PX),
                round(.42 * SIDE_PX)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    move = np.array([[1., 0, place[0]], [0, 1, place[1]]])
    size = canvas.shape[1::-1]
    weight = cv2.warpAffine(oval, move, size)[..., None] / 255.
    moved = cv2.warpAffine(face, move, size)
    canvas[:] = np.rint(moved * weight + canvas * (1 - weight)).astype(np.uint8)


def face_of(seed: int, smile: float = 0.) -> np.ndarray:
    """(SIDE_PX, SIDE_PX, 3) face of a person, more or less smiling."""
    identity = sample_identity(np.random.default_rng(seed))
    return render_face(identity, {'12': smile, '6': smile / 2}, SIDE_PX)


def draw_crossing() -> Scene:
    """Anna walks to the right and passes in front of Ben, who walks to the left."""
    scene = Scene()
    for step in range(36):
        canvas = background(120, 256, 3)
        anna, ben = (4. * step + 8.3, 14. + step % 5), (150.7 - 4. * step, 8.)
        paste(canvas, face_of(1, .02 * step), ben)
        paste(canvas, face_of(0, .02 * (step % 10)), anna)
        covered = abs(anna[0] - ben[0]) < 45  # more than half of him
        scene.add(canvas, {'anna': anna, 'ben': ben}, {'ben'} if covered else ())
    return scene


@pytest.fixture(scope='session')
def crossing() -> Scene:
    return draw_crossing()


@pytest.fixture(scope='session')
def standing() -> Scene:
    """One person, who sways."""
    scene = Scene()
    for step in range(30):
        canvas = background(112, 144, 5)
        place = (24 + 12 * np.sin(step / 4), 6 + 4 * np.cos(step / 3))
        paste(canvas, face_of(2, .03 * step), place)
        scene.add(canvas, {'anna': place})
    return scene


@pytest.fixture(scope='session')
def oracle() -> type[Oracle]:
    return Oracle


@pytest.fixture(scope='session')
def drawing() -> dict[str, Callable]:
    """What draws scenes, and the class of scenes."""
    return dict(background=background, paste=paste, face_of=face_of, Scene=Scene)
