"""One process at a time works on a clip."""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mmfer.errors import LedgerError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ['sole_use']

_PATIENCE_S = 10.
_EVERY_S = 0.05
LOCK = '.lock'


@contextmanager
def sole_use(folder: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Keeps a work folder to this process; it may be removed in the body.

    The lock is the system's and goes with the process, however that ends. Where the system
    has no such locks, nothing is kept.

    Args:
        folder: Made where it is missing.
        patience_s: How long to wait for a process that is about to end.

    Raises:
        LedgerError: Another process has it.
    """
    until = time.monotonic() + patience_s
    file = _locked(folder)
    while file is None:
        if time.monotonic() > until:
            raise LedgerError(f'{folder}: another process works on this clip; wait for it, or '
                              'end it, and run the same command again')
        time.sleep(_EVERY_S)
        file = _locked(folder)
    with file:
        yield


def _locked(folder: Path) -> IO[bytes] | None:
    """The open lock; None where another process has it, or has just removed it."""
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(path, 'ab')
    except FileNotFoundError:  # another process has just removed it, or the folder above
        return None
    if fcntl is None:
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None
