"""Choosing what reads the frames of a source."""
from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmfer.annotations import IMAGE_SUFFIXES
from mmfer.errors import MediaError
from mmfer.faces.frames.images import ImageSource, list_images
from mmfer.faces.frames.iterable import IterableSource, SequenceSource
from mmfer.faces.frames.source import FrameSource, check_rate_hz
from mmfer.faces.frames.video import VideoSource

__all__ = ['open_frames']


def open_frames(source: str | os.PathLike[str] | np.ndarray | Iterable[np.ndarray],
                name: str | None = None, rate_hz: float | None = None) -> FrameSource:
    """Opens whatever frames come from.

    - A video: frames are numbered 1, 2, ... in the order of display, and upright by the
      rotation that the file notes. ``time_s`` is by its time stamps, 0 at the first frame.
      Pixels are given as they are stored, also where they are not square.
    - A folder of images: a frame's number is the last number in its file's name, so gaps stay
      gaps; a folder that counts from 0 is numbered from 1. Numbers of 2^31 - 1 and more are
      refused: time stamps tell times, not which frame it is. Where no name has a number, images
      are numbered by the order of their names. Files that are no images by their suffix do not
      count. One image file is a video of one frame.
    - An array (T, H, W, 3), or an iterable of arrays (H, W, 3), uint8 RGB, which may differ in
      size: numbered 1, 2, ...

    Args:
        source: The path of a video, an image or a folder; an array; an iterable.
        name: What to call it; by default the name of the file or folder.
        rate_hz: Frames per second of images and arrays, which do not say, above 0; ``time_s``
            takes :data:`~mmfer.faces.frames.source.ASSUMED_RATE_HZ` where it is not given.

    Raises:
        ConfigError: The rate is not a number above 0.
        MediaError: There is no such file, it is empty, no video, or only sound; or there is no
            image in the folder, or its names are ambiguous. Names it and says what to do.
    """
    check_rate_hz(rate_hz)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        name = path.name if name is None else name
        if path.is_dir():
            return ImageSource(list_images(path), name, rate_hz)
        if path.suffix.lower() in IMAGE_SUFFIXES:
            if not path.is_file():
                raise MediaError(f'{path} does not exist; correct the path')
            return ImageSource({1: path}, name, rate_hz)
        return VideoSource(path, name)
    if isinstance(source, np.ndarray):
        return SequenceSource(source, name or 'array', rate_hz)
    if isinstance(source, (list, tuple)):
        return SequenceSource(source, name or 'images', rate_hz)
    return IterableSource(source, name or 'images', rate_hz)
