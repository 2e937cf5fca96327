"""Writing files whole: a reader sees the old file or the new one, never a part."""
from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def is_full(error: OSError) -> bool:
    """Whether an error says that no other file can be written there either."""
    return error.errno in _FULL


@contextmanager
def atomic_write(path: str | os.PathLike[str], durable: bool = True) -> Iterator[Path]:
    """Yields a temporary path beside ``path``, which takes its place on success.

    A killed process leaves ``path`` either as it was or complete. On an exception the
    temporary file is removed.

    Args:
        path: The file to write; its folder is made where it is missing.
        durable: Have the data on disk before the rename, so that the same holds when the
            machine itself stops. Costs milliseconds a file; needless for thousands of
            small ones that a command makes anew.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name}.', suffix='.tmp')
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if durable:
            with open(temporary, 'rb') as f:
                os.fsync(f.fileno())
        # mkstemp makes private files; the result has the mode that open() would give
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
