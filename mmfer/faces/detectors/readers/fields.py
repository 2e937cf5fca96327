"""Single values of a file of faces, with errors that say where they stand."""
from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from mmfer.errors import DetectorError, MediaError
from mmfer.faces.frames.images import image_number

__all__ = ['check_box', 'fault', 'frame_number', 'number_in_name', 'to_count', 'to_float']

# up to here float32 tells whole pixels apart
_LARGEST = 2**24


def fault(where: str, field: str, problem: str) -> DetectorError:
    """An error that names file and place, field and problem."""
    return DetectorError(f'{where}, field {field!r}: {problem}; correct it, or make the file '
                         'again')


def to_float(value: Any, where: str, field: str) -> float:
    """A number of at most 2^24 in size, out of a text or of JSON.

    Raises:
        DetectorError: It is none.
    """
    if not isinstance(value, bool):
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if abs(number) <= _LARGEST:
            return number
    raise fault(where, field, f'{value!r} is not a number between -2^24 and 2^24')


def to_count(value: str, where: str, field: str) -> int:
    """A whole number from 0 (to 10^15), out of a text.

    Raises:
        DetectorError: It is none.
    """
    if not re.fullmatch('[0-9]{1,15}', value):
        raise fault(where, field, f'{value!r} is not a whole number')
    return int(value)


def frame_number(value: str, where: str) -> int:
    """The number of a frame, out of a text.

    Raises:
        DetectorError: It is no whole number from 1 (to 10^15).
    """
    number = to_count(value, where, 'frame')
    if not number:
        raise fault(where, 'frame', f'{value!r} is not the number of a frame: the first one is 1')
    return number


def number_in_name(name: str, where: str) -> int:
    """The number that the image of this name has in a folder: 7 of ``clip_12/000007.jpg``.

    Raises:
        DetectorError: There is none, or it is too large.
    """
    try:
        number = image_number(re.split(r'[/\\]', name)[-1])
    except MediaError as error:
        raise fault(where, 'frame', str(error)) from error
    if number is None:
        raise fault(where, 'frame', f'the name {name!r} has no number of a frame')
    return number


def check_box(box: Sequence[float], where: str, field: str) -> Sequence[float]:
    """A box x0, y0, x1, y1 with an extent.

    Raises:
        DetectorError: It has none.
    """
    x0, y0, x1, y1 = box
    if x0 >= x1 or y0 >= y1:
        raise fault(where, field, f'the box from ({x0:g}, {y0:g}) to ({x1:g}, {y1:g}) is empty '
                                  'or inside out')
    return box
