from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import StorageError
from mmfer.storage.index import INDEX, PackIndex, Shard
from mmfer.storage.journal import Journal
from mmfer.storage.opening import JOURNAL

from .test_index import MEMBERS, SHARDS


def test_remembers_what_is_finished(tmp_path: Path) -> None:
    with Journal(tmp_path / 'new', 'tar', 'plan') as journal:
        journal.record(0, 'source', MEMBERS[1:], SHARDS[0])
    with Journal(tmp_path / 'new', 'tar', 'plan') as journal:
        assert journal.is_finished(0, 'source') and journal.shard(0) == SHARDS[0]
        assert not journal.is_finished(0, 'changed') and not journal.is_finished(1, 'source')
        assert journal.shard(1) is None
        journal.forget([0])
        assert not journal.is_finished(0, 'source')


def test_becomes_the_index(tmp_path: Path) -> None:
    with Journal(tmp_path, 'tar', 'plan') as journal:
        journal.record(1, 'b', MEMBERS[:1], SHARDS[1])
        journal.record(0, 'old', MEMBERS[1:], Shard(0, 'shard-000000.tar', 7000))
        journal.record(0, 'a', MEMBERS[1:], SHARDS[0])  # written anew
        journal.write_index(tmp_path / INDEX)
        journal.remove()
    assert [path.name for path in tmp_path.iterdir()] == [INDEX]
    index = PackIndex(tmp_path / INDEX)
    assert list(index.shards.values()) == SHARDS
    assert [index.find(member.name) for member in MEMBERS] == MEMBERS


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, 'tar', 'plan'):
        with pytest.raises(StorageError, match='another process packs'):
            Journal(tmp_path, 'tar', 'plan')
    Journal(tmp_path, 'tar', 'plan').__exit__(None, None, None)


@pytest.mark.parametrize('other', [('lmdb', 'plan'), ('tar', 'other')])
def test_another_beginning_is_refused(tmp_path: Path, other: tuple[str, str]) -> None:
    with Journal(tmp_path, 'tar', 'plan'):
        pass
    with pytest.raises(StorageError, match='beginning of another pack'):
        Journal(tmp_path, *other)


def test_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(b'no database' * 99)
    with pytest.raises(StorageError, match=f'{JOURNAL} cannot be written or is damaged'):
        Journal(tmp_path, 'tar', 'plan')
    (tmp_path / 'file').touch()
    with pytest.raises(StorageError, match='cannot be made'):
        Journal(tmp_path / 'file' / 'pack', 'tar', 'plan')
