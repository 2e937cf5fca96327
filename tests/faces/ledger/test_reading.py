import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmfer.errors import LedgerError
from mmfer.faces.ledger import (
    ledger_metadata,
    read_ledger,
    read_ledger_metadata,
    reading,
    write_ledger,
    writing,
)
from mmfer.faces.ledger.reading import iter_clips
from mmfer.faces.ledger.rows import SCHEMA, to_table

from .conftest import METADATA, row, same


@pytest.fixture
def ledger(tmp_path, rows):
    path = tmp_path / 'ü 笑.parquet'
    write_ledger(path, rows, METADATA)
    return path


def test_what_was_written_is_read(ledger, rows):
    found = read_ledger(ledger)
    assert found.metadata == METADATA == read_ledger_metadata(ledger)
    assert found.clips == ['S1/ü 笑', 'b'] and len(found) == 6 and found.path == ledger
    assert all(same(one, other) for one, other in zip(found.rows(), rows, strict=True))


def test_one_clip_of_many(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, '_GROUP', 16)
    rows = [row(f'clip {clip:03d}', frame) for clip in range(50) for frame in range(1, 8)]
    write_ledger(tmp_path / 'a.parquet', rows, METADATA)
    read = []
    original = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, 'read_row_group', lambda self, group, *args, **kwargs: (
        read.append(group), original(self, group, *args, **kwargs))[1])
    found = read_ledger(tmp_path / 'a.parquet', 'clip 031')
    assert len(read) <= 2  # of 22
    assert [one.frame for one in found.rows()] == list(range(1, 8)) and found.clips == ['clip 031']
    with pytest.raises(LedgerError, match="has no clip 'clip 031 '"):
        read_ledger(tmp_path / 'a.parquet', 'clip 031 ')


@pytest.mark.parametrize('block', [1, 3, 1000])
def test_clips_one_by_one(ledger, rows, monkeypatch, block):
    monkeypatch.setattr(reading, '_BLOCK', block)
    clips = list(iter_clips(ledger))
    assert [clip.clips for clip in clips] == [['S1/ü 笑'], ['b']]
    found = [one for clip in clips for one in clip.rows()]
    assert all(same(one, other) for one, other in zip(found, rows, strict=True))


def test_no_row_at_all(tmp_path):
    write_ledger(tmp_path / 'a.parquet', [], ledger_metadata({}, None))
    assert len(read_ledger(tmp_path / 'a.parquet')) == 0
    assert list(iter_clips(tmp_path / 'a.parquet')) == []


def write_table(path, table, metadata=METADATA):
    schema = table.schema.with_metadata({'mmfer': json.dumps(metadata)})
    pq.write_table(table.cast(schema), path)


def test_damaged_and_other_files_are_named(tmp_path, ledger, rows):
    path = tmp_path / 'a.parquet'
    with pytest.raises(LedgerError, match='a.parquet: no such file; tools/extract_faces.py'):
        read_ledger(path)
    content = ledger.read_bytes()
    for broken in (b'', b'text', content[:-9], content[:99], b'PAR1' + bytes(99) + b'PAR1'):
        path.write_bytes(broken)
        for read in (read_ledger, read_ledger_metadata, lambda path: list(iter_clips(path))):
            with pytest.raises(LedgerError, match='a.parquet: damaged, or no ledger'):
                read(path)
    pq.write_table(pa.table({'a': [1]}), path)
    with pytest.raises(LedgerError, match='a.parquet: it has no metadata of a ledger'):
        read_ledger(path)
    table = to_table(rows)
    write_table(path, table, {**METADATA, 'version': 9})
    with pytest.raises(LedgerError, match='format version 9'):
        read_ledger(path)
    write_table(path, table, {**METADATA, 'settings': {'size_px': 1}})
    with pytest.raises(LedgerError, match='hash of its settings'):
        read_ledger(path)
    write_table(path, table.drop_columns(['shot']))
    with pytest.raises(LedgerError, match='column shot is missing'):
        read_ledger(path)
    write_table(path, table.append_column('own', table['id']))
    with pytest.raises(LedgerError, match='unknown column own'):
        read_ledger(path)
    write_table(path, table.set_column(1, 'frame', table['frame'].cast(pa.string())))
    with pytest.raises(LedgerError, match='column frame holds string, not int32'):
        read_ledger(path)


def test_damage_inside_is_found(tmp_path, ledger):
    """Bytes of the rows that were changed: an error, or rows that cannot be."""
    content = bytearray(ledger.read_bytes())
    content[8:300] = bytes(292)
    (tmp_path / 'a.parquet').write_bytes(content)
    with pytest.raises(LedgerError, match='a.parquet'):
        read_ledger(tmp_path / 'a.parquet')


def test_impossible_rows_are_named(tmp_path):
    table = to_table([row(), row(frame=2, status='lost')])
    write_table(tmp_path / 'a.parquet', table)
    for read in (read_ledger, lambda path: read_ledger(path, 'a'),
                 lambda path: list(iter_clips(path))):
        with pytest.raises(LedgerError, match="a.parquet: clip 'a', frame 2, id 1: status is"):
            read(tmp_path / 'a.parquet')
    assert SCHEMA.names == table.column_names
