"""Checking a pack against its index and its source, file by file."""
from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from mmfer.errors import MediaError, StorageError
from mmfer.storage.frame_store import FrameStore
from mmfer.storage.index import Member, PackIndex
from mmfer.storage.names import lmdb_key, lmdb_name, member_problem
from mmfer.storage.opening import close_store
from mmfer.storage.pack_store import DATA, PackStore, store_of

Problem = tuple[int, str]
"""Number of the shard, and what is wrong in it."""


def verify(root: Path, index: PackIndex, source: FrameStore | None = None,
           progress: Callable[[int], None] = lambda size: None) -> Iterator[Problem]:
    """Yields what is wrong with a pack: nothing where every file is as the index says.

    Every file is read and its SHA-256 compared with the index; in tar shards the headers are
    compared as well, so that what other tools see is the same. What the index does not list
    is a problem too.

    Args:
        root: Folder of the pack.
        index: Its index.
        source: Where the files came from: each is compared with its original.
        progress: Called with the bytes of each file that was read.

    Raises:
        StorageError: The index is damaged.
        ConfigError: lmdb is not installed.
    """
    close_store(root)  # a process opens a database of LMDB once at a time
    try:
        store = store_of(str(root), index)
    except StorageError as error:
        yield 0, str(error)
        return
    try:
        for number, group in groupby(index.members(), key=lambda member: member.shard):
            members: Iterable[Member] = group
            try:
                store.check_shard(number)
            except StorageError as error:
                yield number, str(error)
                continue
            if index.kind == 'tar':
                members = list(members)
                for problem in header_problems(store.shard_path(number), members):
                    yield number, problem
            for problem in _members(store, members, source, progress):
                yield number, problem
    finally:
        store.abandon()
    if index.kind == 'lmdb':
        for problem in _unlisted_keys(root, index):
            yield 0, problem


def _members(store: PackStore, members: Iterable[Member], source: FrameStore | None,
             progress: Callable[[int], None]) -> Iterator[str]:
    for member in members:
        where = f'{store.shard_path(member.shard)}: {member.name}'
        try:
            content = store.content(member)
            if not content and member.size:
                yield f'{where} is missing'
            elif hashlib.sha256(content).digest() != member.sha256:
                yield f'{where} is damaged'
            elif source is not None and source.read(member.name) != content:
                yield f'{where} differs from {os.path.join(source.root, member.name)}'
        except (MediaError, StorageError) as error:  # of the pack or of the source
            yield f'{where}: {error}'
        progress(member.size)


def header_problems(path: str, members: Iterable[Member]) -> Iterator[str]:
    """What is wrong with the headers of a tar shard, given what should be in it."""
    wanted = {member.name: (member.offset, member.size) for member in members}
    try:
        with tarfile.open(path, 'r:') as archive:
            for info in archive:
                problem = '' if info.type in (tarfile.REGTYPE, tarfile.AREGTYPE) else (
                    'is a link, a device or something else that is no regular file')
                problem = problem or member_problem(info.name)
                if problem:
                    yield f'{path}: {info.name!r} {problem}'
                place = wanted.pop(info.name, None)
                if place is None:
                    yield f'{path}: {info.name!r} is not in the index, or twice in the shard'
                elif place != (info.offset_data, info.size):
                    yield f'{path}: {info.name!r} is not where the index says'
    except (tarfile.TarError, OSError) as error:
        yield f'{path}: is no tar archive, or a damaged one ({error})'
    for name in wanted:
        yield f'{path}: {name} has no header'


def _unlisted_keys(root: Path, index: PackIndex) -> Iterator[str]:
    import lmdb
    with lmdb.open(str(root), readonly=True, lock=False) as database:
        with database.begin() as transaction, transaction.cursor() as cursor:
            for key in cursor.iternext(values=False):
                name = lmdb_name(key.decode('ascii', 'replace'))
                if index.find(name) is None or lmdb_key(name).encode() != key:
                    yield f'{Path(root, DATA)}: {name!r} is not in the index'
