"""The line that says how far an extraction is."""
from __future__ import annotations

import sys
import time

from mmfer.faces.extraction.plan import Clip


class ExtractionProgress:
    """A line on stderr with clips, frames, rate and time left.

    On a terminal one line is overwritten; a log gets a line every half a minute, and the last.
    Time left is by the bytes of the clips, as the number of frames is known only of clips that
    were opened.

    Args:
        clips: Number of clips.
        size: Their bytes.
    """

    def __init__(self, clips: int, size: int) -> None:
        self.clips, self.size = clips, size
        self.done, self.count = 0, 0
        self._ended_bytes = 0
        self._parts: dict[str, float] = {}
        self._watched: set[str] = set()
        self._terminal = sys.stderr.isatty()
        self._every_s = 0.2 if self._terminal else 30.
        self._started = time.monotonic()
        self._next = self._started + self._every_s

    def frames(self, clip: Clip, count: int, total: int | None) -> None:
        """Counts frames of a clip, which has so many in all."""
        self.count += count
        self._watched.add(clip.name)
        if total:
            part = self._parts.get(clip.name, 0.) + clip.size * count / total
            self._parts[clip.name] = min(part, float(clip.size))
        self._show()

    def ended(self, clip: Clip, frames: int) -> None:
        """Counts a clip that is finished, or failed; its frames where none was told of before."""
        self.done += 1
        if clip.name not in self._watched:
            self.count += frames
        self._watched.discard(clip.name)
        self._parts.pop(clip.name, None)
        self._ended_bytes += clip.size
        self._show()

    def note(self, text: str) -> None:
        """Prints a line above this one."""
        print(f'{text:<78}', file=sys.stderr, flush=True)

    def close(self) -> None:
        """Prints the last line."""
        self._print('\n')

    def text(self, passed_s: float) -> str:
        """The line, after so many seconds."""
        worked = self._ended_bytes + sum(self._parts.values())
        rate = self.count / max(passed_s, 1e-9)
        left = ''
        if self.done == self.clips:
            left = f', {_clock(passed_s)}'
        elif worked:
            left = f', {_clock((self.size - worked) * passed_s / worked)} left'
        return (f'{self.done:,} of {self.clips:,} clips, {self.count:,} frames, '
                f'{rate:.1f} frames/s{left}')

    def _show(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._every_s
            self._print('\r' if self._terminal else '\n')

    def _print(self, end: str) -> None:
        line = self.text(time.monotonic() - self._started)
        print(f'{line:<78}' if self._terminal else line, end=end, file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes // 60}:{minutes % 60:02d}:{rest:02d}'
