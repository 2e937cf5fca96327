"""The line that says how live video goes."""
from __future__ import annotations

import sys
import time

from mmfer.apis.live import LiveFrame
from mmfer.apis.newest_frames import NewestFrames

__all__ = ['LiveStatus']


class LiveStatus:
    """A line on stderr with frames, dropped ones, rate, people and answers.

    On a terminal one line is overwritten; a log gets a line every half a minute, and the last.

    Args:
        frames: The source, where it drops frames.
        total: Number of frames, where it is known.
    """

    def __init__(self, frames: NewestFrames | None, total: int | None) -> None:
        self._frames, self._total = frames, total
        self.count, self.answers, self._people = 0, 0, 0
        self._terminal = sys.stderr.isatty()
        self._every_s = .5 if self._terminal else 30.
        self._started = time.monotonic()
        self._next = self._started + self._every_s

    def add(self, live: LiveFrame) -> None:
        """Counts a frame."""
        self.count += 1
        self.answers += len(live.fresh)
        self._people = len(live.faces.faces)
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._every_s
            self._print('\r' if self._terminal else '\n')

    def close(self) -> None:
        """Prints the last line."""
        self._print('\n')

    def text(self) -> str:
        """The line."""
        rate = self.count / max(time.monotonic() - self._started, 1e-9)
        of = '' if self._total is None else f' of {self._total:,}'
        dropped = '' if self._frames is None else f', {self._frames.dropped:,} dropped'
        return (f'{self.count:,}{of} frames{dropped}, {rate:.1f} frames/s, {self._people} people, '
                f'{self.answers:,} answers')

    def _print(self, end: str) -> None:
        line = self.text()
        print(f'{line:<78}' if self._terminal else line, end=end, file=sys.stderr, flush=True)
