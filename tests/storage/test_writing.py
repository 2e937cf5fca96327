from __future__ import annotations

import errno
import re
import resource
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from mmfer.errors import StorageError
from mmfer.storage import FolderStore
from mmfer.storage.plan import ShardPlan, plan_shards
from mmfer.storage.writing import LmdbWriter, Stopped, cannot_write, write_shard


@pytest.fixture
def plan(corpus) -> ShardPlan:
    return plan_shards(corpus.rows, FolderStore(str(corpus.root)), 'tar', 10**9)[0]


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Writes beyond ``size`` bytes of a file fail, as they do where no space is left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write(folder: Path, plan: ShardPlan, corpus, stop: threading.Event | None = None):
    sizes: list[int] = []
    written = write_shard(folder, plan, FolderStore(str(corpus.root)), sizes.append,
                          stop or threading.Event())
    assert sizes == plan.sizes
    return written


def test_a_shard_is_an_ordinary_archive(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    shard, members = write(tmp_path, plan, corpus)
    content = (tmp_path / shard.name).read_bytes()
    assert len(content) == shard.size and content[257:263] == b'ustar\0'
    with tarfile.open(tmp_path / shard.name, 'r:') as archive:
        infos = archive.getmembers()
        assert [info.name for info in infos] == plan.names
        for info, member in zip(infos, members):
            source = (corpus.root / info.name).read_bytes()
            assert info.isreg() and info.mode == 0o644
            assert (info.mtime, info.uid, info.gid, info.uname, info.gname) == (0, 0, 0, '', '')
            extracted = archive.extractfile(info)
            assert extracted is not None and extracted.read() == source
            assert content[member.offset:member.offset + member.size] == source


def test_the_same_files_give_the_same_bytes(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    for name in ('a', 'b'):
        write(tmp_path / name, plan, corpus)
        for path in corpus.root.rglob('*.png'):
            path.touch()
    one, other = ((tmp_path / name / 'shard-000000.tar').read_bytes() for name in ('a', 'b'))
    assert one == other


def test_samples_are_adjacent_as_webdataset_groups_them(tmp_path: Path, plan: ShardPlan,
                                                        corpus) -> None:
    shard, _ = write(tmp_path, plan, corpus)
    keys = []
    with tarfile.open(tmp_path / shard.name) as archive:
        for info in archive:
            # how WebDataset divides a name into key and extension
            found = re.match(r'^((?:.*/|)[^.]+)[.]([^/]*)$', info.name)
            assert found is not None
            keys.append(found[1])
    assert len(set(keys)) == len(keys) == 15  # one sample a frame; dots of folders do not matter
    clips = [key.rsplit('/', 1)[0] for key in keys]
    changes = sum(one != other for one, other in zip(clips, clips[1:]))
    assert changes == len(set(clips)) - 1


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    with full_disk(4096), pytest.raises(StorageError, match='shard-000000.tar cannot be written'):
        write(tmp_path, plan, corpus)
    assert not list(tmp_path.iterdir())


def test_a_changed_source_is_noticed(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    changed = ShardPlan(0, plan.names, [plan.sizes[0] + 1, *plan.sizes[1:]], 'x')
    with pytest.raises(StorageError, match='changed while it was packed'):
        write(tmp_path, changed, corpus)


def test_stops_between_files(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        write(tmp_path, plan, corpus, stop)
    assert not list(tmp_path.iterdir())


def test_lmdb_holds_the_encoded_bytes(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    lmdb = pytest.importorskip('lmdb')
    writer = LmdbWriter(tmp_path, (0, 0))
    with ThreadPoolExecutor(2) as readers:
        members = writer.write(plan, FolderStore(str(corpus.root)), lambda size: None, readers)
    shard = writer.close()
    assert [path.name for path in tmp_path.iterdir()] == [shard.name] == ['data.mdb']
    assert [(member.name, member.size) for member in members] == list(zip(plan.names, plan.sizes))
    with lmdb.open(str(tmp_path), readonly=True, lock=False) as database, database.begin() as view:
        assert view.get(b'S1/a/f10.png') == (corpus.root / 'S1/a/f10.png').read_bytes()
        assert view.get(b'S2/%C3%A9%20%E7%AC%91/f11.png') is None  # a space stays
        assert view.get(b'S2/%C3%A9 %E7%AC%91/f11.png') == (
            corpus.root / 'S2/é 笑/f11.png').read_bytes()
        assert database.stat()['entries'] == 15


def test_lmdb_grows_where_it_was_planned_too_small(tmp_path: Path, plan: ShardPlan, corpus,
                                                   monkeypatch) -> None:
    pytest.importorskip('lmdb')
    monkeypatch.setattr('mmfer.storage.writing._LEAST_MAP', 16384)
    writer = LmdbWriter(tmp_path, (0, 0))
    with ThreadPoolExecutor(1) as readers:
        writer.write(plan, FolderStore(str(corpus.root)), lambda size: None, readers)
    assert writer.close().size > 16384


def test_a_full_disk_under_lmdb_is_named(tmp_path: Path, plan: ShardPlan, corpus) -> None:
    pytest.importorskip('lmdb')
    writer = LmdbWriter(tmp_path, (0, 0))
    with ThreadPoolExecutor(1) as readers, full_disk(16384):
        with pytest.raises(StorageError, match='data.mdb cannot be written'):
            writer.write(plan, FolderStore(str(corpus.root)), lambda size: None, readers)
    writer.close()


def test_the_reason_is_told() -> None:
    error = cannot_write(Path('a.tar'), OSError(errno.ENOSPC, 'No space left on device'))
    assert 'a.tar cannot be written (No space left on device)' in str(error)
