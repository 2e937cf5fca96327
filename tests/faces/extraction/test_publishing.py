"""Moving into place can be cut off between any two steps."""
from __future__ import annotations

import contextlib
import os
import shutil

import pytest

from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.parts import join_parts
from mmfer.faces.extraction.publishing import LEDGER, clear, publish, remove_empty_folders
from mmfer.faces.ledger import ledger_metadata

from .conftest import tree
from .test_parts import row

LEFT = ['.lock', 'checkpoint.npz', 'rows-000001.parquet']
MAIN = {0: 2, 1: 5, 2: 7}


class Killed(BaseException):
    pass


def work_of(layout, people, rows=None):
    """A finished work folder of six frames and four people."""
    work = layout.unfinished('a/c')
    work.mkdir(parents=True)
    rows = [row(1, 1), row(1, 2), row(2, 2), row(3, 5, 1), row(4, 5, 1), row(5, 7, 2)
            ] if rows is None else rows
    metadata = ledger_metadata({'a': 1}, None)
    join_parts([], rows, work / LEDGER, metadata, MAIN if people == 'main' else None)
    for one in rows:
        if one.crop:
            path = work / 'crops' / str(one.id) / f'{one.frame:06d}.jpg'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'crop of {one.id}')
    for name in LEFT:
        (work / name).touch()
    return work


def expected(people):
    names = ({'000001.jpg': 2, '000002.jpg': 2, '000003.jpg': 5, '000004.jpg': 5, '000005.jpg': 7}
             if people == 'main' else
             {'1/000001.jpg': 1, '2/000001.jpg': 2, '2/000002.jpg': 2, '5/000003.jpg': 5,
              '5/000004.jpg': 5, '7/000005.jpg': 7})
    return {name: f'crop of {person}'.encode() for name, person in names.items()}


@pytest.mark.parametrize('people', ['main', 'all'])
def test_crops_and_ledger_take_their_places(layout, people):
    work = work_of(layout, people)
    content = (work / LEDGER).read_bytes()
    publish('a/c', layout, people)
    assert tree(layout.crops('a/c')) == expected(people)
    assert layout.ledger('a/c').read_bytes() == content
    assert not work.exists()
    remove_empty_folders(layout.work)
    assert not layout.work.exists()


@pytest.mark.parametrize('people', ['main', 'all'])
@pytest.mark.parametrize('stale', [False, True])
def test_killed_before_any_step(tmp_path, monkeypatch, people, stale):
    """Before and after each call that changes something on disk, until one goes through."""
    steps = ended = 0
    for kill in range(2, 80):
        layout = Layout(tmp_path / str(kill))
        work_of(layout, people)
        if stale:  # of an extraction that is replaced
            layout.crops('a/c').mkdir(parents=True)
            (layout.crops('a/c') / '000009.jpg').write_text('old')
            layout.ledger('a/c').parent.mkdir(parents=True)
            layout.ledger('a/c').write_text('old')
        if not _killed_at(monkeypatch, *divmod(kill, 2), lambda: publish('a/c', layout, people)):
            break
        steps += 1
        ledger = layout.ledger('a/c')
        if ledger.exists() and ledger.read_bytes() != b'old':  # finished: nothing but the lock
            assert set(tree(layout.unfinished('a/c'))) <= {'.lock'}
            ended += 1
        else:
            publish('a/c', layout, people)
            assert not layout.unfinished('a/c').exists()
        assert tree(layout.crops('a/c')) == expected(people)
    assert steps >= 12 and ended >= 3


def test_a_work_folder_is_cleared_but_for_its_lock(layout):
    work = work_of(layout, 'all')
    clear(work, LEDGER)
    assert {path.name for path in work.iterdir()} == {'.lock', LEDGER}
    clear(work)
    assert {path.name for path in work.iterdir()} == {'.lock'}


def _killed_at(monkeypatch, number, is_done, call):
    """Runs until before or after the ``number``-th change on disk; whether it was cut."""
    count = 0

    def counted(function):
        def run(*args, **options):
            nonlocal count
            count += 1
            if count == number:
                if is_done:
                    with contextlib.suppress(FileNotFoundError):
                        function(*args, **options)
                raise Killed
            return function(*args, **options)
        return run

    with monkeypatch.context() as patch:
        patch.setattr(os, 'rename', counted(os.rename))
        patch.setattr(os, 'replace', counted(os.replace))
        patch.setattr(os, 'unlink', counted(os.unlink))
        patch.setattr(shutil, 'rmtree', counted(shutil.rmtree))
        try:
            call()
        except Killed:
            return True
    return False


def test_old_crops_go_where_there_are_none_any_more(layout):
    work_of(layout, 'main', [row(1, 0)])
    layout.crops('a/c').mkdir(parents=True)
    (layout.crops('a/c') / '000009.jpg').write_text('old')
    publish('a/c', layout, 'main')
    assert not layout.crops('a/c').exists() and layout.ledger('a/c').exists()


def test_folders_with_something_in_them_stay(tmp_path):
    (tmp_path / 'top/a/b').mkdir(parents=True)
    (tmp_path / 'top/c').mkdir()
    (tmp_path / 'top/c/file').touch()
    remove_empty_folders(tmp_path / 'top')
    assert [path.name for path in (tmp_path / 'top').rglob('*')] == ['c', 'file']
