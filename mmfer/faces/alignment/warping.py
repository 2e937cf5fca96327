"""Resampling a frame into a crop."""
from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['warp']

_FLAGS = {'nearest': cv2.INTER_NEAREST, 'bilinear': cv2.INTER_LINEAR,
          'bicubic': cv2.INTER_CUBIC, 'lanczos': cv2.INTER_LANCZOS4}
_BORDERS = {'constant': cv2.BORDER_CONSTANT, 'replicate': cv2.BORDER_REPLICATE,
            'reflect': cv2.BORDER_REFLECT_101}
# samples along a pixel, and along the whole crop, at most: they bound the memory to 50 MB
_MOST_SAMPLES = 16
_MOST_SAMPLES_IN_ALL = 4096


def warp(image: NDArray[np.uint8], matrix: NDArray[np.float64], size_px: int,
         interpolation: str, border: str) -> NDArray[np.uint8]:
    """Resamples a frame.

    Args:
        image: (H, W, 3) uint8.
        matrix: (2, 3), from pixels of the frame to those of the crop.
        size_px: Width and height S of the crop.
        interpolation: See :class:`~mmfer.faces.alignment.Geometry`.
        border: The same.

    Returns:
        (S, S, 3) uint8.
    """
    factors = (1, 1)
    if interpolation == 'area':
        # Each pixel is the mean of that many samples along and across as it covers pixels of
        # the frame: the samples lie as densely as the frame's own pixels.
        most = min(_MOST_SAMPLES, max(1, _MOST_SAMPLES_IN_ALL // size_px))
        factors = tuple(min(max(math.ceil(1 / length), 1), most)
                        for length in np.linalg.norm(matrix[:, :2], axis=1))
    finer = matrix * np.array(factors)[:, None]
    finer[:, 2] += (np.array(factors) - 1) / 2
    samples = cv2.warpAffine(
        image, finer, (size_px * factors[0], size_px * factors[1]),
        flags=_FLAGS.get(interpolation, cv2.INTER_LINEAR), borderMode=_BORDERS[border])
    if factors == (1, 1):
        return samples
    return cv2.resize(samples, (size_px, size_px), interpolation=cv2.INTER_AREA)
