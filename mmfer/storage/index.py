"""The index of a pack: which file is where, how long, and with which checksums.

An SQLite database ``index.sqlite`` beside the shards, opened read-only. A look-up reads a few
pages, so that a process holds some megabytes of it however many files there are, and processes
share the pages through the system's cache. It holds these tables and no view or trigger; a
database with anything else is refused.
"""
from __future__ import annotations

import os
import posixpath
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmfer.errors import StorageError
from mmfer.storage.names import member_problem

INDEX = 'index.sqlite'
FORMAT = 1
KINDS = ('tar', 'lmdb')
TABLES = {
    'pack': 'CREATE TABLE pack (format INTEGER, kind TEXT)',
    'shard': 'CREATE TABLE shard (number INTEGER PRIMARY KEY, name TEXT, size INTEGER)',
    'member': 'CREATE TABLE member (name TEXT PRIMARY KEY, shard INTEGER, offset INTEGER, '
              'size INTEGER, crc32 INTEGER, sha256 BLOB) WITHOUT ROWID',
}
_SAFE = ('PRAGMA trusted_schema = OFF', 'PRAGMA query_only = ON')


@dataclass(frozen=True)
class Member:
    """A file in a pack.

    Attributes:
        name: Its path relative to the root.
        shard: Number of the shard.
        offset: Where its content begins in the shard, bytes; 0 in LMDB.
        size: Length of its content, bytes.
        crc32: Checksum that every reading compares.
        sha256: Checksum that verification compares, 32 bytes.
    """

    name: str
    shard: int
    offset: int
    size: int
    crc32: int
    sha256: bytes


@dataclass(frozen=True)
class Shard:
    """A file of a pack, of ``size`` bytes."""

    number: int
    name: str
    size: int


class PackIndex:
    """An index, open for reading by several threads of one process.

    Attributes:
        path: The database.
        kind: ``'tar'`` or ``'lmdb'``.
        shards: The shards by number.

    Raises:
        StorageError: It is missing, damaged, of another version, or holds what no index does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        if not path.is_file():
            raise StorageError(f'{path} does not exist: {path.parent} is no pack of frames; '
                               'tools/pack.py makes one')
        # immutable: nothing is locked, and a read-only file system will do
        self._database = sqlite3.connect(f'{path.resolve().as_uri()}?mode=ro&immutable=1',
                                         uri=True, check_same_thread=False)
        try:
            self.kind, self.shards = self._checked()
        except sqlite3.Error as error:
            self.close()
            raise self._damaged(error) from error
        except StorageError:
            self.close()
            raise

    def _checked(self) -> tuple[str, dict[int, Shard]]:
        for setting in _SAFE:
            self._database.execute(setting)
        found = dict(self._database.execute('SELECT name, sql FROM sqlite_master'))
        if found != TABLES:
            raise StorageError(f'{self.path} is not an index of a pack of frames, or one of '
                               'another version of mmfer; pack the frames again')
        facts = self._database.execute('SELECT format, kind FROM pack').fetchall()
        if len(facts) != 1 or facts[0][0] != FORMAT or facts[0][1] not in KINDS:
            raise StorageError(f'{self.path} describes a pack {facts}, which this mmfer does not '
                               'read; pack the frames again')
        shards = {number: Shard(number, name, size) for number, name, size in
                  self._database.execute('SELECT number, name, size FROM shard')}
        for shard in shards.values():
            if not _is_file_name(shard.name) or not _is_length(shard.size):
                raise StorageError(f'{self.path} names a shard {shard.name!r} of {shard.size!r} '
                                   'bytes; shards are files beside the index, never addresses '
                                   'or commands')
        return facts[0][1], shards

    def find(self, name: str) -> Member | None:
        """The file of this name, or None."""
        with self._lock:
            try:
                row = self._database.execute(
                    'SELECT name, shard, offset, size, crc32, sha256 FROM member WHERE name = ?',
                    (name, )).fetchone()
            except sqlite3.Error as error:
                raise self._damaged(error) from error
        return None if row is None else self._member(row)

    def members(self) -> Iterator[Member]:
        """All files in the order in which they lie in the shards."""
        try:
            for row in self._database.execute(
                    'SELECT name, shard, offset, size, crc32, sha256 FROM member '
                    'ORDER BY shard, offset, name'):
                self._check_name(row[0])
                yield self._member(row)
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def names(self, folder: str = '') -> Iterator[str]:
        """Names of the files below a folder, in ascending order."""
        # "0" follows '/'
        where = "WHERE name >= :folder || '/' AND name < :folder || '0'" if folder else ''
        try:
            for name, in self._database.execute(
                    f'SELECT name FROM member {where} ORDER BY name', {'folder': folder}):
                self._check_name(name)
                yield name
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def totals(self) -> tuple[int, int]:
        """Number of files, and of their bytes."""
        try:
            count, size = self._database.execute(
                'SELECT count(*), ifnull(sum(size), 0) FROM member').fetchone()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return count, size

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def _member(self, row: tuple) -> Member:
        member = Member(*row)
        shard = self.shards.get(member.shard)
        if (shard is None or not _is_length(member.offset) or not _is_length(member.size)
                or member.offset + member.size > shard.size):
            raise StorageError(f'{self.path}: {member.name!r} is said to be where no shard is; '
                               'pack the frames again')
        return member

    def _check_name(self, name: str) -> None:
        problem = member_problem(name)
        if problem:
            raise StorageError(f'{self.path}: {name!r} may not be in a pack: it {problem}')

    def _damaged(self, error: sqlite3.Error) -> StorageError:
        return StorageError(f'{self.path} is damaged or not an index of a pack ({error}); pack '
                            'the frames again')


def write_index(path: Path, kind: str, shards: list[Shard], members: Iterator[Member]) -> None:
    """Writes an index; members come in ascending order of their names, once each."""
    database = new_database(path)
    try:
        with database:
            database.execute('INSERT INTO pack VALUES (?, ?)', (FORMAT, kind))
            database.executemany('INSERT INTO shard VALUES (?, ?, ?)',
                                 ((shard.number, shard.name, shard.size) for shard in shards))
            insert_members(database, members)
    finally:
        database.close()


def new_database(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """Opens a database for writing and makes the tables of an index that it lacks."""
    database = sqlite3.connect(path, timeout=0, check_same_thread=False)
    try:
        with database:
            for statement in TABLES.values():
                database.execute(statement.replace('TABLE', 'TABLE IF NOT EXISTS'))
    except sqlite3.Error:
        database.close()
        raise
    return database


def insert_members(database: sqlite3.Connection, members: Iterator[Member]) -> None:
    """Adds files to the table ``member``."""
    database.executemany(
        'INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?, ?)',
        ((member.name, member.shard, member.offset, member.size, member.crc32, member.sha256)
         for member in members))


def _is_length(value: object) -> bool:
    # a column of SQLite holds values of any type
    return type(value) is int and value >= 0


def _is_file_name(name: object) -> bool:
    return (isinstance(name, str) and bool(name) and posixpath.basename(name) == name
            and ':' not in name and '\\' not in name and name not in ('.', '..'))
