from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.csv_rows import read_csv_rows


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / 'ü.csv'
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_places_and_cells(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffa, b\r\n1, "x, y"\r\n\r\n2,\n')
    assert list(read_csv_rows(path)) == [(f'{path}, line 2', {'a': '1', 'b': 'x, y'}),
                    (f'{path}, line 4', {'a': '2', 'b': ''})]


@pytest.mark.parametrize('content, message', [
    ('', 'is empty; its first line has to name the columns'),
    ('\n1,2\n', 'is empty; its first line has to name the columns'),
    ('a,b,a\n', "line 1: names the column 'a' twice"),
    ('a,b\n1,2\n1\n', 'line 3: has 1 cells where the header has 2'),
    ('a,b\n1,2,3\n', 'line 2: has 3 cells where the header has 2'),
    (b'a,b\n1,2\n\xff,2\n', 'no CSV in UTF-8'), (b'a,b\n1,"2\n', 'no CSV in UTF-8')])
def test_malformed(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DetectorError, match=rf'ü.csv.*{message}'):
        list(read_csv_rows(write(tmp_path, content)))


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match='a.csv: cannot be read'):
        list(read_csv_rows(tmp_path / 'a.csv'))
