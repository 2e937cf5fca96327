"""Cutting a face out of a frame."""
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.faces.alignment.geometry import Geometry
from mmfer.faces.alignment.placing import crop_matrix
from mmfer.faces.alignment.warping import warp

__all__ = ['align_face']


def align_face(image: NDArray[np.uint8], box: ArrayLike, landmarks: ArrayLike | None,
               scheme: str | None, geometry: Geometry) -> NDArray[np.uint8]:
    """The upright crop of one face, the same for frames of files, folders and cameras.

    Args:
        image: (H, W, 3) uint8, the frame.
        box: (4,) x0, y0, x1, y1; may reach beyond the frame.
        landmarks: (L, 2), or None of a detector that gives boxes alone.
        scheme: What the landmarks are, a key of :data:`mmfer.faces.structures.SCHEMES`.
        geometry: How the face is cut out.

    Returns:
        (S, S, 3) uint8, S being ``geometry.size_px``.

    Raises:
        AlignmentError: Box or landmarks are degenerate.
        ConfigError: The geometry needs landmarks and there are none.
    """
    matrix = crop_matrix(box, landmarks, scheme, geometry)
    return warp(image, matrix, geometry.size_px, geometry.interpolation, geometry.border)
