"""A clip's finished work takes its place in the output, whole."""
from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.locking import LOCK
from mmfer.faces.settings import People

__all__ = ['LEDGER', 'clear', 'publish', 'remove_empty_folders']

LEDGER = 'ledger.parquet'
"""In a work folder: the clip's ledger, once all else is there."""
CROPS = 'crops'
_MAIN = 'main'


def publish(clip: str, layout: Layout, people: People) -> None:
    """Moves crops, then the ledger, from a clip's work folder into the output.

    Each step can be repeated, so a killed process leaves nothing that the next one does not
    bring to its end. The ledger, which says that the clip is finished, moves when nothing else
    is left in the work folder: a checkpoint there would have the clip go on from it later.

    Args:
        clip: Its id.
        layout: The output.
        people: Whose crops it has; of the main person's those of each shot come together.
    """
    work = layout.unfinished(clip)
    ids = _people_with_crops(work / LEDGER)
    crops, target = work / CROPS, layout.crops(clip)
    if people == 'main':
        crops = _gather(crops, ids, work / _MAIN)
    layout.ledger(clip).unlink(missing_ok=True)
    if not ids or crops.is_dir():
        _remove(target)
    if ids and crops.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(crops, target)
    clear(work, LEDGER)
    layout.ledger(clip).parent.mkdir(parents=True, exist_ok=True)
    os.replace(work / LEDGER, layout.ledger(clip))
    shutil.rmtree(work)


def clear(work: Path, *kept: str) -> None:
    """Removes what lies in a work folder, but its lock, and files of these names."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in (LOCK, *kept):
            os.unlink(path)


def remove_empty_folders(top: Path) -> None:
    """Removes a folder and those in it, as far as they are empty."""
    for folder, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _people_with_crops(ledger: Path) -> list[int]:
    with pq.ParquetFile(ledger) as file:
        table = file.read(columns=['id', 'crop'])
    return sorted(set(table.filter(table['crop'])['id'].to_pylist()))


def _gather(crops: Path, ids: Iterable[int], target: Path) -> Path:
    """The crops of some people in one folder."""
    for person in ids:
        folder = crops / str(person)
        if not folder.is_dir():  # moved before
            continue
        if not target.exists():
            os.rename(folder, target)
            continue
        for name in os.listdir(folder):
            os.replace(folder / name, target / name)
        # an empty one would be taken for crops once the target itself has moved on
        folder.rmdir()
    return target


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
