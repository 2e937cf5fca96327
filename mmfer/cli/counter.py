"""A line on the terminal that counts what a long command has looked at."""
from __future__ import annotations

import sys
import time
from types import TracebackType

EVERY_S = 1.


class Counter:
    """Prints counts and their rate to stderr, from the second second on.

    On a terminal one line is overwritten; elsewhere, in a log, a line is written about
    every minute.

    Args:
        what: What is counted, such as 'clips read'.
        total: How many there are in all, where that is known.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self.what, self.total = what, total
        self._started = self._last = time.monotonic()
        self._shown = False

    def __call__(self, count: int) -> None:
        """Says that ``count`` were looked at so far."""
        now = time.monotonic()
        if now - self._last < (EVERY_S if sys.stderr.isatty() else 60 * EVERY_S):
            return
        self._last, self._shown = now, True
        rate = count / (now - self._started)
        of = f'/{self.total:,}' if self.total else ''
        left = f', {(self.total - count) / rate:.0f} s left' if self.total and count else ''
        end = '\r' if sys.stderr.isatty() else '\n'
        print(f'{count:,}{of} {self.what} ({rate:.0f}/s{left})   ', end=end, file=sys.stderr,
              flush=True)

    def __enter__(self) -> Counter:
        """Begins to count."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        """Leaves the line behind."""
        if self._shown and sys.stderr.isatty():
            print(file=sys.stderr)
