"""Making a pack of the files that an annotation file needs, and a folder of a pack."""
from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from mmfer.annotations import Row, resolve_inside
from mmfer.errors import StorageError
from mmfer.fileio import atomic_write
from mmfer.storage.frame_store import FrameStore
from mmfer.storage.index import INDEX, PackIndex
from mmfer.storage.journal import Journal
from mmfer.storage.names import check_address
from mmfer.storage.opening import JOURNAL, open_store
from mmfer.storage.pack_store import PackStore
from mmfer.storage.plan import ShardPlan, plan_shards
from mmfer.storage.verification import verify
from mmfer.storage.writing import (
    LmdbWriter,
    Progress,
    cannot_write,
    shard_name,
    write_shard,
)

SHARD_SIZE = 1_000_000_000
TRANSACTION_SIZE = 64_000_000
_NAMED = 5


@dataclass(frozen=True)
class Packing:
    """What is to be packed, and where.

    Attributes:
        source: Where the files are.
        out: Folder of the pack.
        kind: ``'tar'`` or ``'lmdb'``.
        shards: The plan.
    """

    source: FrameStore
    out: Path
    kind: str
    shards: list[ShardPlan]

    @property
    def totals(self) -> tuple[int, int]:
        """Number of files, and of their bytes."""
        return (sum(len(shard.names) for shard in self.shards),
                sum(sum(shard.sizes) for shard in self.shards))

    def identity(self) -> str:
        """SHA-256 of which files go into which shard."""
        digest = hashlib.sha256(self.kind.encode())
        for shard in self.shards:
            digest.update('\0'.join(['', *shard.names, '']).encode())
        return digest.hexdigest()


def plan_packing(rows: Sequence[Row], root: str, out: str, kind: str,
                 shard_size: int = SHARD_SIZE) -> Packing:
    """Looks at every file that the rows need; writes nothing.

    Args:
        rows: Rows of an annotation file.
        root: Folder of the frames, or a pack.
        out: Folder of the new pack.
        kind: ``'tar'`` or ``'lmdb'``.
        shard_size: Size of a tar shard, bytes; see :func:`mmfer.storage.plan.plan_shards`.

    Raises:
        ConfigError: ``root`` or ``out`` is an address or a command.
        MediaError: Files are missing.
        StorageError: A file may not be in a pack.
    """
    check_address(out)
    source = open_store(root)
    if os.path.realpath(out) == source.root:
        raise StorageError(f'{out} is the folder that is packed; choose another one')
    size = shard_size if kind == 'tar' else TRANSACTION_SIZE
    return Packing(source, Path(out), kind, plan_shards(rows, source, kind, size))


def pack(packing: Packing, jobs: int = 1, written: Progress = lambda size: None,
         verified: Progress = lambda size: None) -> bool:
    """Writes what is not written yet, verifies every file, then writes the index.

    Args:
        packing: What to pack.
        jobs: Threads.
        written: Called with the bytes of each file that is in its shard.
        verified: The same of each file that was read back.

    Returns:
        Whether anything was left to do: a finished pack of the same files stays as it is.

    Raises:
        MediaError: A file cannot be read.
        StorageError: A file changed meanwhile, the pack cannot be written or is damaged, or
            ``out`` holds another pack. What is finished is kept.
    """
    out = packing.out
    if (out / INDEX).exists():
        _check_same(packing)
        (out / JOURNAL).unlink(missing_ok=True)
        return False
    with Journal(out, packing.kind, packing.identity()) as journal:
        write = _write_tar if packing.kind == 'tar' else _write_lmdb
        write(packing, journal, jobs, written)
        try:
            with atomic_write(out / INDEX) as temporary:
                journal.write_index(temporary)
                _verify_written(packing, journal, temporary, verified)
        except OSError as error:
            raise cannot_write(out / INDEX, error) from error
        journal.remove()
    return True


def unpack(pack_root: str, out: str, progress: Progress = lambda size: None) -> int:
    """Writes every file of a pack into a folder; returns their number.

    Files that are there with the same content stay.

    Raises:
        ConfigError: ``out`` is an address or a command.
        StorageError: The pack is damaged, or ``out`` has another file of the same name.
    """
    check_address(out)
    store, count = open_store(pack_root), 0
    if not isinstance(store, PackStore):
        raise StorageError(f'{pack_root} is no pack of frames: it has no {INDEX}')
    for member in store.index.members():
        content = store.read(member.name)
        path = resolve_inside(out, member.name)
        try:
            if not path.exists():
                with atomic_write(path, durable=False) as temporary:
                    temporary.write_bytes(content)
            elif path.read_bytes() != content:
                raise StorageError(f'{path} exists with other content; unpack into another folder')
        except OSError as error:
            raise cannot_write(path, error) from error
        progress(member.size)
        count += 1
    return count


def _write_tar(packing: Packing, journal: Journal, jobs: int, written: Progress) -> None:
    for stale in packing.out.glob('.shard-*.tmp'):  # of a killed process
        stale.unlink()
    todo = []
    for plan in packing.shards:
        if _is_written(packing.out, plan, journal):
            for size in plan.sizes:
                written(size)
        else:
            todo.append(plan)
    stop = threading.Event()
    with ThreadPoolExecutor(jobs) as workers:
        futures = [workers.submit(_write_shard, packing, plan, journal, written, stop)
                   for plan in todo]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()  # the others stop before their next file
            raise


def _write_shard(packing: Packing, plan: ShardPlan, journal: Journal, written: Progress,
                 stop: threading.Event) -> None:
    shard, members = write_shard(packing.out, plan, packing.source, written, stop)
    journal.record(plan.number, plan.source, members, shard)


def _is_written(out: Path, plan: ShardPlan, journal: Journal) -> bool:
    shard, path = journal.shard(plan.number), out / shard_name(plan.number)
    return (journal.is_finished(plan.number, plan.source) and shard is not None
            and path.is_file() and path.stat().st_size == shard.size)


def _write_lmdb(packing: Packing, journal: Journal, jobs: int, written: Progress) -> None:
    writer = LmdbWriter(packing.out, packing.totals)
    try:
        with ThreadPoolExecutor(jobs) as readers:
            for plan in packing.shards:
                _write_transaction(writer, plan, packing.source, journal, readers, written)
    finally:
        shard = writer.close()
    journal.put_shard(shard)


def _write_transaction(writer: LmdbWriter, plan: ShardPlan, source: FrameStore, journal: Journal,
                       readers: Executor, written: Progress) -> None:
    if journal.is_finished(plan.number, plan.source):
        for size in plan.sizes:
            written(size)
    else:
        journal.record(plan.number, plan.source, writer.write(plan, source, written, readers))


def _verify_written(packing: Packing, journal: Journal, path: Path, verified: Progress) -> None:
    index = PackIndex(path)
    try:
        problems = list(verify(packing.out, index, progress=verified))
    finally:
        index.close()
    if problems:
        numbers = {number for number, _ in problems}
        journal.forget(numbers if packing.kind == 'tar' else range(len(packing.shards)))
        more = f' (and {len(problems) - _NAMED} more)' if len(problems) > _NAMED else ''
        raise StorageError('; '.join(text for _, text in problems[:_NAMED]) + more
                           + '; run the same command again, which writes these anew')


def _check_same(packing: Packing) -> None:
    index = PackIndex(packing.out / INDEX)
    try:
        same = index.kind == packing.kind and index.totals() == packing.totals
        for shard in packing.shards:
            for name, size in zip(shard.names, shard.sizes):
                member = index.find(name) if same else None
                same = member is not None and member.size == size
    finally:
        index.close()
    if not same:
        raise StorageError(f'{packing.out} holds a pack of other files; choose another folder')
