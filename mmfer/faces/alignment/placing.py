"""Where in a frame a crop lies."""
from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import AlignmentError, ConfigError
from mmfer.faces.alignment.fitting import fit_similarity, transform_points
from mmfer.faces.alignment.geometry import Geometry
from mmfer.faces.alignment.templates import (
    chip_template,
    eye_centres,
    five_points,
    similarity_template,
)
from mmfer.faces.structures import SCHEMES

__all__ = ['crop_matrix', 'transform_points']


def crop_matrix(box: ArrayLike, landmarks: ArrayLike | None, scheme: str | None,
                geometry: Geometry) -> NDArray[np.float64]:
    """The affine transform (2, 3) from pixels of the frame to pixels of the crop.

    In both, (0, 0) is the centre of the top left pixel.

    Args:
        box: (4,) x0, y0, x1, y1.
        landmarks: (L, 2), or None of a detector that gives boxes alone.
        scheme: What the landmarks are, a key of :data:`mmfer.faces.structures.SCHEMES`.
        geometry: How the face is cut out.

    Raises:
        AlignmentError: Box or landmarks are degenerate.
        ConfigError: The geometry needs landmarks and there are none, or none that it knows.
    """
    if not geometry.needs_landmarks:
        return _box_matrix(box, 0.0, geometry)
    points, scheme = _checked(landmarks, scheme, geometry)
    if geometry.kind == 'eyes':
        left, right = eye_centres(points, scheme)
        across = right - left
        if not np.hypot(*across) > 0:
            raise AlignmentError('both eyes are at one point: they cannot be made level')
        return _box_matrix(box, float(np.arctan2(across[1], across[0])), geometry)
    if geometry.kind == 'similarity':
        # as ArcFace's code does: errors are measured in the crop
        template = _with_margin(similarity_template(scheme), geometry) - 0.5
        return fit_similarity(five_points(points, scheme), template)
    used, template = chip_template(scheme)
    # as dlib does: errors are measured in the frame
    return _chip_matrix(fit_similarity(_with_margin(template, geometry), points[used]), geometry)


def _checked(landmarks: ArrayLike | None, scheme: str | None,
             geometry: Geometry) -> tuple[NDArray[np.float64], str]:
    if landmarks is None or scheme is None:
        raise ConfigError(f'geometry {geometry.kind!r} needs landmarks and the detector gives '
                          'boxes alone; choose geometry box, or another detector')
    points = np.asarray(landmarks, np.float64)
    if scheme not in SCHEMES:
        raise ConfigError(f'no scheme of landmarks is called {scheme!r}; choose one of '
                          f'{", ".join(SCHEMES)}')
    if points.shape != (SCHEMES[scheme], 2):
        raise ConfigError(f'landmarks of scheme {scheme} are ({SCHEMES[scheme]}, 2), not '
                          f'{points.shape}')
    if not np.isfinite(points).all():
        raise AlignmentError('a landmark is not a finite number')
    return points, scheme


def _with_margin(template: NDArray[np.float64], geometry: Geometry) -> NDArray[np.float64]:
    """A template in pixels of the crop, counted from its top left corner."""
    return (template + float(geometry.margin or 0)) / geometry.scale * geometry.size_px


def _box_matrix(box: ArrayLike, angle: float, geometry: Geometry) -> NDArray[np.float64]:
    """The box, enlarged, and turned by an angle (radians, clockwise) about its centre."""
    x0, y0, x1, y1 = np.asarray(box, np.float64)
    sides = np.array([x1 - x0, y1 - y0])
    if not (np.isfinite([x0, y0, x1, y1]).all() and (sides > 0).all()):
        raise AlignmentError(f'the box ({x0:g}, {y0:g}, {x1:g}, {y1:g}) has no area')
    if geometry.square:
        sides[:] = sides.max()
    zoom = geometry.size_px / (sides * geometry.scale)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    linear = zoom[:, None] * turn
    centre = np.array([x0 + x1, y0 + y1]) / 2
    return np.column_stack([linear, (geometry.size_px - 1) / 2 - linear @ centre])


def _chip_matrix(fitted: NDArray[np.float64], geometry: Geometry) -> NDArray[np.float64]:
    """A chip of dlib, given the transform from the chip to the frame.

    dlib fits as if the chip spanned 0..size, takes the area that this is in the frame, which
    counts its pixels from the first to the last one, and lays the centres of the chip's
    outermost pixels on those. Large faces differ from a plain scaling by less than a pixel.
    """
    size = geometry.size_px
    scale = float(np.hypot(*fitted[:, 0]))
    width_px = size * scale
    if width_px <= 1:
        raise AlignmentError(f'the face covers {width_px:.2g} px: there is nothing to cut out')
    zoom = max(size - 1, 1) / (width_px - 1)
    linear = zoom * scale * np.linalg.inv(fitted[:, :2])
    centre = transform_points(np.full(2, size / 2), fitted)
    return np.column_stack([linear, (size - 1) / 2 - linear @ centre])
