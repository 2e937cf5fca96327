from __future__ import annotations

import filecmp
import os
import shutil
from pathlib import Path

import pytest

from mmfer.errors import ConfigError, MediaError, StorageError
from mmfer.storage import open_store, packing
from mmfer.storage.index import INDEX
from mmfer.storage.opening import JOURNAL
from mmfer.storage.packing import pack, plan_packing, unpack

from .conftest import SHARD_SIZE
from .test_pack_store import damage
from .test_writing import full_disk


@pytest.fixture(params=['tar', 'lmdb'])
def kind(request: pytest.FixtureRequest) -> str:
    pytest.importorskip('lmdb')
    return request.param


def planned(corpus, out: Path, kind: str, root: Path | None = None) -> packing.Packing:
    return plan_packing(corpus.rows, str(root or corpus.root), str(out), kind, SHARD_SIZE)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_bytes_each_time(packs, corpus, tmp_path: Path, kind: str) -> None:
    written: list[int] = []
    verified: list[int] = []
    plan = planned(corpus, tmp_path / 'a', kind)
    assert pack(plan, 3, written.append, verified.append)
    assert (len(written), sum(written)) == (len(verified), sum(verified)) == plan.totals
    assert contents(tmp_path / 'a') == contents(packs[kind])
    assert len(contents(tmp_path / 'a')) == (2 if kind == 'lmdb' else 1 + len(plan.shards))
    assert kind == 'lmdb' or len(plan.shards) > 3


def test_a_pack_packs_into_the_other_kind(packs, corpus, tmp_path: Path, kind: str) -> None:
    other = 'lmdb' if kind == 'tar' else 'tar'
    pack(planned(corpus, tmp_path / 'a', kind, packs[other]))
    assert contents(tmp_path / 'a') == contents(packs[kind])


def test_unpacks_what_was_packed(packs, tmp_path: Path, kind: str) -> None:
    sizes: list[int] = []
    assert unpack(str(packs[kind]), str(tmp_path / 'b'), sizes.append) == len(sizes) == 15
    compared = filecmp.cmpfiles(packs['folder'], tmp_path / 'b',
                                list(open_store(packs['folder']).list()), shallow=False)
    assert len(compared[0]) == 15 and not compared[1]
    assert compared[2] == ['S1/a/notes.txt']  # no row names it
    assert unpack(str(packs[kind]), str(tmp_path / 'b')) == 15
    (tmp_path / 'b' / 'S1/a/f10.png').write_bytes(b'own work')
    with pytest.raises(StorageError, match='f10.png exists with other content'):
        unpack(str(packs[kind]), str(tmp_path / 'b'))


def test_unpacks_packs_only_and_into_folders_only(packs, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match='no pack of frames'):
        unpack(str(packs['folder']), str(tmp_path))
    with pytest.raises(ConfigError, match='address'):
        unpack(str(packs['tar']), 'pipe:tee x')


def test_goes_on_where_it_was(packs, corpus, tmp_path: Path, kind: str, monkeypatch) -> None:
    out, plan = tmp_path / 'a', planned(corpus, tmp_path / 'a', kind)
    if kind == 'lmdb':  # several transactions
        monkeypatch.setattr(packing, 'TRANSACTION_SIZE', SHARD_SIZE)
        plan = planned(corpus, out, kind)
    assert len(plan.shards) > 3
    seen: list[int] = []

    def interrupt(size: int) -> None:
        seen.append(size)
        if len(seen) == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(plan, 1, interrupt)
    with pytest.raises(StorageError, match='not finished'):
        open_store(out)
    kept = {path.name: path.stat().st_ino for path in out.glob('*.tar')}
    assert kind == 'lmdb' or len(kept) >= 2
    (out / '.shard-000003.tar.x.tmp').touch()  # of a process that was killed
    reads: list[str] = []
    monkeypatch.setattr('mmfer.storage.writing.read_unchanged',
                        lambda source, name, size: reads.append(name) or source.read(name))
    assert pack(planned(corpus, out, kind))
    assert 0 < len(reads) < 15
    for name, inode in kept.items():
        assert (out / name).stat().st_ino == inode
    if kind == 'tar':
        assert contents(out) == contents(packs[kind])
    store, source = open_store(out), open_store(corpus.root)
    assert all(store.read(name) == source.read(name) for name in store.list())


def test_changed_files_are_packed_anew(corpus, tmp_path: Path, monkeypatch) -> None:
    root = Path(shutil.copytree(corpus.root, tmp_path / 'source'))
    monkeypatch.setattr(packing, '_verify_written', _not_now)
    with pytest.raises(StorageError, match='not now'):
        pack(planned(corpus, tmp_path / 'a', 'tar', root))
    monkeypatch.undo()
    (root / 'S1/a/f10.png').write_bytes((root / 'S1/a/f11.png').read_bytes())
    assert pack(planned(corpus, tmp_path / 'a', 'tar', root))
    assert open_store(tmp_path / 'a').read('S1/a/f10.png') == (root / 'S1/a/f11.png').read_bytes()


def _not_now(*args: object) -> None:
    raise StorageError('not now')


def test_what_is_damaged_on_the_way_is_written_anew(corpus, tmp_path: Path, kind: str,
                                                    monkeypatch) -> None:
    out = tmp_path / 'a'

    def damaged(plan, journal, path, verified) -> None:
        os.link(path, out / INDEX)
        damage(out, 'S1/a/f12.png')
        (out / INDEX).unlink()
        check(plan, journal, path, verified)

    check = packing._verify_written
    monkeypatch.setattr(packing, '_verify_written', damaged)
    with pytest.raises(StorageError, match='S1/a/f12.png is damaged; run the same'):
        pack(planned(corpus, out, kind))
    assert not (out / INDEX).exists()
    monkeypatch.undo()
    assert pack(planned(corpus, out, kind))
    assert open_store(out).read('S1/a/f12.png')


def test_a_finished_pack_stays(copy_of, corpus, kind: str) -> None:
    out = copy_of(kind)
    before = contents(out)
    (out / JOURNAL).touch()  # killed after the last step but one
    assert not pack(planned(corpus, out, kind))
    assert contents(out) == before
    fewer = plan_packing(corpus.rows[:2], str(corpus.root), str(out), kind)
    with pytest.raises(StorageError, match='holds a pack of other files'):
        pack(fewer)


def test_full_disk_keeps_what_is_finished(tmp_path: Path) -> None:
    root, out = tmp_path / 'source', tmp_path / 'a'
    root.mkdir()
    rows = []
    for number, size in enumerate([10_000, 200_000, 10_000]):
        (root / f'{number}.png').write_bytes(bytes([number]) * size)
        rows.append(dict(clip=f'{number}', frames=f'{number}.png', num_frames=1))
    plan = plan_packing(rows, str(root), str(out), 'tar', 20_000)
    with pytest.raises(StorageError, match='shard-000001.tar cannot be written'):
        with full_disk(100_000):
            pack(plan)
    assert not (out / INDEX).exists() and not list(out.glob('.shard*'))
    kept = (out / 'shard-000000.tar').stat().st_ino
    assert pack(plan)
    assert (out / 'shard-000000.tar').stat().st_ino == kept
    assert open_store(out).read('1.png') == b'\1' * 200_000


def test_missing_files_are_named_before_anything_is_written(corpus, tmp_path: Path) -> None:
    rows = [*corpus.rows, dict(clip='x', frames='gone', num_frames=2)]
    with pytest.raises(MediaError, match='gone/000001.jpg cannot be read'):
        plan_packing(rows, str(corpus.root), str(tmp_path / 'a'), 'tar')
    assert not (tmp_path / 'a').exists()


def test_never_over_its_source(corpus) -> None:
    with pytest.raises(StorageError, match='choose another'):
        plan_packing(corpus.rows, str(corpus.root), str(corpus.root), 'tar')
    with pytest.raises(ConfigError, match='address'):
        plan_packing(corpus.rows, str(corpus.root), 'pipe:tee x', 'tar')
