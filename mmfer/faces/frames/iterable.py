"""Frames that are in memory, or come from a program."""
from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

import numpy as np

from mmfer.errors import MediaError
from mmfer.faces.frames.source import FrameSource
from mmfer.faces.structures import VideoFrame

__all__ = ['IterableSource', 'SequenceSource']


class SequenceSource(FrameSource):
    """An array (T, H, W, 3) or a sequence of arrays (H, W, 3), uint8 RGB.

    Raises:
        MediaError: There is no frame.
    """

    def __init__(self, images: np.ndarray | Sequence[np.ndarray], name: str,
                 rate_hz: float | None) -> None:
        if isinstance(images, np.ndarray) and images.ndim != 4:
            raise MediaError(f'{name} has the shape {images.shape}; frames are (T, H, W, 3)')
        if not len(images):
            raise MediaError(f'{name} has no frame')
        super().__init__(name, rate_hz, len(images))
        self._images = images

    def _read(self, number: int) -> Generator[VideoFrame, None, None]:
        for at in range(number, len(self._images) + 1):
            image = _checked(self._images[at - 1], self.name, at)
            yield VideoFrame(image, at, self._time_s(at))


class IterableSource(FrameSource):
    """Arrays (H, W, 3) uint8 RGB that come one by one and cannot be had again."""

    def __init__(self, images: Iterable[np.ndarray], name: str, rate_hz: float | None) -> None:
        super().__init__(name, rate_hz, None)
        self._images = enumerate(images, 1)
        self._taken = 0

    def seek(self, number: int) -> None:
        """See :class:`FrameSource`; only forward."""
        if 1 <= number <= self._taken:
            raise MediaError(f'{self.name} cannot go back to frame {number}, for {self._taken} '
                             'frames were taken from an iterable; give a list or an array')
        super().seek(number)

    def _read(self, number: int) -> Generator[VideoFrame, None, None]:
        for at, image in self._images:
            self._taken = at
            if at >= number:
                yield VideoFrame(_checked(image, self.name, at), at, self._time_s(at))


def _checked(image: np.ndarray, name: str, number: int) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise MediaError(f'{name}: frame {number} has the shape {image.shape} and the type '
                         f'{image.dtype}; a frame is (H, W, 3) uint8 RGB')
    return image
