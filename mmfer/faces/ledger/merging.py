"""One ledger of many."""
from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmfer.errors import LedgerError
from mmfer.faces.ledger.opening import open_ledger
from mmfer.faces.ledger.reading import read_ledger_metadata
from mmfer.faces.ledger.rows import SCHEMA, ledger_metadata
from mmfer.faces.ledger.writing import open_writer

__all__ = ['merge_ledgers']

_BLOCK = 2**16


def merge_ledgers(paths: Iterable[str | os.PathLike[str]], path: str | os.PathLike[str],
                  **more: Any) -> None:
    """Writes the rows of several ledgers, of different clips, into one.

    The result does not depend on the order of ``paths``, and memory not on their number.

    Args:
        paths: The ledgers, made with the same settings; at least one. Those without a row do
            not matter.
        path: What to write.
        **more: Further entries of the metadata (JSON); those of the parts are not kept.

    Raises:
        LedgerError: A ledger is damaged, was made with other settings than the first, or has a
            clip that another one has too.
    """
    parts = sorted(_first_clip(Path(part)) for part in paths)
    if not parts:
        raise LedgerError(f'{path}: there is no ledger to write it from')
    first = read_ledger_metadata(parts[0][1])
    with open_writer(path, ledger_metadata(first['settings'], first['scheme'], **more)) as writer:
        for _, part in parts:
            with open_ledger(part) as file:
                for name in ('settings_hash', 'scheme'):
                    if file.metadata[name] != first[name]:
                        raise LedgerError(
                            f'{part} was made with other settings than {parts[0][1]} ({name} '
                            f'{file.metadata[name]}, not {first[name]}); extract its clips again '
                            'with the same settings')
                for table in file.batches(_BLOCK):
                    writer.write(table.replace_schema_metadata().cast(SCHEMA))


def _first_clip(path: Path) -> tuple[str, Path]:
    with open_ledger(path) as file:
        for table in file.batches(1, columns=['clip']):
            return table['clip'][0].as_py(), path
    return '', path
