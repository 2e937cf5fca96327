from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmfer.errors import LedgerError
from mmfer.faces.ledger import write_ledger
from mmfer.faces.ledger.opening import open_ledger

from .conftest import METADATA, row


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / 'a.parquet'
    write_ledger(path, [row('a', frame) for frame in range(1, 6)] + [row('b')], METADATA)
    return path


def test_rows_in_three_ways(ledger):
    with open_ledger(ledger) as file:
        assert file.metadata == METADATA
        assert file.read()['clip'].to_pylist() == ['a'] * 5 + ['b']
        assert file.read_clip('b')['frame'].to_pylist() == [1] and not len(file.read_clip('c'))
        assert [len(table) for table in file.batches(4)] == [4, 2]
        assert next(file.batches(9, columns=['clip'])).column_names == ['clip']


def test_damage_is_told_whenever_it_shows(ledger):
    content = bytearray(ledger.read_bytes())
    content[8:300] = bytes(292)
    ledger.write_bytes(content)
    for read in (lambda file: file.read(), lambda file: file.read_clip('a'),
                 lambda file: list(file.batches(4))):
        with open_ledger(ledger) as file, pytest.raises(LedgerError, match='parquet: damaged'):
            read(file)


@pytest.mark.parametrize('error', [
    OSError(28, 'No space left on device'), ValueError('own'), pa.ArrowInvalid('other file')])
def test_what_the_body_raises_passes(ledger, error):
    with pytest.raises(type(error)) as told, open_ledger(ledger):
        raise error
    assert told.value is error


def test_the_file_is_closed(ledger, monkeypatch):
    closed = []
    original = pq.ParquetFile.__exit__
    monkeypatch.setattr(pq.ParquetFile, '__exit__', lambda *words: (
        closed.append(1), original(*words))[1])
    with pytest.raises(LedgerError), open_ledger(ledger):
        raise LedgerError
    assert closed == [1]
