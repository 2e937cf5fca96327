"""What gives frames one by one."""
from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Generator
from types import TracebackType

from mmfer.errors import ConfigError
from mmfer.faces.structures import VideoFrame

__all__ = ['ASSUMED_RATE_HZ', 'FrameSource', 'check_rate_hz']

ASSUMED_RATE_HZ = 25.0
"""What time counts by where nothing says how many frames there are in a second."""


def check_rate_hz(rate_hz: float | None) -> None:
    """Refuses a rate that somebody gives and by which no frame has a time.

    Raises:
        ConfigError: It is not a number above 0.
    """
    if rate_hz is not None and not (math.isfinite(rate_hz) and rate_hz > 0):
        raise ConfigError(f'{rate_hz} frames per second are impossible; give a number above 0, '
                          'such as 25')


class FrameSource(ABC):
    """Upright frames in ascending order of their numbers, in constant memory.

    An iterator: a second loop goes on where the first one stopped. Every frame that can be
    decoded is given; where something could not, MediaError follows after the last of them, so
    that nothing computed from them is lost. As a context manager it closes itself.

    Attributes:
        name: What the frames are of, for messages and reports.
        rate_hz: Frames per second, on average; None where unknown.
        count: Number of frames; of a video what its header says, which may be wrong; None where
            unknown.
        damaged: Whether a frame was left out on the way here, so that MediaError is to follow.
            Who goes on from here another time would not hear of it.
    """

    damaged = False

    def __init__(self, name: str, rate_hz: float | None, count: int | None) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.count = count
        self._frames: Generator[VideoFrame, None, None] | None = None

    @abstractmethod
    def _read(self, number: int) -> Generator[VideoFrame, None, None]:
        """Frames from the first one on whose number is at least ``number``."""

    def __iter__(self) -> FrameSource:
        """The source itself."""
        return self

    def __next__(self) -> VideoFrame:
        """The next frame.

        Raises:
            MediaError: After the last frame that can be decoded, where a file is damaged.
        """
        if self._frames is None:
            self._frames = self._read(1)
        return next(self._frames)

    def seek(self, number: int) -> None:
        """Lets iteration go on at the frame of this number, or the next one where it is missing.

        Exact: what follows are the same frames, numbers and times as without. Behind the last
        frame nothing follows.

        Raises:
            ValueError: Numbers start at 1.
            MediaError: The frames can be read only once, and that one is past.
        """
        if number < 1:
            raise ValueError(f'frames are numbered from 1; there is no frame {number}')
        self.close()
        self._frames = self._read(number)

    def close(self) -> None:
        """Closes the file; nothing follows unless :meth:`seek` opens it again."""
        if self._frames is not None:
            self._frames.close()
        self._frames = _nothing()

    def __enter__(self) -> FrameSource:
        """The source itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Closes it."""
        self.close()

    def _time_s(self, number: int) -> float:
        """When a frame is shown if frames follow each other evenly."""
        return (number - 1) / (self.rate_hz or ASSUMED_RATE_HZ)


def _nothing() -> Generator[VideoFrame, None, None]:
    yield from ()
