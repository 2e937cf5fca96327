"""The parts in which the ledger of a clip grows, and joining them."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from mmfer.faces.ledger import LedgerRow, read_ledger
from mmfer.faces.ledger.rows import to_table
from mmfer.faces.ledger.writing import open_writer

__all__ = ['join_parts', 'part_path']


def part_path(work: Path, number: int) -> Path:
    """File of some of a clip's rows."""
    return work / f'rows-{number:06d}.parquet'


def join_parts(parts: Sequence[Path], rest: Sequence[LedgerRow], path: Path,
               metadata: Mapping[str, Any], main: Mapping[int, int] | None = None) -> None:
    """Writes ledgers one after the other into one; memory holds one of them.

    Args:
        parts: Ledgers, in order.
        rest: Rows that follow them.
        path: The ledger to write, whole.
        metadata: Its metadata.
        main: By shot the one person whose crops count; None: all do.

    Raises:
        LedgerError: A part is damaged.
    """
    with open_writer(path, metadata) as writer:
        for part in parts:
            writer.write(_with_crops_of(read_ledger(part).table, main))
        writer.write(_with_crops_of(to_table(rest), main))


def _with_crops_of(table: pa.Table, main: Mapping[int, int] | None) -> pa.Table:
    if main is None:
        return table
    crop = [cut and main.get(shot) == person for cut, shot, person in zip(
        *(table[name].to_pylist() for name in ('crop', 'shot', 'id')), strict=True)]
    at = table.schema.get_field_index('crop')
    return table.set_column(at, 'crop', pa.array(crop, pa.bool_()))
