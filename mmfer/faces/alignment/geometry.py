"""How a face is cut out."""
from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mmfer.errors import ConfigError

__all__ = ['BORDERS', 'INTERPOLATIONS', 'KINDS', 'MARGINS', 'Geometry']

MARGINS: Mapping[str, float] = MappingProxyType(
    {'similarity': 0.0, 'chip': 0.25, 'eyes': 0.25, 'box': 0.25})
"""The margin of each kind of geometry where none is given."""
KINDS = tuple(MARGINS)
INTERPOLATIONS = ('area', 'nearest', 'bilinear', 'bicubic', 'lanczos')
BORDERS = ('constant', 'replicate', 'reflect')
_LARGEST_PX = 8192


@dataclass(frozen=True)
class Geometry:
    """How a face is cut out of a frame, the same for every face.

    Kinds:

    - ``'similarity'``: turned, scaled and moved so that five points come as near as they can,
      by least squares (Umeyama, PAMI 1991), to those of ArcFace (Deng et al., CVPR 2019). With
      margin 0 and 112 px that is ArcFace's own crop.
    - ``'chip'``: dlib's ``get_face_chip``: the same on dlib's mean face, by all points that
      dlib uses. The margin is dlib's ``padding``.
    - ``'eyes'``: the box, turned about its centre until the eyes are level.
    - ``'box'``: the box as the detector gave it.

    Attributes:
        kind: One of the above. ``'box'`` alone needs no landmarks.
        size_px: Width and height of the crop, 1..8192.
        margin: What is added on each side, as a share of the side of the box, or of the template
            for ``'similarity'`` and ``'chip'``; above -0.5, so that something is left. None
            takes the kind's own of :data:`MARGINS`; the attribute is always a number.
        interpolation: ``'area'`` averages over what falls on a pixel where the face shrinks, so
            that nothing aliases, and is bilinear where it grows; ``'nearest'``, ``'bilinear'``,
            ``'bicubic'`` and ``'lanczos'`` take the pixels around one point.
        border: What lies beyond the frame: black (``'constant'``), its last pixels
            (``'replicate'``) or its mirror image (``'reflect'``).
        square: For ``'eyes'`` and ``'box'``: whether the shorter side of the box is first made
            as long as the longer one; otherwise a box that is no square is stretched.

    Raises:
        ConfigError: A value is not one of these.
    """

    kind: str = 'similarity'
    size_px: int = 224
    margin: float | None = None
    interpolation: str = 'area'
    border: str = 'constant'
    square: bool = True

    def __post_init__(self) -> None:
        """Checks every value."""
        for name, value, choices in (('kind', self.kind, KINDS),
                                     ('interpolation', self.interpolation, INTERPOLATIONS),
                                     ('border', self.border, BORDERS)):
            if value not in choices:
                raise ConfigError(f'geometry: {name} {value!r} does not exist; choose one of '
                                  f'{", ".join(choices)}')
        if type(self.size_px) is not int or not 1 <= self.size_px <= _LARGEST_PX:
            raise ConfigError(f'geometry: size_px is {self.size_px!r}; give a whole number of '
                              f'pixels, 1..{_LARGEST_PX}')
        margin = MARGINS[self.kind] if self.margin is None else self.margin
        if type(margin) not in (int, float) or not math.isfinite(margin) or margin <= -0.5:
            raise ConfigError(f'geometry: margin is {self.margin!r}; give a share of the side '
                              'above -0.5, such as 0.25')
        if type(self.square) is not bool:
            raise ConfigError(f'geometry: square is {self.square!r}; give True or False')
        if not self.square and not self.follows_box:
            raise ConfigError(f'geometry: square=False is for the kinds eyes and box; crops of '
                              f'kind {self.kind} are never stretched')
        object.__setattr__(self, 'margin', float(margin))

    @property
    def follows_box(self) -> bool:
        """Whether the crop's place and size are those of the box, not of the landmarks."""
        return self.kind in ('eyes', 'box')

    @property
    def needs_landmarks(self) -> bool:
        """Whether a detector that gives boxes alone does not do."""
        return self.kind != 'box'

    @property
    def scale(self) -> float:
        """How many times larger than without a margin the cut-out part is."""
        return 1 + 2 * float(self.margin or 0)
