"""Writing frames as an H.264 video, each shown at its own time."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import MediaError
from mmfer.fileio import atomic_write

__all__ = ['VideoWriter', 'check_encoder', 'write_video']

_ENCODER = 'libx264'
_CLOCK_HZ = 90000
_OPTIONS = {'crf': '20', 'preset': 'veryfast'}


def check_encoder() -> None:
    """Tells whether videos can be written, before there is anything to write.

    Raises:
        MediaError: PyAV is not installed, or was built without the encoder.
    """
    try:
        import av
    except ImportError as error:
        raise MediaError('videos are written by PyAV, which is not installed; run pip install '
                         'mmfer[faces], or write no video (--no-video)') from error
    try:
        av.codec.Codec(_ENCODER, 'w')
    except av.codec.codec.UnknownCodecError as error:
        raise MediaError(f'no H.264 encoder: this build of PyAV is without {_ENCODER}; install '
                         'one of the wheels of PyAV (pip install --force-reinstall '
                         '--only-binary=av av), or write no video (--no-video)') from error


@contextmanager
def write_video(path: str | os.PathLike[str], rate_hz: float = 25.) -> Iterator[VideoWriter]:
    """Opens an MP4 file, which appears whole when the context is left without an error.

    Args:
        path: The file.
        rate_hz: Frames per second, on average; for how long the last frame is shown.

    Raises:
        MediaError: PyAV or its encoder is not there, a frame cannot be encoded, or nothing was
            written.
        OSError: The file cannot be written, such as on a full disk.
    """
    check_encoder()
    import av
    with atomic_write(path) as temporary:
        container = av.open(str(temporary), 'w', format='mp4', options={'movflags': 'faststart'})
        writer = VideoWriter(container, str(path), rate_hz)
        try:
            yield writer
            writer.finish()
        except BaseException:
            # it would write the end of a file that is dropped, and may fail at that once more
            with suppress(av.error.FFmpegError):
                container.close()
            raise


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
            _ENCODER, rate=Fraction(rate_hz).limit_denominator(1001), options=_OPTIONS)
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
            MediaError: The image has another size than those before it, or one that cannot be
                encoded.
            OSError: The file cannot be written, such as on a full disk.
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
        self._last = max(round(time_s * _CLOCK_HZ), self._last + 1)
        with self._explained():
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), format='rgb24')
            frame.pts, frame.time_base = self._last, Fraction(1, _CLOCK_HZ)
            self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Encodes what is held back, and closes the file.

        Raises:
            MediaError: There is no frame, or the last ones cannot be encoded.
            OSError: The file cannot be written, such as on a full disk.
        """
        if self._shape is None:
            raise MediaError(f'{self._name}: a video without a frame cannot be written')
        with self._explained():
            self._container.mux(self._stream.encode(None))
            self._container.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns FFmpeg's errors into MediaError, but for those of the disk."""
        import av
        try:
            yield
        except av.error.FFmpegError as error:
            if isinstance(error, OSError):
                raise
            height, width = self._shape or (0, 0)
            raise MediaError(f'{self._name}: frames of {width}x{height} pixels cannot be written '
                             f'as H.264 ({error.strerror}); make the frames smaller, or write no '
                             'video (--no-video)') from error
