"""A ledger's file, open for reading; whatever is wrong with it is told as such."""
from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mmfer.errors import LedgerError
from mmfer.faces.ledger.rows import SCHEMA, metadata_problem
from mmfer.faces.ledger.writing import KEY

__all__ = ['LedgerFile', 'open_ledger']


class LedgerFile:
    """An open ledger, from :func:`open_ledger`; rows are not checked.

    Every method raises LedgerError where the file turns out to be damaged.

    Args:
        path: Of the file.
        file: Open.
        metadata: In the file.

    Attributes:
        metadata: See :mod:`mmfer.faces.ledger`.
    """

    def __init__(self, path: Path, file: pq.ParquetFile, metadata: dict[str, Any]) -> None:
        self.metadata = metadata
        self._path, self._file = path, file

    def read(self) -> pa.Table:
        """All rows."""
        with _telling_damage(self._path):
            return self._file.read()

    def read_clip(self, clip: str) -> pa.Table:
        """The rows of one clip; read of those row groups alone that may have some."""
        with _telling_damage(self._path):
            groups = [self._file.read_row_group(group) for group in self._groups_with(clip)]
            return pa.concat_tables([SCHEMA.empty_table(), *(
                group.filter(pc.equal(group['clip'], clip)).replace_schema_metadata()
                for group in groups)])

    def batches(self, rows: int, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """At most so many rows at a time, with all columns or some."""
        with _telling_damage(self._path):
            batches = self._file.iter_batches(rows, columns=columns)
        while True:
            with _telling_damage(self._path):
                batch = next(batches, None)
            if batch is None:
                return
            yield pa.Table.from_batches([batch])

    def _groups_with(self, clip: str) -> Iterator[int]:
        for group in range(self._file.num_row_groups):
            bounds = self._file.metadata.row_group(group).column(0).statistics
            if bounds is None or not bounds.has_min_max or bounds.min <= clip <= bounds.max:
                yield group


@contextmanager
def open_ledger(path: Path) -> Iterator[LedgerFile]:
    """Opens a ledger, checks its metadata and columns, and closes it after the body.

    What the body raises passes unchanged: it may be about another file.

    Raises:
        LedgerError: The file is missing, damaged or no ledger.
    """
    if not path.is_file():
        raise LedgerError(f'{path}: no such file; tools/extract_faces.py writes ledgers')
    with _telling_damage(path):
        file = pq.ParquetFile(path)
    with file:
        with _telling_damage(path):
            schema = file.schema_arrow
            raw = (schema.metadata or {}).get(KEY)
            metadata = {} if raw is None else json.loads(raw)
        problem = metadata_problem(metadata) or _columns_problem(schema)
        if problem:
            raise LedgerError(f'{path}: {problem}; extract the faces again with this version '
                              'of mmfer (tools/extract_faces.py)')
        yield LedgerFile(path, file, metadata)


@contextmanager
def _telling_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LedgerError(f'{path}: damaged, or no ledger ({error}); delete it, and extract the '
                          'faces of its clips again (tools/extract_faces.py)') from error


def _columns_problem(schema: pa.Schema) -> str:
    for field in SCHEMA:
        if field.name not in schema.names:
            return f'column {field.name} is missing'
        if schema.field(field.name).type != field.type:
            return f'column {field.name} holds {schema.field(field.name).type}, not {field.type}'
    unknown = sorted(set(schema.names) - set(SCHEMA.names))
    return f'unknown column {unknown[0]}' if unknown else ''
