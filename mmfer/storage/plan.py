"""Which files the rows of an annotation file need, and which shard each goes into."""
from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mmfer.annotations import Row, media_kind
from mmfer.errors import MediaError, StorageError
from mmfer.storage.frame_store import FrameStore
from mmfer.storage.names import MAX_KEY_BYTES, lmdb_key, member_problem

BLOCK = 512
_NAMED = 5


@dataclass(frozen=True)
class ShardPlan:
    """What goes into one shard.

    Attributes:
        number: From 0.
        names: Files in the order in which they are written.
        sizes: Their sizes, bytes.
        source: SHA-256 of names, sizes and stamps; another one means that the source has
            changed.
    """

    number: int
    names: list[str]
    sizes: list[int]
    source: str


def clip_files(row: Row) -> list[str]:
    """The files that a row needs, relative to the root, in the order of the frames."""
    path = posixpath.normpath(row['frames'])
    if not row['num_frames']:
        return []
    if media_kind(row) != 'folder':
        return [path]
    template, start = row.get('filename_tmpl', '{:06d}.jpg'), row.get('start_index', 1)
    numbers = row.get('frame_numbers') or range(1, row['num_frames'] + 1)
    folder = '' if path == '.' else f'{path}/'
    return [folder + template.format(number - 1 + start) for number in numbers]


def clip_units(rows: Iterable[Row]) -> list[list[str]]:
    """The files of each clip; every file once, clips by folder and then in the rows' order.

    Rows may share files. Only those of one folder can, so a folder is looked at as a whole.
    """
    by_folder: dict[str, list[list[str]]] = {}
    for row in rows:
        names = clip_files(row)
        if names:
            by_folder.setdefault(posixpath.dirname(names[0]), []).append(names)
    units = []
    for _, clips in sorted(by_folder.items()):
        seen: set[str] = set()
        for names in clips:
            fresh = [name for name in names if name not in seen]
            seen.update(fresh)
            if fresh:
                units.append(fresh)
    return units


def tar_bytes(size: int) -> int:
    """Bytes that a file of ``size`` takes in a tar shard, but for long and non-ASCII names."""
    return BLOCK + -(-size // BLOCK) * BLOCK


def plan_shards(rows: Iterable[Row], source: FrameStore, kind: str,
                shard_size: int) -> list[ShardPlan]:
    """Divides the files of all rows into shards; a clip is never divided.

    Args:
        rows: Rows of an annotation file.
        source: Where the files are.
        kind: ``'tar'`` or ``'lmdb'``.
        shard_size: A shard ends with the clip that brings it to so many bytes, or before one
            that would bring it above.

    Raises:
        MediaError: Files are missing; names the first ones.
        StorageError: A file may not be in a pack, or no row has one.
    """
    shards: list[ShardPlan] = []
    current: list[tuple[str, int, str]] = []
    filled = 0
    for unit in _stamped(clip_units(rows), source, kind):
        size = sum(tar_bytes(size) for _, size, _ in unit)
        if current and filled + size > shard_size:
            shards.append(_shard(len(shards), current))
            current, filled = [], 0
        current.extend(unit)
        filled += size
    if not current:
        raise StorageError('no row of the annotation file has a frame: there is nothing to pack')
    return [*shards, _shard(len(shards), current)]


def _stamped(units: Iterable[list[str]], source: FrameStore,
             kind: str) -> Iterator[list[tuple[str, int, str]]]:
    missing = []
    for names in units:
        unit = []
        for name in names:
            problem = member_problem(name)
            if not problem and kind == 'lmdb' and len(lmdb_key(name)) > MAX_KEY_BYTES:
                problem = (f'is a key of more than {MAX_KEY_BYTES} bytes, which LMDB does not '
                           'take; use --format tar')
            if problem:
                raise StorageError(f'{name!r} cannot be packed: it {problem}')
            try:
                unit.append((name, *source.stamp(name)))
            except MediaError as error:
                missing.append(str(error))
        yield unit
    if missing:
        more = f' (and {len(missing) - _NAMED} more)' if len(missing) > _NAMED else ''
        raise MediaError('; '.join(missing[:_NAMED]) + more)


def _shard(number: int, files: list[tuple[str, int, str]]) -> ShardPlan:
    digest = hashlib.sha256()
    for name, size, stamp in files:
        digest.update(f'{name}\0{size}\0{stamp}\0'.encode())
    return ShardPlan(number, [name for name, _, _ in files], [size for _, size, _ in files],
                     digest.hexdigest())
