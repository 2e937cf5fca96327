"""What of a pack is finished, so that an interrupted packing goes on where it was.

A database ``index.unfinished.sqlite`` in the pack's folder, locked by the process that packs.
It grows with every finished shard, and becomes the index when all are there.
"""
from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from mmfer.errors import StorageError
from mmfer.storage.index import Member, Shard, insert_members, new_database, write_index
from mmfer.storage.opening import JOURNAL


class Journal:
    """The finished shards of a pack that is being written; for several threads.

    Args:
        folder: Folder of the pack; made where it is missing.
        kind: ``'tar'`` or ``'lmdb'``.
        identity: Stands for the files of each shard.

    Raises:
        StorageError: Another process packs into the folder, it holds the beginning of another
            pack, or it cannot be written.
    """

    def __init__(self, folder: Path, kind: str, identity: str) -> None:
        self.path = folder / JOURNAL
        self.kind = kind
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f'{folder} cannot be made ({error.strerror})') from error
        try:
            self._database = new_database(self.path)
            self._database.execute('PRAGMA locking_mode = EXCLUSIVE')
            with self._database:
                self._database.execute('CREATE TABLE IF NOT EXISTS finished '
                                       '(number INTEGER PRIMARY KEY, source TEXT)')
                self._database.execute('CREATE TABLE IF NOT EXISTS state '
                                       '(kind TEXT, identity TEXT)')
                state = self._database.execute('SELECT kind, identity FROM state').fetchall()
                if not state:
                    self._database.execute('INSERT INTO state VALUES (?, ?)', (kind, identity))
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if state and state != [(kind, identity)]:
            self._database.close()
            raise StorageError(f'{folder} holds the beginning of another pack (of other files, '
                               'format or size of shards); choose another folder, or delete it')

    def is_finished(self, number: int, source: str) -> bool:
        """Whether a shard was written from exactly this source."""
        with self._transaction() as database:
            return database.execute('SELECT source FROM finished WHERE number = ?',
                                    (number, )).fetchall() == [(source, )]

    def shard(self, number: int) -> Shard | None:
        """What is recorded of a shard's file."""
        with self._transaction() as database:
            row = database.execute('SELECT number, name, size FROM shard WHERE number = ?',
                                   (number, )).fetchone()
        return None if row is None else Shard(*row)

    def record(self, number: int, source: str, members: Iterable[Member],
               shard: Shard | None = None) -> None:
        """Notes that a shard is on disk, with the file it makes where it is one of its own."""
        with self._transaction() as database:
            insert_members(database, iter(members))
            database.execute('INSERT OR REPLACE INTO finished VALUES (?, ?)', (number, source))
            if shard is not None:
                _put_shard(database, shard)

    def put_shard(self, shard: Shard) -> None:
        """Notes the name and size of a file."""
        with self._transaction() as database:
            _put_shard(database, shard)

    def forget(self, numbers: Iterable[int]) -> None:
        """Takes shards back: they are written anew."""
        with self._transaction() as database:
            database.executemany('DELETE FROM finished WHERE number = ?',
                                 ((number, ) for number in numbers))

    def write_index(self, path: Path) -> None:
        """Writes the index of all that is recorded.

        Raises:
            StorageError: It cannot be written.
        """
        with self._transaction() as database:
            shards = [Shard(*row) for row in database.execute(
                'SELECT number, name, size FROM shard ORDER BY number')]
            members = database.execute(
                'SELECT name, shard, offset, size, crc32, sha256 FROM member ORDER BY name')
            write_index(path, self.kind, shards, (Member(*row) for row in members))

    def remove(self) -> None:
        """Deletes the journal: the pack has its index."""
        self._database.close()
        self.path.unlink(missing_ok=True)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        # one of a thread at a time
        try:
            with self._lock, self._database:
                yield self._database
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StorageError:
        if 'locked' in str(error):
            return StorageError(f'{self.path}: another process packs into this folder')
        return StorageError(f'{self.path} cannot be written or is damaged ({error}); free some '
                            'space and run the same command again, or delete this file to '
                            'begin anew')

    def __enter__(self) -> Journal:
        """The journal."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        """Closes it; what is recorded stays."""
        self._database.close()


def _put_shard(database: sqlite3.Connection, shard: Shard) -> None:
    database.execute('INSERT OR REPLACE INTO shard VALUES (?, ?, ?)',
                     (shard.number, shard.name, shard.size))
