"""The detectors that FAN's released code tries one after the other."""
from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.faces.detector import FaceDetector
from mmfer.faces.detectors.checks import check_counts, check_upsample
from mmfer.faces.detectors.dlib_models import (
    CNN_SCORE_FLOOR,
    BoxFinder,
    CnnFinder,
    HogFinder,
    ShapePredictor,
    import_dlib,
)
from mmfer.faces.detectors.weights import file_sha256
from mmfer.faces.structures import FaceDetections, VideoFrame
from mmfer.registry import FACE_DETECTORS

__all__ = ['SCORES_PER_STEP', 'STEPS', 'FANCascadeDetector', 'clahe', 'equalise', 'step_of',
           'stretch']

Image = NDArray[np.uint8]

STEPS = ('hog', 'cnn', 'cnn stretched', 'cnn clahe', 'cnn equalised')
"""The steps, in their order; each changes the picture of the one before."""
SCORES_PER_STEP = 10.
"""Scores of a step lie in [0, this) above those of all steps behind it."""


def stretch(image: Image) -> Image:
    """Spreads the values linearly: the red channel's range becomes 0 to 255, in all channels."""
    low, high = int(image[..., 0].min()), int(image[..., 0].max())
    # a red channel of one value sends all lower values to 0 and all higher ones to 255
    table = (np.arange(256) - low) * (255. / max(high - low, 1)) + .5
    return np.asarray(cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)))


def clahe(image: Image) -> Image:
    """Equalises the brightness in 8 x 8 tiles with limited contrast, and swaps red and blue."""
    return _with_luma(image, cv2.createCLAHE(clipLimit=2.5, tileGridSize=(8, 8)).apply)


def equalise(image: Image) -> Image:
    """Equalises the histogram of the brightness, and swaps red and blue."""
    return _with_luma(image, cv2.equalizeHist)


def _with_luma(image: Image, change: Callable[[Image], Image]) -> Image:
    ycrcb = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    ycrcb[..., 0] = change(np.ascontiguousarray(ycrcb[..., 0]))
    # the released code goes back to BGR here, and shows that to a network that expects RGB
    return np.asarray(cv2.cvtColor(ycrcb, cv2.COLOR_YCrCb2BGR))


def step_of(score: float) -> str:
    """Which of :data:`STEPS` found a face, by its score."""
    return STEPS[len(STEPS) - 1 - int(score // SCORES_PER_STEP)]


@FACE_DETECTORS.register_module(name='fan_cascade')
class FANCascadeDetector(FaceDetector):
    """HOG, and where it finds no face dlib's CNN on the frame, then on ever more changed copies.

    The order of the code that its authors released with FAN (Meng et al., ICIP 2019): HOG; CNN;
    CNN on the linearly stretched frame; on that after CLAHE; on that after equalising. Landmarks,
    five, are fitted on the picture that showed the face. The first step that finds any face
    answers for the frame, and every answer tells which: the score is the step's own plus 10 for
    each step behind it (:func:`step_of`), and ``answered`` counts frames by step.

    Frames without a face pass the CNN four times: seconds each without a GPU.

    Args:
        upsample: Times that pictures are doubled first; once in the released code.
        batch_size: Frames that pass the CNN together; changes memory, never answers.

    Attributes:
        answered: Frames by the step of :data:`STEPS` that found their faces; under ``'none'``
            those on which all failed.

    Raises:
        ConfigError: A setting is out of range.
        DetectorError: A package or its weights are missing.
    """

    def __init__(self, upsample: int = 1, batch_size: int = 8) -> None:
        check_upsample(upsample)
        check_counts(batch_size=batch_size)
        self._upsample = upsample
        self._fit = ShapePredictor(5)
        self._cnn = CnnFinder(upsample, CNN_SCORE_FLOOR, batch_size)
        self._steps: tuple[tuple[BoxFinder, Callable[[Image], Image] | None], ...] = (
            (HogFinder(upsample, 0.), None), (self._cnn, None), (self._cnn, stretch),
            (self._cnn, clahe), (self._cnn, equalise))
        self.answered: Counter[str] = Counter()
        self.scheme = self._fit.scheme
        self.device = 'cuda' if import_dlib().DLIB_USE_CUDA else 'cpu'

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The faces on each frame, those of the first step that finds any, with landmarks."""
        found: dict[int, FaceDetections] = {}
        pictures = {index: frame.image for index, frame in enumerate(frames)}
        for step, (find, change) in enumerate(self._steps):
            if change is not None:
                pictures = {index: change(picture) for index, picture in pictures.items()}
            answers = find(list(pictures.values()))
            for (index, picture), (boxes, scores) in zip(list(pictures.items()), answers,
                                                         strict=True):
                if len(boxes):
                    found[index] = FaceDetections(boxes, _ranked(scores, step),
                                                  self._fit(picture, boxes))
                    del pictures[index]
                    self._count(STEPS[step], frames[index])
            if not pictures:
                break
        for index in pictures:
            none = np.empty((0, 4), np.float32)
            found[index] = FaceDetections(none, none[:, 0], self._fit(pictures[index], none))
            self._count('none', frames[index])
        return [found[index] for index in range(len(frames))]

    def _count(self, step: str, frame: VideoFrame) -> None:
        self.answered[step] += 1
        logging.getLogger(__name__).debug('frame %d: %s', frame.number, step)

    def fit_landmarks(self, frame: VideoFrame,
                      boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks (n, 5, 2) inside boxes (n, 4) on the frame itself."""
        return self._fit(frame.image, boxes)

    def identity(self) -> dict[str, Any]:
        """Settings, the versions of dlib and OpenCV, and the SHA-256 of the weights."""
        files = (*self._cnn.weights, *self._fit.weights)
        return dict(name='fan_cascade', version=import_dlib().__version__,
                    opencv=cv2.__version__, upsample=self._upsample,
                    weights={file.name: file_sha256(file) for file in files})


def _ranked(scores: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    # of HOG at most about 5, of the CNN about 1; cut, so that the step can always be told
    within = np.clip(scores, 0, SCORES_PER_STEP - .01)
    return (within + SCORES_PER_STEP * (len(STEPS) - 1 - step)).astype(np.float32)
