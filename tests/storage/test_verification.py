from __future__ import annotations

import io
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mmfer.errors import ConfigError
from mmfer.storage import open_store
from mmfer.storage.index import INDEX, PackIndex
from mmfer.storage.verification import header_problems, verify

from .test_pack_store import NAME, damage, shard_of


def problems(root: Path, source: Path | None = None) -> list[str]:
    index = PackIndex(root / INDEX)
    sizes: list[int] = []
    found = [text for _, text in verify(
        root, index, None if source is None else open_store(source), sizes.append)]
    index.close()
    return found


@pytest.fixture(params=['tar', 'lmdb'])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def test_whole_packs_have_none(packs: dict[str, Path], kind: str) -> None:
    assert problems(packs[kind]) == problems(packs[kind], packs['folder']) == []
    # a pack is a source as well
    assert problems(packs[kind], packs['lmdb' if kind == 'tar' else 'tar']) == []


def test_each_damaged_file_is_named(copy_of, kind: str) -> None:
    root = copy_of(kind)
    damage(root, NAME)
    damage(root, 'S1/a/f12.png')
    found = problems(root)
    assert len(found) == 2
    assert [text.split(': ')[1] for text in found] == ['S1/a/f12.png is damaged',
                                                       f'{NAME} is damaged']


def test_source_that_changed(copy_of, packs: dict[str, Path], tmp_path: Path, kind: str) -> None:
    source = Path(shutil.copytree(packs['folder'], tmp_path / 'source'))
    (source / 'S1/a/f10.png').write_bytes((source / 'S1/a/f11.png').read_bytes())
    (source / NAME).unlink()
    found = problems(packs[kind], source)
    assert len(found) == 2
    assert 'S1/a/f10.png differs from' in found[0] and f'{NAME} cannot be read' in found[1]


def test_shards_that_are_missing_or_truncated(copy_of) -> None:
    root = copy_of('tar')
    one, other = shard_of(root, 'S1/a/f10.png'), shard_of(root, NAME)
    one.unlink()
    other.write_bytes(other.read_bytes()[:1000])
    found = problems(root)
    assert len(found) == 2
    assert f'{one.name} cannot be read' in found[0] and f'{other.name} has 1000 bytes' in found[1]


def test_files_that_the_index_lacks_or_invents(copy_of, kind: str) -> None:
    root = copy_of(kind)
    with sqlite3.connect(root / INDEX) as database:
        database.execute('UPDATE member SET name = ? WHERE name = ?', ('S1/a/f99.png',
                                                                       'S1/a/f10.png'))
    found = ' '.join(problems(root))
    assert "'S1/a/f10.png' is not in the index" in found
    assert 'S1/a/f99.png ' + ('has no header' if kind == 'tar' else 'is missing') in found


def hostile(path: Path, change: Callable[[tarfile.TarInfo], None]) -> list[str]:
    with tarfile.open(path, 'w', format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo('a/b.png')
        info.size = 3
        change(info)
        archive.addfile(info, io.BytesIO(b'abc'))
    return list(header_problems(str(path), []))


@pytest.mark.parametrize('fields, problem', [
    (dict(name='../b.png'), '".." part'), (dict(name='/etc/b.png'), 'absolute'),
    (dict(name='a/b.pkl'), 'no image'), (dict(name='a/b.pyd'), 'no image'),
    (dict(type=tarfile.SYMTYPE, linkname='/etc/passwd', size=0), 'no regular file'),
    (dict(type=tarfile.LNKTYPE, linkname='c.png', size=0), 'no regular file'),
    (dict(type=tarfile.CHRTYPE, size=0), 'no regular file'),
    (dict(type=tarfile.FIFOTYPE, size=0), 'no regular file'),
    (dict(type=tarfile.DIRTYPE, size=0), 'no regular file'),
])
def test_unsafe_members_are_told(tmp_path: Path, fields: dict, problem: str) -> None:
    found = hostile(tmp_path / 'a.tar', lambda info: vars_of(info, fields))
    assert problem in found[0] and found[0].startswith(str(tmp_path / 'a.tar'))


def vars_of(info: tarfile.TarInfo, fields: dict) -> None:
    for name, value in fields.items():
        setattr(info, name, value)


def test_no_archive(tmp_path: Path) -> None:
    (tmp_path / 'a.tar').write_bytes(b'no archive' * 999)
    assert 'no tar archive' in next(header_problems(str(tmp_path / 'a.tar'), []))


def test_compressed_archives_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / 'a.tar', 'w:gz') as archive:
        archive.addfile(tarfile.TarInfo('a.png'))
    assert 'no tar archive' in next(header_problems(str(tmp_path / 'a.tar'), []))


def test_lmdb_that_is_not_installed(packs: dict[str, Path], monkeypatch) -> None:
    index = PackIndex(packs['lmdb'] / INDEX)
    monkeypatch.setattr('mmfer.storage.pack_store.importlib.util.find_spec', lambda name: None)
    with pytest.raises(ConfigError, match='lmdb'):
        list(verify(packs['lmdb'], index))
