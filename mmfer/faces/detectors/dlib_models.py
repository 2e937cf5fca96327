"""dlib's models as plain callables: two detectors and the fit of landmarks.

The weights come out of the package ``face-recognition-models``. It is never imported, for
that needs ``pkg_resources``, which current setuptools no longer has.

Boxes are (n, 4) float32 with whole numbers: the centres of a box's corner pixels, as in
dlib's own rectangles. Scores are (n,) float32.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.detectors.weights import import_package, packaged_file
from mmfer.faces.structures import CORNERS5, IBUG68

__all__ = ['CNN_SCORE_FLOOR', 'PREDICTORS', 'BoxFinder', 'Boxes', 'CnnFinder', 'HogFinder',
           'ShapePredictor', 'import_dlib']

Boxes = tuple[NDArray[np.float32], NDArray[np.float32]]

PREDICTORS = {5: (CORNERS5, 'shape_predictor_5_face_landmarks.dat'),
              68: (IBUG68, 'shape_predictor_68_face_landmarks.dat')}
"""Scheme and file of each shape predictor, by its number of landmarks."""
CNN_SCORE_FLOOR = 0.
"""dlib's interface to the CNN drops every face with a lower score."""
_CNN_FILE = 'mmod_human_face_detector.dat'
# far above what the first layers of the CNN need, far below the faces that it finds
_CNN_MIN_SIDE_PX = 32


def import_dlib() -> Any:
    """The module dlib.

    Raises:
        DetectorError: It is not installed.
    """
    return import_package('dlib', 'mmfer[faces]')


def _weights(name: str) -> Path:
    return packaged_file('face_recognition_models', 'models', name, extra='faces')


@lru_cache(maxsize=4)
def _load(kind: str, path: Path) -> Any:
    """One of dlib's models; detectors of one process share it."""
    try:
        return getattr(import_dlib(), kind)(str(path))
    except RuntimeError as error:
        reason = ' '.join(str(error).split())
        raise DetectorError(f'{path} cannot be loaded ({reason}); install it again: pip install '
                            '--force-reinstall --no-deps face-recognition-models') from error


@lru_cache(maxsize=1)
def _frontal_detector() -> Any:
    # unpacking its filters takes the better part of a second
    return import_dlib().get_frontal_face_detector()


class BoxFinder(Protocol):
    """Finds boxes on images; what it says of one does not depend on the others.

    Attributes:
        weights: The files that it loaded.
    """

    weights: tuple[Path, ...]

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """Boxes and scores on each image (H, W, 3) RGB or (H, W) grey, best first."""


class HogFinder:
    """Histograms of oriented gradients and five linear filters (Dalal & Triggs, CVPR 2005).

    Its weights are part of dlib itself.

    Args:
        upsample: Times that an image is doubled first.
        threshold: Lowest score; below 0 more faces are found, and more that are none.
    """

    def __init__(self, upsample: int, threshold: float) -> None:
        self.weights: tuple[Path, ...] = ()
        self._upsample = upsample
        self._threshold = threshold
        import_dlib()  # says what is missing, whatever was there before
        self._detector = _frontal_detector()

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """See :class:`BoxFinder`."""
        return [self._find(image) for image in images]

    def _find(self, image: NDArray[np.uint8]) -> Boxes:
        rectangles, scores, _ = self._detector.run(
            np.ascontiguousarray(image), self._upsample, self._threshold)
        return _to_boxes(rectangles), np.array(scores, np.float32)


class CnnFinder:
    """A small convolutional network trained by max-margin object detection (King, 2015).

    Args:
        upsample: Times that an image is doubled first.
        threshold: Lowest score, at least :data:`CNN_SCORE_FLOOR`.
        batch_size: Images of one size that pass the network together.

    Raises:
        ConfigError: The threshold is lower than what dlib gives.
    """

    def __init__(self, upsample: int, threshold: float, batch_size: int) -> None:
        if threshold < CNN_SCORE_FLOOR:
            raise ConfigError(f"threshold is {threshold}, but dlib's CNN never shows faces with a "
                              f'score below {CNN_SCORE_FLOOR}; set it to that or higher')
        path = _weights(_CNN_FILE)
        self.weights: tuple[Path, ...] = (path,)
        self._upsample = upsample
        self._threshold = threshold
        self._batch_size = batch_size
        self._detector = _load('cnn_face_detection_model_v1', path)

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """See :class:`BoxFinder`."""
        by_size: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, image in enumerate(images):
            by_size[image.shape].append(index)
        found: dict[int, Boxes] = {}
        for indices in by_size.values():  # dlib takes images of one size together
            answers = self._detector([_padded(images[i]) for i in indices], self._upsample,
                                     batch_size=self._batch_size)
            found.update(zip(indices, map(self._boxes, answers), strict=True))
        return [found[index] for index in range(len(images))]

    def _boxes(self, answer: Any) -> Boxes:
        kept = [face for face in answer if face.confidence >= self._threshold]
        return (_to_boxes([face.rect for face in kept]),
                np.array([face.confidence for face in kept], np.float32))


def _padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Black to the right and below, where the network's filters would not fit otherwise."""
    height, width = (max(0, _CNN_MIN_SIDE_PX - side) for side in image.shape[:2])
    if height or width:
        image = np.asarray(cv2.copyMakeBorder(image, 0, height, 0, width, cv2.BORDER_CONSTANT))
    return np.ascontiguousarray(image)


def _to_boxes(rectangles: Sequence[Any]) -> NDArray[np.float32]:
    return np.array([(r.left(), r.top(), r.right(), r.bottom()) for r in rectangles],
                    np.float32).reshape(-1, 4)


class ShapePredictor:
    """Landmarks from an ensemble of regression trees (Kazemi & Sullivan, CVPR 2014).

    dlib gives them as whole pixels.

    Args:
        landmarks: A key of :data:`PREDICTORS`.

    Raises:
        ConfigError: dlib has no model of so many landmarks.
    """

    def __init__(self, landmarks: int) -> None:
        if landmarks not in PREDICTORS:
            raise ConfigError(f'landmarks is {landmarks!r}; dlib has models of '
                              f'{" and ".join(map(str, PREDICTORS))} landmarks')
        self.landmarks = landmarks
        self.scheme, name = PREDICTORS[landmarks]
        path = _weights(name)
        self.weights: tuple[Path, ...] = (path,)
        self._predict = _load('shape_predictor', path)
        self._rectangle = import_dlib().rectangle

    def __call__(self, image: NDArray[np.uint8],
                 boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks (n, L, 2) inside boxes (n, 4), which are rounded to whole pixels."""
        image = np.ascontiguousarray(image)
        points = np.empty((len(boxes), self.landmarks, 2), np.float32)
        for face, box in zip(points, np.rint(boxes).astype(int).tolist(), strict=True):
            shape = self._predict(image, self._rectangle(*box))
            face[:] = [(point.x, point.y) for point in shape.parts()]
        return points
