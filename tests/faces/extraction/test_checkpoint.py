from __future__ import annotations

import numpy as np
import pytest

from mmfer.faces.extraction.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

ABOUT = {'settings_hash': 'abc', 'recorder': {'areas': [[0, 1, 1 / 3, .1]]}}
STREAM = {'tracker.boxes': np.arange(8, dtype=np.float32).reshape(2, 4),
          'filler.none': np.zeros((0, 0, 2), np.float32)}


def test_reads_back_what_was_written(tmp_path):
    assert read_checkpoint(tmp_path) is None
    write_checkpoint(tmp_path, Checkpoint(1, {}, {}))
    write_checkpoint(tmp_path, Checkpoint(751, ABOUT, STREAM))
    found = read_checkpoint(tmp_path)
    assert (found.number, found.about) == (751, ABOUT)
    assert set(found.stream) == set(STREAM)
    for name, array in STREAM.items():
        assert found.stream[name].dtype == array.dtype and np.array_equal(
            found.stream[name], array)
    assert [path.name for path in tmp_path.iterdir()] == ['checkpoint.npz']


@pytest.mark.parametrize('length', [0, 1, 100, 500, -1])
def test_a_damaged_one_is_none(tmp_path, length):
    write_checkpoint(tmp_path, Checkpoint(751, ABOUT, STREAM))
    path = tmp_path / 'checkpoint.npz'
    path.write_bytes(path.read_bytes()[:length])
    assert read_checkpoint(tmp_path) is None


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return print, ('unpickled', )

    about = np.frombuffer(b'{"number": 1}', np.uint8)
    np.savez(tmp_path / 'checkpoint.npz', **{
        'about': about, 'stream.x': np.array([Trap()], object)}, allow_pickle=True)
    assert read_checkpoint(tmp_path) is None


def test_other_files_are_none(tmp_path):
    np.savez(tmp_path / 'checkpoint.npz', about=np.frombuffer(b'[]', np.uint8))
    assert read_checkpoint(tmp_path) is None
    np.savez(tmp_path / 'checkpoint.npz', other=np.zeros(3))
    assert read_checkpoint(tmp_path) is None
