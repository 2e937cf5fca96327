from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mmfer.errors import ConfigError, StorageError
from mmfer.storage import FolderStore, close_store, is_pack, open_store
from mmfer.storage.index import INDEX
from mmfer.storage.opening import JOURNAL


def test_the_root_tells_the_storage(packs: dict[str, Path], tmp_path: Path) -> None:
    assert [is_pack(packs[kind]) for kind in ('folder', 'tar', 'lmdb')] == [False, True, True]
    assert isinstance(open_store(packs['folder']), FolderStore)
    assert not is_pack(tmp_path / 'absent')


def test_addresses_are_refused() -> None:
    for call in (is_pack, open_store):
        with pytest.raises(ConfigError, match='address or a command'):
            call('pipe:touch /tmp/x')


def test_unfinished_packs_are_refused(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).touch()
    with pytest.raises(StorageError, match='not finished'):
        open_store(tmp_path)


def test_a_process_opens_a_pack_once(packs: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / 'link').symlink_to(packs['lmdb'])
    store = open_store(packs['lmdb'])
    assert open_store(str(packs['lmdb'])) is open_store(tmp_path / 'link') is store
    close_store(packs['lmdb'])
    assert open_store(packs['lmdb']) is not store


def test_a_pack_that_was_made_anew_is_opened_anew(copy_of) -> None:
    root = copy_of('tar')
    store = open_store(root)
    os.utime(root / INDEX, ns=(0, 0))
    assert open_store(root) is not store
    assert open_store(root).read('S1/a/f10.png')


@pytest.mark.parametrize('kind', ['tar', 'lmdb'])
def test_forked_processes_open_their_own(packs: dict[str, Path], kind: str) -> None:
    expected = open_store(packs[kind]).read('S1/a/f10.png')
    for _ in range(2):
        child = os.fork()
        if not child:
            status = 1
            try:  # a second generation too
                grandchild = os.fork()
                good = open_store(packs[kind]).read('S1/a/f10.png') == expected
                if grandchild:
                    good &= os.waitpid(grandchild, 0)[1] == 0
                status = 0 if good else 1
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert open_store(packs[kind]).read('S1/a/f10.png') == expected


@pytest.mark.parametrize('kind', ['tar', 'lmdb'])
def test_threads_share_a_store(packs: dict[str, Path], kind: str) -> None:
    store = open_store(packs[kind])
    names = [name for name in store.list()]
    expected = {name: store.read(name) for name in names}
    wrong: list[str] = []

    def read() -> None:
        for _ in range(20):
            wrong.extend(name for name in names if open_store(packs[kind]).read(name)
                         != expected[name])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
