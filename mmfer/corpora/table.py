"""Reading a CSV that people and spreadsheets write."""
from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from mmfer.errors import CorpusError


@dataclass(frozen=True)
class Record:
    """One row of a CSV.

    Attributes:
        where: File and line.
        cells: Stripped texts by column.
        fault: Why the cells cannot be trusted, or ''.
    """

    where: str
    cells: dict[str, str]
    fault: str = ''


def read_table(path: Path) -> tuple[list[str], list[Record]]:
    """Columns and records of a CSV with a header.

    UTF-8, with or without a byte order mark; the delimiter is the comma, semicolon or tab
    that the header has most of. Empty lines are skipped; a row
    with more or fewer cells than the header has a fault.

    Raises:
        CorpusError: naming the file and the line, where it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f'{path}: cannot be read: {error.strerror}') from error
    try:
        text = data.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        line = data.count(b'\n', 0, error.start) + 1
        raise CorpusError(f'{path} line {line}: not UTF-8; save the table as "CSV UTF-8"'
                          ) from error
    if '\0' in text:
        raise CorpusError(f'{path}: has zero bytes, so it is no CSV')
    header = text.lstrip('\r\n').partition('\n')[0]
    delimiter = max(',;\t', key=header.count)
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, strict=True)
    columns: list[str] = []
    records = []
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            where = f'{path.name} line {reader.line_num}'
            if not any(cells):
                continue
            if not columns:
                columns = cells
            elif len(cells) != len(columns):
                records.append(Record(where, {}, f'{len(cells)} cells, but the header has '
                                                 f'{len(columns)}'))
            else:
                records.append(Record(where, dict(zip(columns, cells))))
    except csv.Error as error:
        raise CorpusError(f'{path} line {reader.line_num}: not a CSV: {error}') from error
    if not columns or not all(columns) or len(set(columns)) != len(columns):
        raise CorpusError(f'{path}: the header {",".join(columns)!r} needs a distinct name for '
                          'every column')
    return columns, records
