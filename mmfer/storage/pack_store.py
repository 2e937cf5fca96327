"""Reading from packs: tar shards and LMDB.

Each reading compares length and CRC-32 with the index, so that a damaged pack, or shards
beside the index of other ones, never become training samples.
"""
from __future__ import annotations

import importlib.util
import os
import zlib
from abc import abstractmethod
from collections.abc import Iterator
from functools import lru_cache

from mmengine.fileio import LmdbBackend

from mmfer.errors import ConfigError, MediaError, StorageError
from mmfer.storage.frame_store import FrameStore
from mmfer.storage.index import Member, PackIndex
from mmfer.storage.names import lmdb_key

DATA = 'data.mdb'
_OPEN_SHARDS = 256


class PackStore(FrameStore):
    """Files of a pack.

    Args:
        root: Folder of the pack.
        index: Its index.
    """

    def __init__(self, root: str, index: PackIndex) -> None:
        super().__init__(root)
        self.index = index

    def read(self, path: str) -> bytes:
        """See :class:`FrameStore`.

        Raises:
            MediaError: The pack has no such file.
            StorageError: A shard is missing, or is not the one that the index describes.
        """
        member = self._find(path)
        content = self.content(member)
        if len(content) != member.size or zlib.crc32(content) != member.crc32:
            raise StorageError(
                f'{self.shard_path(member.shard)}: {member.name} is damaged, or the index is of '
                f'another pack; see tools/pack.py --verify {self.root}, and pack again')
        return content

    @abstractmethod
    def content(self, member: Member) -> bytes:
        """What lies in the place of a file, not compared with its checksum."""

    def shard_path(self, number: int) -> str:
        """Path of a shard."""
        return os.path.join(self.root, self.index.shards[number].name)

    def check_shard(self, number: int) -> str:
        """Path of a shard, which exists and has the size that the index says.

        Raises:
            StorageError: It does not.
        """
        path, size = self.shard_path(number), self.index.shards[number].size
        try:
            found = os.stat(path).st_size
        except OSError as error:
            raise StorageError(f'{path} cannot be read ({error.strerror}); put the shard back, '
                               'or pack again') from error
        if found != size:
            raise StorageError(f'{path} has {found} bytes instead of {size}: it is truncated, or '
                               'the index is of another pack; copy it anew, or pack again')
        return path

    def exists(self, path: str) -> bool:
        """See :class:`FrameStore`."""
        return self.index.find(self.name(path)) is not None

    def list(self, folder: str = '') -> Iterator[str]:
        """See :class:`FrameStore`."""
        return self.index.names(folder)

    def stamp(self, path: str) -> tuple[int, str]:
        """See :class:`FrameStore`."""
        member = self._find(path)
        return member.size, member.sha256.hex()

    def close(self) -> None:
        """See :class:`FrameStore`."""
        self.index.close()

    def abandon(self) -> None:
        """Gives back, in a forked process, what another opening of the pack would clash with."""

    def _find(self, path: str) -> Member:
        member = self.index.find(self.name(path))
        if member is None:
            raise MediaError(
                f'the pack {self.root} has no {self.name(path)}; pack the frames of this '
                'annotation file, or list the frames that exist in its field frame_numbers')
        return member


class TarStore(PackStore):
    """Files in tar shards, read at the offsets of the index; headers are not looked at."""

    def __init__(self, root: str, index: PackIndex) -> None:
        super().__init__(root, index)
        # opened when first read, which is after a loader's processes have been forked
        self._shard = lru_cache(_OPEN_SHARDS)(lambda number: _OpenFile(self.check_shard(number)))

    def content(self, member: Member) -> bytes:
        """See :class:`PackStore`."""
        return self._shard(member.shard).read(member.offset, member.size)

    def close(self) -> None:
        """See :class:`FrameStore`."""
        super().close()
        self._shard.cache_clear()


class _OpenFile:
    """A file open for reading at any place by several threads; closed with the last use."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, 'O_CLOEXEC', 0))
        except OSError as error:
            raise StorageError(f'{path} cannot be read ({error.strerror})') from error

    def read(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes from ``offset`` on; less only at the end of the file."""
        parts = []
        try:
            while size > 0:
                part = os.pread(self._descriptor, size, offset)
                if not part:
                    break
                parts.append(part)
                offset, size = offset + len(part), size - len(part)
        except OSError as error:
            raise StorageError(f'{self.path} cannot be read ({error.strerror})') from error
        return parts[0] if len(parts) == 1 else b''.join(parts)

    def __del__(self) -> None:
        if hasattr(self, '_descriptor'):
            os.close(self._descriptor)


class LmdbStore(PackStore):
    """Files in LMDB, read by MMEngine's back end, without locks.

    Raises:
        ConfigError: lmdb is not installed.
        StorageError: The database is missing or truncated.
    """

    def __init__(self, root: str, index: PackIndex) -> None:
        super().__init__(root, index)
        require_lmdb()
        # a database shorter than its pages say would end the process when they are read
        for number in index.shards:
            self.check_shard(number)
        self._backend = LmdbBackend(root)

    def content(self, member: Member) -> bytes:
        """See :class:`PackStore`."""
        import lmdb
        try:
            return self._backend.get(lmdb_key(member.name)) or b''
        except lmdb.Error as error:
            raise StorageError(f'{os.path.join(self.root, DATA)} cannot be read ({error}); pack '
                               'the frames again') from error

    def close(self) -> None:
        """See :class:`FrameStore`."""
        super().close()
        self.abandon()

    def abandon(self) -> None:
        """See :class:`PackStore`."""
        self._backend = None  # which closes the database: a process opens it once at a time


def require_lmdb() -> None:
    """Says how to install lmdb where it is missing.

    Raises:
        ConfigError: It is.
    """
    if importlib.util.find_spec('lmdb') is None:
        raise ConfigError("no module lmdb to read this pack with; run pip install 'mmfer[lmdb]' "
                          '(or pip install lmdb), or pack the frames as tar shards')


def store_of(root: str, index: PackIndex) -> PackStore:
    """The store of an open index."""
    return {'tar': TarStore, 'lmdb': LmdbStore}[index.kind](root, index)
