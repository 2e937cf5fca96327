"""What an extraction of faces says of the crops that a corpus is prepared from.

``tools/extract_faces.py --out OUT`` leaves ``OUT/crops/<clip>/``, or ``OUT/crops/<clip>/<id>/``
where everybody's crops were asked for, and beside them ``OUT/faces.json``, its settings, and
``OUT/ledger.parquet``, what became of every face on every frame.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmfer.annotations import Row
from mmfer.corpora.report import Report
from mmfer.errors import LedgerError
from mmfer.faces.ledger import face_status, iter_clips, read_ledger_metadata
from mmfer.faces.status_runs import format_runs, parse_runs, seen_share
from mmfer.faces.structures import ABSENT
from mmfer.jsonfile import read_json

__all__ = ['START_INDEX', 'ClipFaces', 'FaceLedger', 'find_ledger']

START_INDEX = 1
"""Crops are named by the number of their frame in the video."""
_SHOWN = 5


@dataclass(frozen=True)
class ClipFaces:
    """What the ledger says of one folder of crops.

    Attributes:
        face_status: Statuses of the frames 1..N, run by run.
        crops: Numbers of the frames of which a crop was written.
    """

    face_status: str
    crops: frozenset[int]


@dataclass
class FaceLedger:
    """The ledger of a folder of crops.

    Attributes:
        path: The file.
        hash: SHA-256 of its settings and content.
        folders: By path below the folder of crops.
        used: Paths that a clip was looked up by.
    """

    path: Path
    hash: str
    folders: dict[str, ClipFaces]
    used: set[str] = field(default_factory=set)

    def knows(self, frames: str) -> bool:
        """Whether the extraction looked at this clip, or person of a clip."""
        return frames in self.folders

    def add_to(self, row: Row, report: Report) -> Row:
        """A row with what the ledger says of its video.

        Args:
            row: Of an annotation file; ``frames`` is a path below the folder of crops.
            report: Grows by crops that are missing, and clips that the ledger lacks.

        Raises:
            LedgerError: There is a crop that the ledger does not know, or none of those that it
                knows.
        """
        clip = row['frames']
        if clip not in self.folders:
            report.add(clip, f'not in {self.path.name}: its extraction failed, or it was not among '
                             'the inputs')
            return row
        self.used.add(clip)
        faces = self.folders[clip]
        present = set(row.get('frame_numbers') or range(1, row['num_frames'] + 1))
        strange, missing = sorted(present - faces.crops), sorted(faces.crops - present)
        if strange:
            raise LedgerError(
                f'{self.path}: clip {clip!r} has {len(strange)} crops that the ledger does not '
                f'know ({_some(strange)}); crops and ledger are of different extractions: extract '
                'the faces anew into an empty folder')
        if faces.crops and not present:
            raise LedgerError(
                f'{self.path}: clip {clip!r} has none of the {len(faces.crops)} crops that the '
                'ledger knows; put them back, or extract the faces anew')
        if missing:
            report.add(clip, f'{len(missing)} of {len(faces.crops)} crops in {self.path.name} are '
                             f'missing or unreadable ({_some(missing)}); frames left out')
        share = seen_share(parse_runs(faces.face_status))
        return {**row, 'face_status': faces.face_status, 'coverage': round(share, 6)}

    def conclude(self, report: Report) -> None:
        """Notes which clips of the ledger the corpus does not have.

        Raises:
            LedgerError: It has none of them.
        """
        if not self.used:
            raise LedgerError(f'{self.path}: it has none of the clips; it knows '
                              f'{_some(sorted(self.folders))}')
        unused = sorted(self.folders.keys() - self.used)
        if unused:
            report.notes.append(f'clips in {self.path.name} that are not of the corpus: '
                                f'{len(unused)} ({_some(unused)})')


def find_ledger(crops: Path) -> FaceLedger | None:
    """The ledger beside a folder of crops; None where they are not of an extraction.

    Raises:
        LedgerError: The extraction is not finished, or its ledger is damaged or was made with
            other settings.
    """
    out = crops.absolute().parent
    settings, path = out / 'faces.json', out / 'ledger.parquet'
    if not settings.is_file() and not path.is_file():
        return None
    for needed in (settings, path):
        if not needed.is_file():
            raise LedgerError(f'{needed} is missing, so what lies beside it is not a whole '
                              'extraction; run tools/extract_faces.py to its end')
    made = read_json(settings, LedgerError)
    metadata = read_ledger_metadata(path)
    if not isinstance(made, dict) or made.get('hash') != metadata['settings_hash']:
        raise LedgerError(f'{path} was made with other settings than {settings} says; run '
                          'tools/extract_faces.py to its end')
    digest = hashlib.sha256(metadata['settings_hash'].encode())
    everybody = metadata['settings'].get('people') == 'all'
    folders: dict[str, ClipFaces] = {}
    for clip in iter_clips(path):
        _digest(digest, clip.table)
        folders.update(_everybody(clip.table) if everybody else _main_person(clip.table))
    return FaceLedger(path, digest.hexdigest(), folders)


def _main_person(table: pa.Table) -> Iterator[tuple[str, ClipFaces]]:
    yield table['clip'][0].as_py(), ClipFaces(face_status(table), _crops(table))


def _everybody(table: pa.Table) -> Iterator[tuple[str, ClipFaces]]:
    """Each person's own folder; of a clip without anybody one folder that is not there."""
    clip, count = table['clip'][0].as_py(), pc.max(table['frame']).as_py()
    people = [person for person in pc.unique(table['id']).to_pylist() if person]
    if not people:
        yield clip, ClipFaces(format_runs([ABSENT] * count), frozenset())
    for person in people:
        own = table.filter(pc.equal(table['id'], person))
        statuses = np.full(count, ABSENT, dtype=object)
        statuses[own['frame'].to_numpy() - 1] = own['status'].to_pylist()
        yield f'{clip}/{person}', ClipFaces(format_runs(statuses.tolist()), _crops(own))


def _crops(table: pa.Table) -> frozenset[int]:
    return frozenset(table.filter(table['crop'])['frame'].to_pylist())


def _digest(digest: Any, table: pa.Table) -> None:
    """Adds the rows of a clip: the same for the same values, however the file lays them out."""
    for name in sorted(table.column_names):
        column = table[name].combine_chunks()
        digest.update(f'\n{name} {len(column)}\n'.encode())
        digest.update(np.packbits(column.is_valid().to_numpy(zero_copy_only=False)))
        if pa.types.is_list(column.type):
            digest.update(pc.list_value_length(column).fill_null(0).to_numpy())
            column = column.flatten()
        if pa.types.is_string(column.type):
            digest.update('\0'.join(column.to_pylist()).encode())
        elif pa.types.is_boolean(column.type):
            digest.update(np.packbits(column.to_numpy(zero_copy_only=False)))
        else:
            digest.update(np.ascontiguousarray(column.fill_null(0).to_numpy()))


def _some(values: list[Any]) -> str:
    """The first of some values, and how many more there are."""
    more = f', and {len(values) - _SHOWN} more' if len(values) > _SHOWN else ''
    return ', '.join(map(str, values[:_SHOWN])) + more
