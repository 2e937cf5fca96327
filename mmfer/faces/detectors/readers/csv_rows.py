"""Rows of a CSV with a header, each with the place where it stands."""
from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from mmfer.errors import DetectorError

__all__ = ['read_csv_rows']


def read_csv_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields "FILE, line N" and the stripped cells by column, one row after the other.

    UTF-8, with or without a byte order mark; the delimiter is a comma. Empty lines are skipped.

    Raises:
        DetectorError: The file cannot be read, or a row has not the header's cells.
    """
    where = str(path)
    try:
        with open(path, encoding='utf-8-sig', newline='') as file:
            reader = csv.reader(file, skipinitialspace=True, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if not any(header):
                raise DetectorError(f'{path}: is empty; its first line has to name the columns')
            twice = sorted({name for name in header if header.count(name) > 1})
            if twice:
                raise DetectorError(f'{path}, line 1: names the column {twice[0]!r} twice')
            for cells in reader:
                where = f'{path}, line {reader.line_num}'
                if not any(cells):
                    continue
                if len(cells) != len(header):
                    raise DetectorError(f'{where}: has {len(cells)} cells where the header has '
                                        f'{len(header)}; the file may be truncated')
                yield where, {name: cell.strip()
                              for name, cell in zip(header, cells, strict=True)}
    except OSError as error:
        raise DetectorError(f'{path}: cannot be read: {error.strerror}') from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DetectorError(f'{where}: what follows is no CSV in UTF-8 ({error})') from error
