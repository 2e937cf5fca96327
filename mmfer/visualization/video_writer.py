"""Writing frames as an H.264 video, each shown at its own time."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import MediaError
from mmfer.fileio import atomic_write

__all__ = ['VideoWriter', 'write_video']

_CLOCK_HZ = 90000
_OPTIONS = {'crf': '20', 'preset': 'veryfast'}


@contextmanager
def write_video(path: str | os.PathLike[str], rate_hz: float = 25.) -> Iterator[VideoWriter]:
    """Opens an MP4 file, which appears whole when the context is left without an error.

    Args:
        path: The file.
        rate_hz: Frames per second, on average; for how long the last frame is shown.

    Raises:
        MediaError: PyAV is not installed, or nothing was written.
    """
    try:
        import av
    except ImportError as error:
        raise MediaError(f'{path}: videos are written by PyAV; run pip install '
                         'mmfer[faces]') from error
    with (atomic_write(path) as temporary,
          av.open(str(temporary), 'w', format='mp4',
                  options={'movflags': 'faststart'}) as container):
        writer = VideoWriter(container, str(path), rate_hz)
        yield writer
        writer.finish()


class VideoWriter:
    """Encodes frames one by one.

    They keep their times, so a variable rate stays one. A side of odd length, which the format
    does not have, loses nothing: its last row or column is repeated.

    Args:
        container: PyAV's, open for writing.
        name: Of the file, for messages.
        rate_hz: Frames per second, on average.
    """

    def __init__(self, container: Any, name: str, rate_hz: float) -> None:
        self._container, self._name = container, name
        self._stream = container.add_stream(
            'libx264', rate=Fraction(rate_hz).limit_denominator(1001), options=_OPTIONS)
        self._stream.pix_fmt = 'yuv420p'
        self._stream.codec_context.time_base = Fraction(1, _CLOCK_HZ)
        self._shape: tuple[int, int] | None = None
        self._last = -1

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Appends a frame.

        Args:
            image: (H, W, 3) uint8 RGB, as large as those before it.
            time_s: When it is shown; a frame that does not come after the one before is shown
                as soon as possible after it.

        Raises:
            MediaError: The image has another size than those before it.
        """
        from av import VideoFrame
        height, width = image.shape[:2]
        if self._shape is None:
            self._shape = height, width
            self._stream.height, self._stream.width = height + height % 2, width + width % 2
        elif self._shape != (height, width):
            raise MediaError(f'{self._name}: a frame is {width}x{height} pixels, those before it '
                             f'are {self._shape[1]}x{self._shape[0]}')
        if height % 2 or width % 2:
            image = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), 'edge')
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format='rgb24')
        self._last = max(round(time_s * _CLOCK_HZ), self._last + 1)
        frame.pts, frame.time_base = self._last, Fraction(1, _CLOCK_HZ)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Encodes what is held back.

        Raises:
            MediaError: There is no frame.
        """
        if self._shape is None:
            raise MediaError(f'{self._name}: a video without a frame cannot be written')
        self._container.mux(self._stream.encode(None))
