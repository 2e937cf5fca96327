from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from mmfer.errors import ConfigError, MediaError, StorageError
from mmfer.storage import open_store, pack_store
from mmfer.storage.index import INDEX, PackIndex
from mmfer.storage.pack_store import PackStore

NAME = 'S2/é 笑/f14.png'


@pytest.fixture(params=['tar', 'lmdb'])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def test_reads_what_the_folder_holds(packs: dict[str, Path], corpus, kind: str) -> None:
    store, folder = open_store(packs[kind]), open_store(packs['folder'])
    names = [name for name in folder.list() if not name.endswith('.txt')]
    assert list(store.list()) == names and len(names) == 15
    assert list(store.list('S2')) == list(folder.list('S2'))
    for name in names:
        assert store.read(name) == store.read(f'{store.root}/{name}') == folder.read(name)
        assert store.exists(name) and store.stamp(name)[0] == folder.stamp(name)[0]
    assert not store.exists('S1/a/notes.txt')


def test_missing_file_is_named(packs: dict[str, Path], kind: str) -> None:
    store = open_store(packs[kind])
    for call in (store.read, store.stamp):
        with pytest.raises(MediaError, match=f'{kind} has no S1/a/f99.png'):
            call('S1/a/f99.png')


def shard_of(root: Path, name: str) -> Path:
    index = PackIndex(root / INDEX)
    member = index.find(name)
    assert member is not None
    index.close()
    return root / index.shards[member.shard].name


def damage(root: Path, name: str) -> None:
    """Flips the last bit of a file's content, wherever the storage has it."""
    content = open_store(root).read(name)
    path = shard_of(root, name)
    data = path.read_bytes()
    end = data.index(content) + len(content)
    path.write_bytes(data[:end - 1] + bytes([data[end - 1] ^ 1]) + data[end:])


def test_damaged_content_is_never_returned(copy_of, kind: str) -> None:
    root = copy_of(kind)
    damage(root, NAME)
    store = open_store(root)
    with pytest.raises(StorageError, match=f'{NAME} is damaged'):
        store.read(NAME)
    assert store.read('S1/a/f10.png')


def test_truncated_and_missing_shards_are_named(copy_of, kind: str) -> None:
    root = copy_of(kind)
    path = shard_of(root, 'S1/a/f10.png')
    content = path.read_bytes()
    path.write_bytes(content[:-600])
    with pytest.raises(StorageError, match=f'{path.name} has {len(content) - 600} bytes'):
        open_store(root).read('S1/a/f10.png')
    path.unlink()
    with pytest.raises(StorageError, match=f'{path.name} cannot be read'):
        open_store(root).read('S1/a/f10.png')


def test_index_of_other_shards_is_noticed(copy_of) -> None:
    root = copy_of('tar')
    one, other = shard_of(root, 'S1/a/f10.png'), shard_of(root, NAME)
    assert one != other
    with sqlite3.connect(root / INDEX) as database:  # the same sizes, so that only content tells
        database.execute('UPDATE shard SET size = ?', (other.stat().st_size, ))
    shutil.copy(other, one)
    with pytest.raises(StorageError, match='or the index is of another pack'):
        open_store(root).read('S1/a/f10.png')


def test_shards_are_opened_when_they_are_read(copy_of) -> None:
    root = copy_of('tar')
    store = open_store(root)
    assert isinstance(store, PackStore)

    def shards_open() -> int:
        paths = [os.path.realpath(f'/proc/self/fd/{number}')
                 for number in os.listdir('/proc/self/fd')]
        return sum(path.startswith(str(root)) and path.endswith('.tar') for path in paths)

    assert shards_open() == 0
    store.read('S1/a/f10.png')
    store.read('S1/a/f11.png')
    assert shards_open() == 1
    store.close()
    assert shards_open() == 0


def test_says_how_to_install_lmdb(packs: dict[str, Path], monkeypatch) -> None:
    monkeypatch.setattr(pack_store.importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ConfigError, match=r'mmfer\[lmdb\]'):
        pack_store.require_lmdb()
