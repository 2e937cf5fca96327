"""The 68 landmarks of the package face-alignment, for faces of many frames at once."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mmfer.faces.detectors.face_alignment_files import INSTALL
from mmfer.faces.detectors.weights import import_package
from mmfer.faces.structures import IBUG68, SCHEMES

__all__ = ['FanLandmarks', 'load_state', 'read_heat_maps']

Job = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""An image, and the box (4,) of a face on it."""

_CROP_PX = 256
# from the package: the length of a crop, in pixels, of a face of scale 1
_SIDE_PX = 200.
# a crop beyond this many images' sides is no face, and would need as much memory
_LARGEST_CROP = 16


def load_state(path: Path) -> dict[str, torch.Tensor]:
    """Weights, unpickled as tensors alone, on the CPU."""
    return torch.load(path, map_location='cpu', weights_only=True)


def read_heat_maps(heat: NDArray[np.float32], centres: NDArray[np.float64],
                   scales: NDArray[np.float64]) -> NDArray[np.float32]:
    """Where the landmarks lie on the images, (n, L, 2).

    As the package reads them: the highest value, moved a quarter towards its higher neighbour.
    The package then cuts the result to whole pixels, and compiles itself for twenty seconds in
    every process first; here fractions stay.

    Args:
        heat: (n, L, S, S), one map a landmark.
        centres: (n, 2), of the crops.
        scales: (n,), of the faces; a crop's side is 200 times that.
    """
    faces, points, side, _ = heat.shape
    rows, columns = np.divmod(heat.reshape(faces, points, -1).argmax(-1), side)
    inner = np.minimum(rows, columns) > 0
    inner &= np.maximum(rows, columns) < side - 1
    row, column = np.clip(rows, 1, side - 2), np.clip(columns, 1, side - 2)
    n, k = np.arange(faces)[:, None], np.arange(points)
    moved = np.stack([columns, rows], -1) + .25 * inner[..., None] * np.sign(np.stack([
        heat[n, k, row, column + 1] - heat[n, k, row, column - 1],
        heat[n, k, row + 1, column] - heat[n, k, row - 1, column]], -1))
    # a cell's number is its edge, its middle half a cell further; a pixel's number its middle
    length = _SIDE_PX * scales[:, None, None]
    return ((moved + .5) * length / side + centres[:, None] - length / 2 - .5).astype(np.float32)


class FanLandmarks:
    """Four stacked hourglasses (Bulat & Tzimiropoulos, ICCV 2017), averaged with the mirror image.

    Network and crops are the package's own. It runs the faces of one image together; here those
    of several frames share a batch.

    Args:
        path: Weights.
        device: Where the network runs.
        batch_size: Faces that pass it together.
        reference_scale: What the package divides boxes by, which depends on the detector.

    Raises:
        RuntimeError: The weights are of another network.
    """

    def __init__(self, path: Path, device: str, batch_size: int, reference_scale: float) -> None:
        self._package = import_package('face_alignment.utils', INSTALL)
        network = import_package('face_alignment.models', INSTALL).FAN(4)
        network.load_state_dict(load_state(path))
        self._network = network.to(device).eval()
        self._device = device
        self._batch_size = batch_size
        self._reference_scale = reference_scale

    def __call__(self, jobs: Sequence[Job]) -> NDArray[np.float32]:
        """Landmarks (n, 68, 2) of n faces.

        Those of a box that lies outside its image mean nothing: the network then sees black.
        """
        points = [np.empty((0, SCHEMES[IBUG68], 2), np.float32)]
        for start in range(0, len(jobs), self._batch_size):
            chunk = jobs[start:start + self._batch_size]
            places = [self._place(box) for _, box in chunk]
            crops = np.stack([self._crop(image, *place)
                              for (image, _), place in zip(chunk, places, strict=True)])
            centres, scales = map(np.array, zip(*places, strict=True))
            points.append(read_heat_maps(self._heat(crops), centres, scales))
        return np.concatenate(points)

    def _heat(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = torch.from_numpy(crops.transpose(0, 3, 1, 2).copy()).to(self._device) / 255
        with torch.inference_mode():
            plain = self._network(batch)[-1]
            mirrored = self._network(self._package.flip(batch))[-1]
            return (plain + self._package.flip(mirrored, is_label=True)).cpu().numpy()

    def _place(self, box: NDArray[np.float32]) -> tuple[np.ndarray, float]:
        x0, y0, x1, y1 = box.astype(np.float64)
        centre = np.array([x1 - (x1 - x0) / 2, y1 - (y1 - y0) / 2])
        centre[1] -= (y1 - y0) * self._package.CENTER_Y_OFFSET
        # a box without extent would have the package divide by zero
        return centre, max(float(x1 - x0 + y1 - y0) / self._reference_scale, 2 / _SIDE_PX)

    def _crop(self, image: NDArray[np.uint8], centre: np.ndarray, scale: float
              ) -> NDArray[np.uint8]:
        size = np.array(image.shape[1::-1])
        side = _SIDE_PX * scale
        # the package's crop fails outside the image
        seen = np.minimum(centre + side / 2, size) - np.maximum(centre - side / 2, 0)
        if seen.min() < 2 or side > _LARGEST_CROP * size.max():
            return np.zeros((_CROP_PX, _CROP_PX, 3), np.uint8)
        return np.asarray(self._package.crop(image, centre, scale))
