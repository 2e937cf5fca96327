"""The weights of the package face-alignment: where they lie, and how they get there.

The package fetches what it lacks while its classes are built. Here files are looked up first,
and given to the classes as paths: nothing is downloaded unless it was asked for.
"""
from __future__ import annotations

import http.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from mmfer.errors import DetectorError
from mmfer.faces.detectors.weights import file_sha256

__all__ = ['DETECTOR_FILES', 'INSTALL', 'LANDMARK_FILE', 'WeightFile', 'find_weights',
           'weights_folder']

INSTALL = 'mmfer[face-alignment]'
"""What pip is told to install."""
_AUTHOR = 'https://www.adrianbulat.com/downloads/python-fan/'
_BLAZEFACE = 'https://github.com/hollance/BlazeFace-PyTorch/blob/master/'


@dataclass(frozen=True)
class WeightFile:
    """A file of weights.

    Attributes:
        name: In the folder where the package looks for it.
        url: Where the package fetches it from.
        sha256: Of its content; None where its authors give no part of it in the file's name.
    """

    name: str
    url: str
    sha256: str | None = None


LANDMARK_FILE = WeightFile(
    '2DFAN4-11f355bf06.pth.tar', _AUTHOR + '2DFAN4-11f355bf06.pth.tar',
    '11f355bf0693120222f5955ce3f9dc8fb5763ebb30a47d7906e509490d32e4aa')
"""Of the network of 68 landmarks in the plane."""

DETECTOR_FILES: dict[str, tuple[WeightFile, ...]] = {
    'sfd': (WeightFile(
        's3fd-619a316812.pth', _AUTHOR + 's3fd-619a316812.pth',
        '619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543'), ),
    'blazeface': (WeightFile('blazeface.pth', _BLAZEFACE + 'blazeface.pth?raw=true'),
                  WeightFile('anchors.npy', _BLAZEFACE + 'anchors.npy?raw=true')),
    'blazeface_back': (WeightFile('blazefaceback.pth', _BLAZEFACE + 'blazefaceback.pth?raw=true'),
                       WeightFile('anchorsback.npy', _BLAZEFACE + 'anchorsback.npy?raw=true')),
    'retinaface': (WeightFile('retinaface_mobilenet0.25.pth',
                              _AUTHOR + 'retinaface_mobilenet0.25.pth'), ),
    'yunet': (WeightFile(
        'face_detection_yunet_2023mar.onnx',
        'https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/'
        'face_detection_yunet_2023mar.onnx'), ),
    'scrfd': (WeightFile(
        'scrfd_2.5g_bnkps.onnx',
        'https://github.com/yakhyo/facial-analysis/releases/download/v0.0.1/det_2.5g.onnx'), ),
}
"""By the name of the detector: weights, and of BlazeFace the anchors behind them."""


def weights_folder() -> Path:
    """Where the package, through torch hub, keeps its files: ``$TORCH_HOME/hub/checkpoints``."""
    return Path(torch.hub.get_dir(), 'checkpoints')


def find_weights(files: Sequence[WeightFile], download: bool = False,
                 check_hash: bool = True) -> list[Path]:
    """Paths of files of weights, in their order.

    Args:
        files: What is needed.
        download: Fetch files that are missing.
        check_hash: Compare the SHA-256 of files whose authors name it.

    Raises:
        DetectorError: A file is missing and was not or cannot be fetched, or is another one;
            says what to put where.
    """
    folder = weights_folder()
    missing = [file for file in files if not (folder / file.name).is_file()]
    if missing and not download:
        what = '; '.join(f'{file.url} as {folder / file.name}' for file in missing)
        raise DetectorError(f'weights are missing: put {what}; or let them be downloaded with '
                            'download=True. The detector "dlib" needs no download.')
    for file in missing:
        _fetch(file, folder / file.name)
    paths = [folder / file.name for file in files]
    for file, path in zip(files, paths, strict=True):
        if check_hash and file.sha256 and file_sha256(path) != file.sha256:
            raise DetectorError(
                f'{path} is damaged or another file: its SHA-256 is {file_sha256(path)}, not '
                f'{file.sha256}; put {file.url} there, or set check_hash=False if these are '
                'weights of your own')
    return paths


def _fetch(file: WeightFile, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:  # written beside and moved, so what is there is whole
        torch.hub.download_url_to_file(file.url, str(path), hash_prefix=file.sha256)
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise DetectorError(f'{file.url} cannot be downloaded ({error}): put it as {path}, copied '
                            'from a machine that can. The detector "dlib" needs no download.'
                            ) from error
