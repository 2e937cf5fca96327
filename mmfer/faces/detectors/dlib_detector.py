"""dlib's detectors and landmarks: the default, for it needs no download and no GPU."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import ConfigError
from mmfer.faces.detector import FaceDetector
from mmfer.faces.detectors.checks import check_counts, check_numbers, check_upsample
from mmfer.faces.detectors.dlib_models import (
    BoxFinder,
    CnnFinder,
    HogFinder,
    ShapePredictor,
    import_dlib,
)
from mmfer.faces.detectors.scaling import enlarge_boxes, shrink
from mmfer.faces.detectors.weights import file_sha256
from mmfer.faces.structures import FaceDetections, VideoFrame
from mmfer.registry import FACE_DETECTORS

MODELS = ('hog', 'cnn')


@FACE_DETECTORS.register_module(name='dlib')
class DlibDetector(FaceDetector):
    """Faces by HOG or a CNN, then 5 or 68 landmarks inside each box.

    Args:
        model: ``'hog'`` finds faces that look roughly at the camera, in tens of milliseconds a
            frame. ``'cnn'`` finds more turned and covered ones, and takes tens of times as
            long without a GPU; it uses one where dlib was built for it.
        landmarks: 5, or 68. The latter model was trained on iBUG 300-W, whose licence
            excludes commercial use.
        upsample: Times that a frame is doubled first. Both models find faces from about
            80 px; 1 finds them from 40 px, at four times the cost.
        threshold: Lowest score of a face, on the model's own scale. Of the CNN at least 0.
        max_side_px: Look for faces on a copy of the frame whose longer side is this. Faces that
            are smaller than 80 px there are missed. Landmarks are fitted on the frame itself.
        batch_size: Frames that pass the CNN together; changes memory, never answers.

    Raises:
        ConfigError: A setting is out of range.
        DetectorError: A package or its weights are missing.
    """

    def __init__(self, model: str = 'hog', landmarks: int = 5, upsample: int = 0,
                 threshold: float = 0., max_side_px: int | None = None,
                 batch_size: int = 8) -> None:
        if model not in MODELS:
            raise ConfigError(f'model is {model!r}; dlib has {" and ".join(MODELS)}')
        check_upsample(upsample)
        check_counts(max_side_px=max_side_px, batch_size=batch_size)
        check_numbers(threshold=threshold)
        self._settings = dict(model=model, landmarks=landmarks, upsample=upsample,
                              threshold=float(threshold), max_side_px=max_side_px)
        self._max_side_px = max_side_px
        self._fit = ShapePredictor(landmarks)
        self._find: BoxFinder = (HogFinder(upsample, threshold) if model == 'hog'
                                 else CnnFinder(upsample, threshold, batch_size))
        self.scheme = self._fit.scheme
        self.device = 'cuda' if model == 'cnn' and import_dlib().DLIB_USE_CUDA else 'cpu'
        # on a CPU frames take the same time one by one
        self.batch_size = batch_size if self.device == 'cuda' else 1

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The faces on each frame, surest first, with landmarks."""
        images = [frame.image for frame in frames]
        copies = [shrink(image, self._max_side_px) for image in images]
        found = []
        for image, copy, (boxes, scores) in zip(images, copies, self._find(copies), strict=True):
            # whole pixels, so that landmarks fitted to the box again are the same
            boxes = np.rint(enlarge_boxes(boxes, copy, image))
            found.append(FaceDetections(boxes, scores, self._fit(image, boxes)))
        return found

    def fit_landmarks(self, frame: VideoFrame,
                      boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Landmarks (n, L, 2) inside boxes (n, 4), rounded to whole pixels."""
        return self._fit(frame.image, boxes)

    def identity(self) -> dict[str, Any]:
        """Settings, dlib's version, and the SHA-256 of each file that was loaded."""
        files = (*self._find.weights, *self._fit.weights)
        return dict(name='dlib', version=import_dlib().__version__, **self._settings,
                    weights={file.name: file_sha256(file) for file in files})
