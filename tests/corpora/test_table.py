import pytest

from mmfer.corpora.table import read_table
from mmfer.errors import CorpusError


def write(tmp_path, data):
    path = tmp_path / 'labels.csv'
    path.write_bytes(data)
    return path


@pytest.mark.parametrize('data', [
    b'clip,label\na,happy\n"b,1",sad\n',
    b'\xef\xbb\xbfclip,label\r\na , happy\r\n\r\n"b,1",sad\r\n',
    b'clip;label\na;happy\nb,1;sad',
    b'clip\tlabel\na\thappy\n\nb,1\tsad\n',
])
def test_dialects(tmp_path, data):
    columns, records = read_table(write(tmp_path, data))
    assert columns == ['clip', 'label']
    assert [record.cells for record in records] == [
        {'clip': 'a', 'label': 'happy'}, {'clip': 'b,1', 'label': 'sad'}]
    assert records[0].where == 'labels.csv line 2'
    assert not any(record.fault for record in records)


def test_ragged_rows_are_faulty_but_not_fatal(tmp_path):
    _, records = read_table(write(tmp_path, b'clip,label\na\nb,sad,3\nc,sad\n'))
    assert [record.fault for record in records] == [
        '1 cells, but the header has 2', '3 cells, but the header has 2', '']
    assert records[1].where == 'labels.csv line 3'


@pytest.mark.parametrize(('data', 'message'), [
    (b'', 'header'), (b'\n\n', 'header'), (b'clip,,label\n', 'header'),
    (b'clip,clip\n', 'header'), (b'clip,label\na,\xe9\n', 'line 2: not UTF-8'),
    (b'clip,label\na,"sad\n', 'line 2: not a CSV'), (b'PK\x03\x04\0\0', 'zero bytes'),
])
def test_files_that_are_no_table(tmp_path, data, message):
    with pytest.raises(CorpusError, match=f'labels.csv.*{message}'):
        read_table(write(tmp_path, data))


def test_missing_file(tmp_path):
    with pytest.raises(CorpusError, match='none.csv: cannot be read'):
        read_table(tmp_path / 'none.csv')
