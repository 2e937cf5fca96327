"""From the root of a config to the store behind it, once per process."""
from __future__ import annotations

import os
import threading
from pathlib import Path

from mmfer.errors import StorageError
from mmfer.storage.frame_store import FolderStore, FrameStore
from mmfer.storage.index import INDEX, PackIndex
from mmfer.storage.names import check_address
from mmfer.storage.pack_store import PackStore, store_of

JOURNAL = 'index.unfinished.sqlite'
"""What a pack that is being written has instead of an index."""

_open: dict[str, tuple[tuple[int, int], PackStore]] = {}
_inherited: list[PackStore] = []
_lock = threading.Lock()


def is_pack(root: str | os.PathLike[str]) -> bool:
    """Whether a folder is a pack of frames, rather than a folder of frames.

    Raises:
        ConfigError: ``root`` is an address or a command.
        StorageError: The pack is unfinished.
    """
    root = os.fspath(root)
    check_address(root)
    if os.path.exists(os.path.join(root, INDEX)):
        return True
    if os.path.exists(os.path.join(root, JOURNAL)):
        raise StorageError(f'{root} is a pack that is not finished: run the command that packed '
                           'it again, which goes on where it was')
    return False


def open_store(root: str | os.PathLike[str]) -> FrameStore:
    """The store of a root; a process opens each pack once.

    Raises:
        ConfigError: ``root`` is an address or a command, or lmdb is not installed.
        StorageError: The pack is unfinished, damaged or of another version.
    """
    root = os.fspath(root)
    known = _open.get(root)  # samples name the real path: it is followed once, not at each clip
    if known is not None and known[0] == _stamp(root):
        return known[1]
    if not is_pack(root):
        return FolderStore(os.path.realpath(root))
    root = os.path.realpath(root)
    with _lock:
        stamp, known = _stamp(root), _open.get(root)
        if known is not None and known[0] == stamp:
            return known[1]
        if known is not None:  # the pack was made anew
            _open.pop(root)[1].close()
        index = PackIndex(Path(root, INDEX))
        try:
            store = store_of(root, index)
        except Exception:
            index.close()
            raise
        _open[root] = (stamp, store)
        return store


def _stamp(root: str) -> tuple[int, int]:
    try:
        found = os.stat(os.path.join(root, INDEX))
    except OSError:
        return (0, 0)
    return found.st_ino, found.st_mtime_ns


def close_store(root: str | os.PathLike[str]) -> None:
    """Closes a pack that this process may have open; it is opened again when it is read."""
    with _lock:
        known = _open.pop(os.path.realpath(root), None)
    if known is not None:
        known[1].close()


def _after_fork() -> None:
    # A connection to SQLite is not to be used after a fork, nor closed: a thread of the parent
    # may have held its lock. So it stays as it is, and the pack is opened anew when it is read.
    global _lock
    _lock = threading.Lock()
    for _, store in _open.values():
        _inherited.append(store)
        store.abandon()
    _open.clear()


if hasattr(os, 'register_at_fork'):
    os.register_at_fork(after_in_child=_after_fork)
