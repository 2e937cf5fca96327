from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from mmfer.errors import LedgerError
from mmfer.faces.extraction.locking import sole_use

HOLD = ('import fcntl, sys, time\n'
        'file = open(sys.argv[1], "ab")\n'
        'fcntl.flock(file, fcntl.LOCK_EX)\n'
        'print("held", flush=True)\n'
        'time.sleep(60)\n')


def test_is_free_again_after_the_body(tmp_path):
    for _ in range(2):
        with sole_use(tmp_path / 'a' / 'b'):
            assert (tmp_path / 'a' / 'b').is_dir()


def test_the_folder_may_go_in_the_body(tmp_path):
    with sole_use(tmp_path / 'a'):
        shutil.rmtree(tmp_path / 'a')
    with sole_use(tmp_path / 'a'):
        pass


def test_another_process_is_told_and_goes_with_its_death(tmp_path):
    pytest.importorskip('fcntl')
    folder = tmp_path / 'clip'
    folder.mkdir()
    with subprocess.Popen([sys.executable, '-c', HOLD, str(folder / '.lock')],
                          stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == 'held\n'
        with pytest.raises(LedgerError, match='another process works on this clip'):
            with sole_use(folder, patience_s=0.2):
                pass
        other.kill()
        with sole_use(folder):
            pass


def test_a_lock_whose_file_is_gone_is_taken_anew(tmp_path, monkeypatch):
    """What another process has removed since it was opened locks nothing."""
    fcntl = pytest.importorskip('fcntl')
    folder = tmp_path / 'clip'
    taken = []

    def flock(file, how, lock=fcntl.flock):
        lock(file, how)
        if not taken:
            shutil.rmtree(folder)
        taken.append(file.fileno())

    monkeypatch.setattr(fcntl, 'flock', flock)
    with sole_use(folder):
        assert (folder / '.lock').exists()
    assert len(taken) == 2
