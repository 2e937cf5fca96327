"""Frames that are image files."""
from __future__ import annotations

import os
import re
from collections.abc import Generator, Mapping
from pathlib import Path

from mmfer.annotation_rows import MAX_NUMBER
from mmfer.annotations import IMAGE_SUFFIXES
from mmfer.errors import MediaError
from mmfer.faces.frames.source import FrameSource
from mmfer.faces.structures import VideoFrame
from mmfer.images import decode_image

__all__ = ['ImageSource', 'image_number', 'list_images']

_SUFFIX = re.compile(r'\.[A-Za-z][A-Za-z0-9]*\Z')
_LAST_NUMBER = re.compile(r'0*([0-9]+)[^0-9]*\Z')
# a folder that counts from 0 is numbered one higher, and annotation files end at MAX_NUMBER
_LARGEST = MAX_NUMBER - 1
# how many damaged files a message names
_NAMED = 3


def image_number(name: str) -> int | None:
    """The last number in the name of an image's file, its suffix aside.

    7 of ``clip_12-000007.png``; None where there is none.

    Raises:
        MediaError: It is larger than frames can be numbered, as time stamps are.
    """
    match = _LAST_NUMBER.search(_SUFFIX.sub('', name))
    if match is None:
        return None
    if len(match[1]) > len(str(_LARGEST)) or int(match[1]) > _LARGEST:
        raise MediaError(f'{name:.200}: {match[1]:.200} is too large to be the number of a frame '
                         f'(at most {_LARGEST}), as time stamps are; name the images by their '
                         'order, 000001 and so on')
    return int(match[1])


def list_images(folder: Path) -> dict[int, Path]:
    """The images of a folder by frame number, ascending.

    Which number a file has is told in :func:`mmfer.faces.frames.open_frames`.

    Raises:
        MediaError: The folder cannot be listed, has no image, or the names of its images do not
            give each one a number of its own, or give one that no frame can have.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if _is_image(entry))
    except OSError as error:
        raise MediaError(f'{folder} cannot be listed ({error.strerror})') from error
    if not names:
        raise MediaError(f'{folder} has no image ({", ".join(IMAGE_SUFFIXES)}); give a folder of '
                         'the frames of one video')
    try:
        found = {name: number for name in names if (number := image_number(name)) is not None}
    except MediaError as error:
        raise MediaError(f'{folder}: {error}') from error
    if not found:
        return {number: folder / name for number, name in enumerate(names, 1)}
    numbers: dict[int, str] = {}
    for name in names:
        if name not in found:
            raise MediaError(f'{folder}: {name} has no number in its name, as other images of '
                             'the folder do; rename it, or put it elsewhere')
        number = found[name]
        if number in numbers:
            raise MediaError(f'{folder}: {numbers[number]} and {name} both have the number '
                             f'{number}; put the frames of each video into a folder of its own')
        numbers[number] = name
    shift = 1 if 0 in numbers else 0
    return {number + shift: folder / name for number, name in sorted(numbers.items())}


def _is_image(entry: os.DirEntry[str]) -> bool:
    return (os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES
            and not entry.name.startswith('.') and entry.is_file())


class ImageSource(FrameSource):
    """Image files, each decoded when its turn comes.

    Args:
        paths: The files by frame number, ascending.
        name: See :class:`FrameSource`.
        rate_hz: Frames per second, where known.
    """

    def __init__(self, paths: Mapping[int, Path], name: str, rate_hz: float | None) -> None:
        super().__init__(name, rate_hz, len(paths))
        self._paths = paths

    def _read(self, number: int) -> Generator[VideoFrame, None, None]:
        damaged = []
        for at, path in self._paths.items():
            if at < number:
                continue
            try:
                image = decode_image(path.read_bytes())
            except OSError as error:
                damaged.append(f'{path} cannot be read ({error.strerror})')
            except ValueError as error:
                damaged.append(f'{path} {error}')
            else:
                self.damaged = bool(damaged)
                yield VideoFrame(image, at, self._time_s(at))
        if damaged:
            more = f'; and {len(damaged) - _NAMED} more' if len(damaged) > _NAMED else ''
            raise MediaError(f'{"; ".join(damaged[:_NAMED])}{more}: make these frames again, or '
                             'remove the files; the other frames were read')
