"""Reading ledgers, whole or clip by clip."""
from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mmfer.errors import LedgerError
from mmfer.faces.ledger.opening import open_ledger
from mmfer.faces.ledger.rows import LedgerRow, rows_problem

__all__ = ['Ledger', 'iter_clips', 'read_ledger', 'read_ledger_metadata']

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
    with open_ledger(path) as file:
        table = file.read() if clip is None else file.read_clip(clip)
        if clip is not None and not len(table):
            raise LedgerError(f'{path}: has no clip {clip!r}')
        _check(path, table, file.metadata)
        return Ledger(file.metadata, table, path)


def iter_clips(path: str | os.PathLike[str]) -> Iterator[Ledger]:
    """The clips of a ledger one after the other, each with its rows.

    Takes as much memory as the longest clip.

    Raises:
        LedgerError: As :func:`read_ledger`.
    """
    path = Path(path)
    with open_ledger(path) as file:
        waiting: list[pa.Table] = []
        for table in file.batches(_BLOCK):
            _check(path, table, file.metadata)
            for part in _runs(table):
                if waiting and waiting[0]['clip'][0] != part['clip'][0]:
                    yield Ledger(file.metadata, pa.concat_tables(waiting), path)
                    waiting = []
                waiting.append(part)
        if waiting:
            yield Ledger(file.metadata, pa.concat_tables(waiting), path)


def read_ledger_metadata(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Metadata of a ledger, without its rows.

    Raises:
        LedgerError: The file is missing, damaged or no ledger.
    """
    with open_ledger(Path(path)) as file:
        return file.metadata


def _check(path: Path, table: pa.Table, metadata: dict[str, Any]) -> None:
    problem = rows_problem(table, metadata['scheme'])
    if problem:
        raise LedgerError(f'{path}: {problem}; delete it, and extract the faces of its clips again')


def _runs(table: pa.Table) -> Iterator[pa.Table]:
    """Slices with one clip each."""
    clips = table['clip'].combine_chunks().dictionary_encode().indices.to_numpy()
    bounds = np.flatnonzero(np.diff(clips)) + 1
    for start, stop in zip([0, *bounds], [*bounds, len(clips)]):
        yield table.slice(start, stop - start)
