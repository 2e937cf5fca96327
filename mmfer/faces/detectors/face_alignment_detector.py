"""The detectors and landmarks of the package face-alignment."""
from __future__ import annotations

import pickle
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.detector import FaceDetector
from mmfer.faces.detectors.checks import check_counts, check_numbers
from mmfer.faces.detectors.face_alignment_files import (
    DETECTOR_FILES,
    INSTALL,
    LANDMARK_FILE,
    find_weights,
)
from mmfer.faces.detectors.face_alignment_landmarks import FanLandmarks
from mmfer.faces.detectors.weights import file_sha256, import_package, package_version
from mmfer.faces.structures import IBUG68, FaceDetections, VideoFrame
from mmfer.registry import FACE_DETECTORS

# by detector: module below the package's `detection`, the class in it, its name for the threshold
_CLASSES = {
    'sfd': ('sfd.sfd_detector', 'SFDDetector', 'filter_threshold'),
    'blazeface': ('blazeface.blazeface_detector', 'BlazeFaceDetector', 'min_score_thresh'),
    'blazeface_back': ('blazeface.blazeface_detector', 'BlazeFaceDetector', 'min_score_thresh'),
    'retinaface': ('retinaface.retinaface_detector', 'RetinaFaceDetector',
                   'confidence_threshold'),
    'yunet': ('yunet.yunet_detector', 'YuNetDetector', 'score_threshold'),
    'scrfd': ('scrfd.scrfd_detector', 'SCRFDDetector', 'confidence_threshold'),
}
_CPU_ONLY = ('yunet', 'scrfd')
# what damaged or foreign weights raise
_LOADING_ERRORS = (RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile, EOFError, KeyError,
                   ValueError, TypeError, AttributeError, OSError, cv2.error)
# SFD proposes no face below this; in a batch its lower scores are those of other images
_SFD_FLOOR = .05
_MIN_SIDE_PX = 64
"""Smaller images are padded, for the networks pool until nothing is left."""


@FACE_DETECTORS.register_module(name='face_alignment')
class FaceAlignmentDetector(FaceDetector):
    """A detector of the package face-alignment, then its 68 landmarks inside each box.

    Its weights are looked up in the cache of torch hub, and fetched only on request.

    Args:
        detector: ``'sfd'`` (Zhang et al., ICCV 2017), ``'blazeface'`` and ``'blazeface_back'``
            (Bazarevsky et al., 2019), which look at the square in the middle of a frame alone,
            ``'retinaface'`` (Deng et al., CVPR 2020; with MobileNet 0.25), ``'yunet'`` (Wu et
            al., 2023) or ``'scrfd'`` (Guo et al., ICLR 2022). ``'scrfd'`` needs the package
            onnxruntime; it and ``'yunet'`` run on the CPU.
        landmarks: 68; or None for boxes alone, without the landmarks' weights.
        device: ``'cpu'``, ``'cuda'``, ``'cuda:1'``, ``'mps'``; by default a GPU where torch finds
            one.
        threshold: Lowest score of a face.
        batch_size: Frames, and faces, that pass a network together. The package batches the
            detection of SFD and BlazeFace; its other detectors go frame by frame.
        download: Fetch weights that are missing.
        check_hash: Refuse weights that are not the authors', where they say which those are. With
            False, weights of one's own can lie under their names.

    Raises:
        ConfigError: A setting is out of range, or does not fit the detector.
        DetectorError: A package or weights are missing, or damaged.
    """

    def __init__(self, detector: str = 'sfd', landmarks: int | None = 68,
                 device: str | None = None, threshold: float = .5, batch_size: int = 8,
                 download: bool = False, check_hash: bool = True) -> None:
        if detector not in _CLASSES:
            raise ConfigError(f'detector is {detector!r}; choose one of {", ".join(_CLASSES)}')
        if landmarks not in (None, 68):
            raise ConfigError(f'landmarks is {landmarks!r}; face-alignment has 68, or None')
        check_numbers(threshold=threshold)
        if detector == 'sfd' and threshold < _SFD_FLOOR:
            raise ConfigError(f'threshold is {threshold}; SFD has no scores below {_SFD_FLOOR}')
        check_counts(batch_size=batch_size)
        self.device = _choose_device(detector, device)
        self._batch_size = batch_size
        # on a CPU frames take the same time one by one
        self.batch_size = batch_size if self.device.startswith('cuda') else 1
        self._settings = dict(detector=detector, landmarks=landmarks, threshold=float(threshold))
        import_package('face_alignment', INSTALL)
        files = DETECTOR_FILES[detector] + ((LANDMARK_FILE, ) if landmarks else ())
        self._weights = find_weights(files, download, check_hash)
        self._fit: FanLandmarks | None = None
        try:
            self._find = _build(detector, self._weights, self.device, threshold)
            if landmarks:
                self._fit = FanLandmarks(self._weights[-1], self.device, batch_size,
                                         self._find.reference_scale)
        except _LOADING_ERRORS as error:
            if isinstance(error, DetectorError):
                raise
            names = ' or '.join(map(str, self._weights))
            reason = ' '.join(str(error).split())[:300]
            raise DetectorError(f'{names} does not hold the weights of {detector} and its '
                                f'landmarks, or is damaged ({reason}); remove it and fetch it '
                                'again') from error
        self.scheme = IBUG68 if landmarks else None

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The faces on each frame, surest first; boxes wholly outside the frame are dropped."""
        images = [frame.image for frame in frames]
        found = self._boxes(images)
        counts = [len(faces) for faces in found]
        points: list[NDArray[np.float32]] | None = None
        if self._fit:
            jobs = [(image, face[:4]) for image, faces in zip(images, found, strict=True)
                    for face in faces]
            points = np.split(self._landmarks(jobs), np.cumsum(counts)[:-1]) if frames else []
        return [FaceDetections(faces[:, :4].copy(), faces[:, 4].copy(),
                               None if points is None else points[index])
                for index, faces in enumerate(found)]

    def fit_landmarks(self, frame: VideoFrame,
                      boxes: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Landmarks (n, 68, 2) inside boxes (n, 4), or None where there are none."""
        return self._landmarks([(frame.image, box) for box in boxes]) if self._fit else None

    def identity(self) -> dict[str, Any]:
        """Settings, the package's version, and the SHA-256 of each file that was loaded."""
        return dict(name='face_alignment', version=package_version('face-alignment'),
                    **self._settings,
                    weights={path.name: file_sha256(path) for path in self._weights})

    def _landmarks(self, jobs: Sequence[tuple[Any, Any]]) -> NDArray[np.float32]:
        assert self._fit is not None
        with _cudnn_kept():
            return self._fit(jobs)

    def _boxes(self, images: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Boxes and scores (n, 5) on each image."""
        by_size: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, image in enumerate(images):
            by_size[image.shape].append(index)
        found: dict[int, NDArray[np.float32]] = {}
        for indices in by_size.values():
            for start in range(0, len(indices), self._batch_size):
                chunk = indices[start:start + self._batch_size]
                batch = np.stack([_padded(images[i]) for i in chunk]).transpose(0, 3, 1, 2)
                with _cudnn_kept():
                    answers = self._find.detect_from_batch(torch.from_numpy(batch.copy()))
                for index, answer in zip(chunk, answers, strict=True):
                    found[index] = _faces(answer, images[index])
        return [found[index] for index in range(len(images))]


def _choose_device(detector: str, device: str | None) -> str:
    if detector in _CPU_ONLY:
        if device not in (None, 'cpu'):
            raise ConfigError(f'device is {device!r}, but {detector} runs on the CPU; leave device '
                              'out, or choose another detector')
        return 'cpu'
    if device is None:
        return 'cuda' if torch.cuda.is_available() else 'cpu'
    try:
        kind, index = torch.device(device).type, torch.device(device).index
    except RuntimeError as error:
        raise ConfigError(f'device is {device!r}: {error}') from error
    there = {'cpu': True, 'cuda': torch.cuda.is_available(),
             'mps': torch.backends.mps.is_available()}
    if not there.get(kind, False):
        raise ConfigError(f'device is {device!r}, but torch has none of the kind {kind!r} that '
                          'face-alignment can use')
    if kind == 'cuda' and (index or 0) >= torch.cuda.device_count():
        raise ConfigError(f'device is {device!r}, but torch sees {torch.cuda.device_count()} of '
                          'that kind here, numbered from 0; see CUDA_VISIBLE_DEVICES')
    return device


def _build(detector: str, paths: Sequence[Path], device: str, threshold: float) -> Any:
    module, name, threshold_name = _CLASSES[detector]
    build = getattr(import_package(f'face_alignment.detection.{module}', INSTALL), name)
    # weights that are given as a path are loaded as tensors alone, without running code
    arguments: dict[str, Any] = {'path_to_detector': str(paths[0]), threshold_name: threshold}
    if name == 'BlazeFaceDetector':
        arguments |= dict(path_to_anchor=str(paths[1]),
                          back_model=detector == 'blazeface_back')
    if detector == 'scrfd':
        import_package('onnxruntime', INSTALL)
    return build(device, **arguments)


@contextmanager
def _cudnn_kept() -> Iterator[None]:
    """Undoes what the package sets for the whole process, which would make training vary."""
    before = torch.backends.cudnn.benchmark
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def _padded(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Black to the right and below, where an image is smaller than the networks need."""
    height, width = (max(0, _MIN_SIDE_PX - side) for side in image.shape[:2])
    if height or width:
        image = np.asarray(cv2.copyMakeBorder(image, 0, height, 0, width, cv2.BORDER_CONSTANT))
    return image


def _faces(answer: Any, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    faces = np.asarray(answer, np.float32).reshape(-1, 5)
    height, width = image.shape[:2]
    x0, y0, x1, y1, scores = faces.T
    kept = (np.isfinite(faces).all(1) & (x0 < x1) & (y0 < y1) & (x1 > 0) & (y1 > 0)
            & (x0 < width) & (y0 < height))
    return faces[kept][np.argsort(-scores[kept], kind='stable')]
