from __future__ import annotations

import sqlite3
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from mmfer.errors import StorageError
from mmfer.storage.index import INDEX, Member, PackIndex, Shard, write_index

SHARDS = [Shard(0, 'shard-000000.tar', 9000), Shard(1, 'shard-000001.tar', 5000)]
MEMBERS = [Member(name, *place, bytes([number]) * 32) for number, (name, *place) in enumerate([
    ('a/é.png', 1, 512, 7, 1), ('a/z.png', 0, 4096, 9, 2), ('a0.png', 0, 512, 0, 3),
    ('b/a/c.png', 0, 1536, 5, 4)])]


def written(path: Path, members: list[Member] = MEMBERS, shards: list[Shard] = SHARDS) -> Path:
    write_index(path, 'tar', shards, iter(sorted(members, key=lambda member: member.name)))
    return path


def test_finds_what_was_written(tmp_path: Path) -> None:
    index = PackIndex(written(tmp_path / INDEX))
    assert index.kind == 'tar' and list(index.shards.values()) == SHARDS
    assert [index.find(member.name) for member in MEMBERS] == MEMBERS
    assert index.find('a') is index.find('A/z.png') is index.find("'; DROP TABLE member") is None
    assert index.totals() == (4, 21)
    assert [(member.shard, member.offset) for member in index.members()] == [
        (0, 512), (0, 1536), (0, 4096), (1, 512)]
    assert list(index.names()) == ['a/z.png', 'a/é.png', 'a0.png', 'b/a/c.png']
    assert list(index.names('a')) == ['a/z.png', 'a/é.png']
    assert list(index.names('b')) == list(index.names('b/a')) == ['b/a/c.png']
    index.close()


def test_same_content_same_bytes(tmp_path: Path) -> None:
    assert (written(tmp_path / 'a').read_bytes() == written(tmp_path / 'b').read_bytes())


@pytest.mark.parametrize('content', [b'', b'text', None, 'half'])
def test_other_files_are_named(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / INDEX
    if content == 'half':
        written(path)
        content = path.read_bytes()[:5000]
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(StorageError, match=f'{INDEX}.*pack'):
        list(PackIndex(path).members())


@pytest.mark.parametrize('change', [
    'CREATE VIEW v AS SELECT 1', 'CREATE TABLE more (a)',
    'CREATE TRIGGER t AFTER INSERT ON shard BEGIN DELETE FROM shard; END',
    'UPDATE pack SET format = 2', "UPDATE pack SET kind = 'zip'", 'DELETE FROM pack',
    "UPDATE shard SET name = 'pipe:touch x'", "UPDATE shard SET name = '../a.tar'",
    "UPDATE shard SET name = 'http://h/a.tar'", "UPDATE shard SET name = '/etc/passwd'",
    "UPDATE shard SET name = x'00'", "UPDATE shard SET size = 'all'"])
def test_what_no_index_holds_is_refused(tmp_path: Path, change: str) -> None:
    with sqlite3.connect(written(tmp_path / INDEX)) as database:
        database.execute(change)
    with pytest.raises(StorageError, match=INDEX):
        PackIndex(tmp_path / INDEX)


@pytest.mark.parametrize('fields', [
    dict(offset=-1), dict(size=10**15), dict(shard=9), dict(offset=8999), dict(size='x')])
def test_places_outside_of_shards_are_refused(tmp_path: Path, fields: dict) -> None:
    index = PackIndex(written(tmp_path / INDEX, [replace(MEMBERS[1], **fields)]))
    with pytest.raises(StorageError, match="'a/z.png' is said to be where no shard is"):
        index.find('a/z.png')


@pytest.mark.parametrize('name', ['../a.png', '/a.png', 'a.pkl'])
def test_unsafe_names_are_refused(tmp_path: Path, name: str) -> None:
    index = PackIndex(written(tmp_path / INDEX, [replace(MEMBERS[1], name=name)]))
    for listing in (index.members, index.names):
        with pytest.raises(StorageError, match='may not be in a pack'):
            list(listing())


def test_many_files_take_little_memory(tmp_path: Path) -> None:
    count = 60_000
    write_index(tmp_path / INDEX, 'tar', SHARDS, (
        Member(f'clip{number // 100:05d}/{number % 100:06d}.jpg', 0, 512, 8, 1, b'\1' * 32)
        for number in range(count)))
    tracemalloc.start()
    resident = _resident()
    index = PackIndex(tmp_path / INDEX)
    for number in range(0, count, 97):
        assert index.find(f'clip{number // 100:05d}/{number % 100:06d}.jpg') is not None
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
    assert _resident() - resident < 4e6 < (tmp_path / INDEX).stat().st_size


def _resident() -> int:
    # SQLite's own memory is none of Python's
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith('RssAnon'):
            return int(line.split()[1]) * 1024
    pytest.skip('no RssAnon in /proc/self/status')
