"""Conditions of a disk under which no clip can be written."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmfer.errors import StorageError
from mmfer.fileio import is_full

__all__ = ['telling_full']


@contextmanager
def telling_full(out: Path) -> Iterator[None]:
    """Tells of a disk that is full or must not be written; other errors pass unchanged.

    Args:
        out: The output folder, named in the message.

    Raises:
        StorageError: It is.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise StorageError(f'{out} cannot be written ({error.strerror}); free some space there, '
                           'and run the same command again: what is finished is kept') from error
