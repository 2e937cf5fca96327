from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import AnnotationError, MediaError
from mmfer.storage import FILES, FolderStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    for name in ('a/é.png', 'a/b/c.png', 'd.png'):
        (tmp_path / 'root' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'root' / name).write_bytes(name.encode())
    (tmp_path / 'outside.png').write_bytes(b'secret')
    return FolderStore(str(tmp_path / 'root'))


def test_paths_below_the_root_and_relative_to_it(store: FolderStore) -> None:
    for path in ('a/é.png', f'{store.root}/a/é.png'):
        assert store.read(path) == 'a/é.png'.encode()
        assert store.exists(path) and store.name(path) == 'a/é.png'
        assert store.stamp(path)[0] == len('a/é.png'.encode())
    assert FILES.read(f'{store.root}/d.png') == b'd.png'
    assert not store.exists('a') and not store.exists('a/x.png')


def test_lists_names(store: FolderStore) -> None:
    assert list(store.list()) == ['a/b/c.png', 'a/é.png', 'd.png']
    assert list(store.list('a')) == ['a/b/c.png', 'a/é.png']


def test_stamp_changes_with_the_content(store: FolderStore) -> None:
    before = store.stamp('d.png')
    Path(store.root, 'd.png').write_bytes(b'longer than it was')
    assert store.stamp('d.png') != before


def test_errors_name_the_file(store: FolderStore) -> None:
    for call in (store.read, store.stamp):
        with pytest.raises(MediaError, match='x.png cannot be read'):
            call('a/x.png')
        with pytest.raises(MediaError, match='a/b'):
            call('a/b')


def test_links_are_packed_from_inside_only(store: FolderStore, tmp_path: Path) -> None:
    Path(store.root, 'inside.png').symlink_to('d.png')
    Path(store.root, 'link.png').symlink_to(tmp_path / 'outside.png')
    assert store.stamp('inside.png') == store.stamp('d.png')
    with pytest.raises(AnnotationError, match='symbolic link'):
        store.stamp('link.png')
