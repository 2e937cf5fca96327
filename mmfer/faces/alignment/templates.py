"""Where landmarks lie in a crop without a margin.

Coordinates are shares of the crop's side: (0, 0) is its top left corner, (1, 1) the bottom
right one. Left and right are the picture's.
"""
from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.alignment.fitting import fit_similarity, transform_points
from mmfer.faces.structures import CENTRES5, CORNERS5, IBUG68

__all__ = ['chip_template', 'eye_centres', 'five_points', 'similarity_template']

# ArcFace's five points (Deng et al., CVPR 2019, released code), in pixels of a crop of 112 px,
# (0, 0) being the centre of the first one
_ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366],
                     [41.5493, 92.3655], [70.7299, 92.2041]])
# dlib's own five points of a chip, in the order of its five landmarks
_DLIB5 = np.array([[0.8595674595992, 0.2134981538014], [0.6460604764104, 0.2289674387677],
                   [0.1205750620789, 0.2137274526848], [0.3340850613712, 0.2290642403242],
                   [0.4901123135679, 0.6277975316475]])
# dlib's mean face: those of the 68 points that its chips are fitted to, by index (from 0). The
# points of brows, jaw and lower lip are not used. Both sets are what dlib 20.0 puts its chips by.
_DLIB68 = {
    27: (0.490127, 0.203352), 28: (0.490127, 0.307009), 29: (0.490127, 0.409805),
    30: (0.490127, 0.515625), 31: (0.366880, 0.587326), 32: (0.426036, 0.609345),
    33: (0.490127, 0.628106), 34: (0.554217, 0.609345), 35: (0.613373, 0.587326),
    36: (0.121737, 0.216423), 37: (0.187122, 0.178758), 38: (0.265825, 0.179852),
    39: (0.334606, 0.231733), 40: (0.260918, 0.245099), 41: (0.182743, 0.244077),
    42: (0.645647, 0.231733), 43: (0.714428, 0.179852), 44: (0.793132, 0.178758),
    45: (0.858516, 0.216423), 46: (0.797510, 0.244077), 47: (0.719335, 0.245099),
    48: (0.254149, 0.780233), 49: (0.340985, 0.745405), 50: (0.428858, 0.727388),
    51: (0.490127, 0.742578), 52: (0.551395, 0.727388), 53: (0.639268, 0.745405),
    54: (0.726104, 0.780233), 60: (0.290379, 0.784792), 61: (0.428096, 0.778746),
    62: (0.490127, 0.785343), 63: (0.552157, 0.778746), 64: (0.689874, 0.784792)}
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_NOSE_TIP, _MOUTH_LEFT, _MOUTH_RIGHT = 30, 48, 54


def eye_centres(landmarks: NDArray[np.float64], scheme: str) -> NDArray[np.float64]:
    """Centres of the left and the right eye, (2, 2), from the landmarks (L, 2) of a scheme."""
    if scheme == CENTRES5:
        return landmarks[:2]
    if scheme == CORNERS5:
        return np.stack([landmarks[2:4].mean(0), landmarks[:2].mean(0)])
    return np.stack([landmarks[_LEFT_EYE].mean(0), landmarks[_RIGHT_EYE].mean(0)])


def five_points(landmarks: NDArray[np.float64], scheme: str) -> NDArray[np.float64]:
    """What a template of five points is fitted to, (5, 2): of 68 points the CENTRES5."""
    if scheme != IBUG68:
        return landmarks
    return np.concatenate([eye_centres(landmarks, scheme),
                           landmarks[[_NOSE_TIP, _MOUTH_LEFT, _MOUTH_RIGHT]]])


@cache
def similarity_template(scheme: str) -> NDArray[np.float64]:
    """Five points of the ArcFace crop, (5, 2), in the order of :func:`five_points`.

    ArcFace has no corners of the eyes; they lie where dlib's mean face, fitted to ArcFace's
    points, has them, so that crops look alike whichever landmarks a detector gives.
    """
    centres = (_ARCFACE + 0.5) / 112
    if scheme != CORNERS5:
        return centres
    return transform_points(_DLIB5, fit_similarity(_mean_centres(), centres))


@cache
def chip_template(scheme: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which landmarks dlib fits its chips to, (P,), and where they lie, (P, 2).

    dlib has CORNERS5 and IBUG68; those of CENTRES5 are the same points of its mean face.
    """
    if scheme == CORNERS5:
        return np.arange(5), _DLIB5
    if scheme == CENTRES5:
        return np.arange(5), _mean_centres()
    return np.array(list(_DLIB68)), np.array(list(_DLIB68.values()))


def _mean_centres() -> NDArray[np.float64]:
    mean = np.zeros((68, 2))
    mean[list(_DLIB68)] = list(_DLIB68.values())
    return five_points(mean, IBUG68)
