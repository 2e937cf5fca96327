"""Writing ledgers, row by row, in constant memory."""
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mmfer.errors import LedgerError
from mmfer.faces.ledger.rows import SCHEMA, LedgerRow, metadata_problem, rows_problem, to_table
from mmfer.fileio import atomic_write

__all__ = ['KEY', 'LedgerWriter', 'open_writer', 'write_ledger']

KEY = b'mmfer'
"""Where in the schema's metadata that of the ledger lies."""
# rows of a row group: clips are short, and a group of its own for each takes longer to open
_GROUP = 2**16
_BLOCK = 2**12


def write_ledger(path: str | os.PathLike[str], rows: Iterable[LedgerRow],
                 metadata: Mapping[str, Any]) -> None:
    """Writes a ledger whole; the same rows and metadata give the same bytes.

    Args:
        path: The file.
        rows: Sorted by clip, frame and id, each once; taken one by one.
        metadata: From :func:`~mmfer.faces.ledger.ledger_metadata`.

    Raises:
        LedgerError: A row cannot be what it says, or rows are not sorted; names it.
    """
    remaining = iter(rows)
    with open_writer(path, metadata) as writer:
        while block := list(islice(remaining, _BLOCK)):
            try:
                table = to_table(block)
            except (pa.ArrowException, TypeError, ValueError, AttributeError) as error:
                raise LedgerError(f'{path}: a row from clip {block[0].clip!r}, frame '
                                  f'{block[0].frame} on has a value of a wrong type '
                                  f'({error})') from error
            writer.write(table)


class LedgerWriter:
    """Takes tables of rows in order, and writes them in row groups of equal size.

    Args:
        path: Named in messages.
        target: Parquet writer.
        scheme: Of the landmarks.
    """

    def __init__(self, path: str | os.PathLike[str], target: pq.ParquetWriter,
                 scheme: str | None) -> None:
        self._path, self._target, self._scheme = path, target, scheme
        self._waiting: list[pa.Table] = []
        self._last: tuple[str, int, int] | None = None

    def write(self, table: pa.Table) -> None:
        """Takes the next rows.

        Raises:
            LedgerError: One cannot be what it says, or they are not sorted.
        """
        problem = rows_problem(table, self._scheme) or self._order_problem(table)
        if problem:
            raise LedgerError(f'{self._path}: {problem}')
        self._waiting.append(table)
        while sum(map(len, self._waiting)) >= _GROUP:
            self._write_group(_GROUP)

    def finish(self) -> None:
        """Writes what is left."""
        if self._waiting:
            self._write_group(_GROUP)

    def _write_group(self, count: int) -> None:
        # combined, for bytes must not depend on how rows came
        table = pa.concat_tables(self._waiting).combine_chunks()
        self._target.write_table(table.slice(0, count), row_group_size=count)
        self._waiting = [table.slice(count)] if len(table) > count else []

    def _order_problem(self, table: pa.Table) -> str:
        for key in zip(table['clip'].to_pylist(), table['frame'].to_pylist(),
                       table['id'].to_pylist()):
            if self._last is not None and key <= self._last:
                return (f'clip {key[0]!r}, frame {key[1]}, id {key[2]} does not come after clip '
                        f'{self._last[0]!r}, frame {self._last[1]}, id {self._last[2]}; rows are '
                        'sorted, and each is there once')
            self._last = key
        return ''


@contextmanager
def open_writer(path: str | os.PathLike[str],
                metadata: Mapping[str, Any]) -> Iterator[LedgerWriter]:
    """What writes a ledger; the file is there once the context ends without an error.

    Raises:
        LedgerError: The metadata is not that of a ledger.
    """
    problem = metadata_problem(metadata)
    if problem:
        raise LedgerError(f'{path}: {problem}')
    try:
        text = json.dumps(dict(metadata), sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LedgerError(f'{path}: the metadata is not JSON ({error})') from error
    schema = SCHEMA.with_metadata({KEY: text})
    with atomic_write(path) as temporary:
        with pq.ParquetWriter(temporary, schema, compression='zstd') as target:
            writer = LedgerWriter(path, target, metadata['scheme'])
            yield writer
            writer.finish()
