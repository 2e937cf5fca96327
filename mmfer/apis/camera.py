"""Frames of a camera."""
from __future__ import annotations

import time
from collections.abc import Iterator

import cv2

from mmfer.errors import MediaError
from mmfer.faces.structures import VideoFrame

__all__ = ['read_camera']


def read_camera(number: int) -> Iterator[VideoFrame]:
    """Frames of a camera as it gives them, without end.

    OpenCV reads it: Video4Linux on Linux, AVFoundation on macOS, Media Foundation or DirectShow
    on Windows. The camera is given back when the iterator is closed.

    Args:
        number: Of the camera as the system counts, from 0.

    Raises:
        MediaError: There is no such camera, another program has it, or it is lost.
    """
    capture = cv2.VideoCapture(number)
    try:
        if not capture.isOpened():
            raise MediaError(f'camera {number} cannot be opened; check that it is connected, that '
                             'this user may read it, and that no other program uses it (Linux '
                             'lists cameras as /dev/video*)')
        started, count = time.monotonic(), 0
        while True:
            came, image = capture.read()
            if not came or image is None:
                raise MediaError(f'camera {number} gives no more frames after {count}; it was '
                                 'unplugged, or another program has taken it')
            count += 1
            yield VideoFrame(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), count,
                             time.monotonic() - started)
    finally:
        capture.release()
