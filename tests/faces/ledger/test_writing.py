import hashlib
import itertools
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from mmfer.errors import LedgerError
from mmfer.faces.ledger import write_ledger, writing

from .conftest import METADATA, row


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_input_gives_the_same_bytes(tmp_path, rows):
    write_ledger(tmp_path / 'a.parquet', rows, METADATA)
    write_ledger(tmp_path / 'b.parquet', iter(rows), dict(reversed(METADATA.items())))
    assert sha(tmp_path / 'a.parquet') == sha(tmp_path / 'b.parquet')
    write_ledger(tmp_path / 'b.parquet', rows[:-1], METADATA)
    assert sha(tmp_path / 'a.parquet') != sha(tmp_path / 'b.parquet')


@pytest.mark.parametrize('block', [1, 7, 64, 1000])
def test_bytes_do_not_depend_on_how_rows_come(tmp_path, monkeypatch, block):
    monkeypatch.setattr(writing, '_GROUP', 64)
    rows = [row('a', frame, person) for frame in range(1, 101) for person in (1, 2)]
    write_ledger(tmp_path / 'a.parquet', rows, METADATA)
    monkeypatch.setattr(writing, '_BLOCK', block)
    write_ledger(tmp_path / 'b.parquet', rows, METADATA)
    assert sha(tmp_path / 'a.parquet') == sha(tmp_path / 'b.parquet')
    groups = pq.read_metadata(tmp_path / 'b.parquet')
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [64, 64, 64, 8]


def test_rows_are_taken_as_they_are_written(tmp_path, monkeypatch):
    """Constant memory: what was taken and is not yet written is bounded."""
    monkeypatch.setattr(writing, '_GROUP', 100)
    monkeypatch.setattr(writing, '_BLOCK', 50)
    taken, written = itertools.count(1), []

    class Counting(pq.ParquetWriter):
        def write_table(self, table, *args, **kwargs):
            written.append(len(table))
            super().write_table(table, *args, **kwargs)

    def rows():
        for frame in range(1, 1001):
            assert next(taken) - sum(written) <= 150
            yield row('a', frame)

    monkeypatch.setattr(writing.pq, 'ParquetWriter', Counting)
    write_ledger(tmp_path / 'a.parquet', rows(), METADATA)
    assert written == [100] * 10


def test_nothing_is_left_of_a_failed_one(tmp_path, rows):
    path = tmp_path / 'ledger' / 'a.parquet'
    cases = [([*rows, rows[-1]], 'id 3 does not come after'), ([rows[0], rows[-1], rows[1]],
             "clip 'S1/ü 笑', frame 1, id 2 does not come after clip 'b'"),
             ([row(status='lost')], "clip 'a', frame 1, id 1: status is unknown"),
             ([replace(row(), frame='one')], "clip 'a', frame one on has a value of a wrong type"),
             ([row(box='none')], 'a value of a wrong type')]
    for wrong, message in cases:
        with pytest.raises(LedgerError, match=message) as error:
            write_ledger(path, wrong, METADATA)
        assert str(path) in str(error.value)
    for metadata in ({}, {**METADATA, 'settings': {}}, {**METADATA, 'more': {1, 2}},
                     {**METADATA, 'more': float('nan')}):
        with pytest.raises(LedgerError, match='a.parquet'):
            write_ledger(path, rows, metadata)
    assert not path.parent.exists() or list(path.parent.iterdir()) == []
