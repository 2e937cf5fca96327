"""Writing one shard of a pack: a tar file, or a transaction of LMDB."""
from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from mmfer.errors import StorageError
from mmfer.fileio import atomic_write
from mmfer.storage.frame_store import FrameStore
from mmfer.storage.index import Member, Shard
from mmfer.storage.names import lmdb_key
from mmfer.storage.pack_store import DATA, require_lmdb
from mmfer.storage.plan import BLOCK, ShardPlan

Progress = Callable[[int], None]
"""Called with the bytes of each finished file."""
_PAGE = 4096
_LEAST_MAP = 64 << 20


class Stopped(Exception):
    """Another shard failed or the user stopped the command; this shard was not finished."""


def shard_name(number: int) -> str:
    """Name of a tar shard."""
    return f'shard-{number:06d}.tar'


def write_shard(folder: Path, plan: ShardPlan, source: FrameStore, progress: Progress,
                stop: threading.Event) -> tuple[Shard, list[Member]]:
    """Writes a tar shard, whole; the same files give the same bytes.

    A POSIX (pax) archive of regular files in the order of the plan, with time 0, owner 0 and
    mode 644.

    Raises:
        MediaError: A file cannot be read, or has changed.
        StorageError: The shard cannot be written.
        Stopped: ``stop`` was set.
    """
    path = folder / shard_name(plan.number)
    members = []
    try:
        with atomic_write(path) as temporary:
            with open(temporary, 'wb') as file, tarfile.open(
                    fileobj=file, mode='w', format=tarfile.PAX_FORMAT) as archive:
                for name, size in zip(plan.names, plan.sizes):
                    if stop.is_set():
                        raise Stopped
                    content = read_unchanged(source, name, size)
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
                    offset = file.tell() - -(-len(content) // BLOCK) * BLOCK
                    members.append(_member(name, plan.number, offset, content))
                    progress(len(content))
            size = temporary.stat().st_size
    except OSError as error:
        raise cannot_write(path, error) from error
    return Shard(plan.number, path.name, size), members


class LmdbWriter:
    """Writes the files of a plan into LMDB, a transaction for each shard of it.

    Args:
        folder: Folder of the pack.
        planned: Number of files and of their bytes; the database has room for them.

    Raises:
        ConfigError: lmdb is not installed.
        StorageError: The database cannot be opened.
    """

    def __init__(self, folder: Path, planned: tuple[int, int]) -> None:
        require_lmdb()
        import lmdb
        self._lmdb: Any = lmdb
        self.path = folder / DATA
        files, size = planned
        # a file takes whole pages, and the tree above them some more
        self._room = max(_LEAST_MAP, int(1.25 * (size + 2 * _PAGE * files)))
        try:
            self._database = lmdb.open(str(folder), map_size=self._room)
        except (lmdb.Error, OSError) as error:
            raise cannot_write(self.path, error) from error

    def write(self, plan: ShardPlan, source: FrameStore, progress: Progress,
              readers: Executor) -> list[Member]:
        """Writes and commits one shard of the plan.

        Raises:
            MediaError: A file cannot be read, or has changed.
            StorageError: The database cannot be written.
        """
        contents = list(readers.map(lambda file: read_unchanged(source, *file),
                                    zip(plan.names, plan.sizes)))
        while True:
            try:
                with self._database.begin(write=True) as transaction:
                    for name, content in zip(plan.names, contents):
                        transaction.put(lmdb_key(name).encode(), content)
                break
            except self._lmdb.MapFullError:
                self._room *= 2
                self._database.set_mapsize(self._room)
            except (self._lmdb.Error, OSError) as error:
                raise cannot_write(self.path, error) from error
        for content in contents:
            progress(len(content))
        return [_member(name, 0, 0, content) for name, content in zip(plan.names, contents)]

    def close(self) -> Shard:
        """Closes the database; returns its file. Readers need no file of locks."""
        self._database.close()
        (self.path.parent / 'lock.mdb').unlink(missing_ok=True)
        return Shard(0, DATA, self.path.stat().st_size)


def read_unchanged(source: FrameStore, name: str, size: int) -> bytes:
    """Content of a file that still has its planned size.

    Raises:
        MediaError: It cannot be read.
        StorageError: It has another size by now.
    """
    content = source.read(name)
    if len(content) != size:
        raise StorageError(f'{os.path.join(source.root, name)} has {len(content)} bytes instead '
                           f'of {size}: it changed while it was packed; run the same command '
                           'again')
    return content


def cannot_write(path: Path, error: Exception) -> StorageError:
    """The error for a file that cannot be written."""
    reason = getattr(error, 'strerror', None) or error
    return StorageError(f'{path} cannot be written ({reason}); free some space there, and run the '
                        'same command again: what is finished is kept')


def _member(name: str, shard: int, offset: int, content: bytes) -> Member:
    return Member(name, shard, offset, len(content), zlib.crc32(content),
                  hashlib.sha256(content).digest())
