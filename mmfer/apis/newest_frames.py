"""Frames that do not wait: who is slow sees fewer of them, never older ones."""
from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

from mmfer.faces.structures import VideoFrame

__all__ = ['NewestFrames']


class NewestFrames(Iterator[VideoFrame]):
    """Reads a source in a thread of its own, and gives the newest frame that nobody has seen.

    A camera goes on while a model computes. Without this its frames would pile up in a queue,
    and answers come later and later. Frames keep the numbers that the source gave them, so a
    gap in the numbers is frames that were dropped. Used as a context manager, which closes the
    source as well, where it can be closed.

    Args:
        frames: The source.
        paced: Hold each frame back until its ``time_s`` has passed since the first one: a file
            then stands in for a camera.

    Attributes:
        dropped: Frames so far that were read and never given.
    """

    def __init__(self, frames: Iterable[VideoFrame], paced: bool = False) -> None:
        self.dropped = 0
        self._frames, self._paced = frames, paced
        self._newest: VideoFrame | None = None
        self._error: BaseException | None = None
        self._over = False
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read, name='frames', daemon=True)

    def __enter__(self) -> NewestFrames:
        """Starts to read."""
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Stops reading."""
        self._stop.set()
        self._reader.join(timeout=5)  # a camera that hangs must not hang its user

    def __iter__(self) -> NewestFrames:
        """Itself."""
        return self

    def __next__(self) -> VideoFrame:
        """Waits for a frame that was not given yet.

        Raises:
            StopIteration: The source has ended, and its last frame was given.
            Exception: What the source raised, after its last frame.
        """
        with self._changed:
            # a time limit lets Ctrl-C through on systems where waiting would block it
            while self._newest is None and not self._over:
                self._changed.wait(timeout=.5)
            frame, self._newest = self._newest, None
            if frame is not None:
                return frame
            if self._error is not None:
                raise self._error
            raise StopIteration

    def _read(self) -> None:
        started = None
        try:
            for frame in self._frames:
                if self._paced:
                    started = time.monotonic() - frame.time_s if started is None else started
                    self._stop.wait(started + frame.time_s - time.monotonic())
                if self._stop.is_set():
                    break
                with self._changed:
                    self.dropped += self._newest is not None
                    self._newest = frame
                    self._changed.notify()
        except BaseException as error:  # handed to whoever waits for frames
            self._error = error
        finally:
            close = getattr(self._frames, 'close', None)
            if close is not None:
                close()  # here, for nobody else may while this thread reads
            with self._changed:
                self._over = True
                self._changed.notify()
