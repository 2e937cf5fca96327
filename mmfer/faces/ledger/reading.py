"""Reading ledgers, whole or clip by clip."""
from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mmfer.errors import LedgerError
from mmfer.faces.ledger.rows import SCHEMA, LedgerRow, metadata_problem, rows_problem
from mmfer.faces.ledger.writing import KEY

__all__ = ['Ledger', 'iter_clips', 'open_ledger', 'read_ledger', 'read_ledger_metadata']

_BLOCK = 2**16


@dataclass(frozen=True)
class Ledger:
    """Rows of a ledger, and its metadata.

    Attributes:
        metadata: See :mod:`mmfer.faces.ledger`.
        table: The columns.
        path: Where it was read from.
    """

    metadata: dict[str, Any]
    table: pa.Table
    path: Path

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.table)

    @property
    def clips(self) -> list[str]:
        """Ids of the clips, sorted."""
        return sorted(self.table['clip'].unique().to_pylist())

    def rows(self) -> Iterator[LedgerRow]:
        """The rows in order."""
        for batch in self.table.to_batches():
            for values in batch.to_pylist():
                box, landmarks = (None if values[name] is None else
                                  np.array(values[name], np.float32).reshape(shape)
                                  for name, shape in (('box', 4), ('landmarks', (-1, 2))))
                yield LedgerRow(**{**values, 'box': box, 'landmarks': landmarks})


def read_ledger(path: str | os.PathLike[str], clip: str | None = None) -> Ledger:
    """Reads and validates a ledger, or the rows of one clip in it.

    Raises:
        LedgerError: The file is missing, damaged or no ledger, or lacks the clip; names it.
    """
    path = Path(path)
    with open_ledger(path) as (file, metadata):
        if clip is None:
            table = file.read()
        else:
            groups = [file.read_row_group(group) for group in _groups_with(file, clip)]
            table = pa.concat_tables([SCHEMA.empty_table(), *(
                group.filter(pc.equal(group['clip'], clip)).replace_schema_metadata()
                for group in groups)])
            if not len(table):
                raise LedgerError(f'{path}: has no clip {clip!r}')
        _check(path, table, metadata)
    return Ledger(metadata, table, path)


def iter_clips(path: str | os.PathLike[str]) -> Iterator[Ledger]:
    """The clips of a ledger one after the other, each with its rows.

    Takes as much memory as the longest clip.

    Raises:
        LedgerError: As :func:`read_ledger`.
    """
    path = Path(path)
    with open_ledger(path) as (file, metadata):
        waiting: list[pa.Table] = []
        for batch in file.iter_batches(_BLOCK):
            table = pa.Table.from_batches([batch])
            _check(path, table, metadata)
            for part in _runs(table):
                if waiting and waiting[0]['clip'][0] != part['clip'][0]:
                    yield Ledger(metadata, pa.concat_tables(waiting), path)
                    waiting = []
                waiting.append(part)
        if waiting:
            yield Ledger(metadata, pa.concat_tables(waiting), path)


def read_ledger_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Metadata of a ledger, without its rows.

    Raises:
        LedgerError: The file is missing, damaged or no ledger.
    """
    with open_ledger(Path(path)) as (_, metadata):
        return metadata


@contextmanager
def open_ledger(path: Path) -> Iterator[tuple[pq.ParquetFile, dict[str, Any]]]:
    """A ledger, open for reading, and its metadata; both have been checked, rows have not.

    Raises:
        LedgerError: The file is missing, damaged or no ledger, also when it is read later.
    """
    if not path.is_file():
        raise LedgerError(f'{path}: no such file; tools/extract_faces.py writes ledgers')
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            raw = (schema.metadata or {}).get(KEY)
            metadata = {} if raw is None else json.loads(raw)
            problem = metadata_problem(metadata) or _columns_problem(schema)
            if problem:
                raise LedgerError(f'{path}: {problem}; extract the faces again with this version '
                                  'of mmfer (tools/extract_faces.py)')
            yield file, metadata
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, LedgerError):
            raise
        raise LedgerError(f'{path}: damaged, or no ledger ({error}); extract the faces of its '
                          'clips again (tools/extract_faces.py)') from error


def _columns_problem(schema: pa.Schema) -> str:
    for field in SCHEMA:
        if field.name not in schema.names:
            return f'column {field.name} is missing'
        if schema.field(field.name).type != field.type:
            return f'column {field.name} holds {schema.field(field.name).type}, not {field.type}'
    unknown = sorted(set(schema.names) - set(SCHEMA.names))
    return f'unknown column {unknown[0]}' if unknown else ''


def _check(path: Path, table: pa.Table, metadata: dict[str, Any]) -> None:
    problem = rows_problem(table, metadata['scheme'])
    if problem:
        raise LedgerError(f'{path}: {problem}; extract the faces of this clip again')


def _groups_with(file: pq.ParquetFile, clip: str) -> Iterator[int]:
    """The row groups that may have a clip."""
    for group in range(file.num_row_groups):
        bounds = file.metadata.row_group(group).column(0).statistics
        if bounds is None or not bounds.has_min_max or bounds.min <= clip <= bounds.max:
            yield group


def _runs(table: pa.Table) -> Iterator[pa.Table]:
    """Slices with one clip each."""
    clips = table['clip'].combine_chunks().dictionary_encode().indices.to_numpy()
    bounds = np.flatnonzero(np.diff(clips)) + 1
    for start, stop in zip([0, *bounds], [*bounds, len(clips)]):
        yield table.slice(start, stop - start)
