"""What a row of a ledger is, and what cannot be one."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mmfer.faces.structures import ABSENT, SCHEMES, Status
from mmfer.jsonfile import json_hash

__all__ = ['NOBODY', 'SCHEMA', 'VERSION', 'LedgerRow', 'ledger_metadata', 'metadata_problem',
           'rows_problem', 'to_table']

VERSION = 1
NOBODY = 0
"""The id in the row of a frame without anybody."""
SCHEMA = pa.schema([
    ('clip', pa.string()), ('frame', pa.int32()), ('time_s', pa.float64()), ('id', pa.int32()),
    ('shot', pa.int32()), ('box', pa.list_(pa.float32())), ('landmarks', pa.list_(pa.float32())),
    ('score', pa.float32()), ('status', pa.string()), ('crop', pa.bool_())])
_OPTIONAL = ('box', 'landmarks', 'score')


@dataclass(frozen=True)
class LedgerRow:
    """One person on one frame, or a frame without anybody.

    Attributes:
        clip: The clip's id.
        frame: 1-based number of the frame.
        time_s: When it is shown, from the start of the video, in seconds.
        id: Of the person within the video, from 1; 0 of a frame without anybody.
        shot: Number of cuts before the frame.
        box: (4,) x0, y0, x1, y1, in pixels of the upright frame; None where id is 0.
        landmarks: (L, 2), or None.
        score: The detector's; None where id is 0.
        status: Where box and landmarks come from, or why the face is not used.
        crop: Whether a crop was written.
    """

    clip: str
    frame: int
    time_s: float
    id: int
    shot: int
    box: NDArray[np.float32] | None
    landmarks: NDArray[np.float32] | None
    score: float | None
    status: Status
    crop: bool


def ledger_metadata(settings: Mapping[str, Any], scheme: str | None,
                    **more: Any) -> dict[str, Any]:
    """Metadata of a ledger that was made with some settings (JSON)."""
    return {**more, 'version': VERSION, 'settings': dict(settings),
            'settings_hash': json_hash(settings), 'scheme': scheme}


def metadata_problem(metadata: Any) -> str:
    """Why something cannot be the metadata of a ledger, or ''."""
    if not isinstance(metadata, Mapping) or 'settings_hash' not in metadata:
        return 'it has no metadata of a ledger'
    if metadata.get('version') != VERSION:
        return (f'it has the format version {metadata.get("version")!r}, and this mmfer reads '
                f'{VERSION}')
    if not isinstance(metadata.get('settings'), Mapping):
        return 'its metadata has no settings'
    if metadata['settings_hash'] != json_hash(metadata['settings']):
        return 'the hash of its settings is not that of the settings in it'
    if metadata.get('scheme') not in (None, *SCHEMES):
        return f'its landmarks are of an unknown scheme {metadata["scheme"]!r}'
    return ''


def to_table(rows: Sequence[LedgerRow]) -> pa.Table:
    """Rows as columns.

    Raises:
        pa.ArrowException, TypeError, ValueError: A value is of another type.
    """
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows]
                                     for name in SCHEMA.names}
    for name in ('box', 'landmarks'):
        columns[name] = [None if value is None else np.asarray(value, np.float32).ravel()
                         for value in columns[name]]
    return pa.table(columns, SCHEMA)


def rows_problem(table: pa.Table, scheme: str | None) -> str:
    """Why some rows cannot be in a ledger, naming the first that cannot, or ''."""
    someone = pc.not_equal(table['id'], NOBODY)
    counts = {'box': 4, 'landmarks': 2 * SCHEMES[scheme] if scheme else 0}
    checks: list[tuple[str, Any]] = [
        (f'{name} is missing', table[name].is_null())
        for name in SCHEMA.names if name not in _OPTIONAL]
    checks += [
        ('frame is below 1', pc.less(table['frame'], 1)),
        ('id is negative', pc.less(table['id'], 0)),
        ('shot is negative', pc.less(table['shot'], 0)),
        ('time_s is not finite', pc.invert(pc.is_finite(table['time_s']))),
        ('status is unknown',
         pc.invert(pc.is_in(table['status'], pa.array(get_args(Status), pa.string())))),
        ('a frame without anybody is not absent', pc.and_not(
            pc.not_equal(table['status'], ABSENT), someone)),
        ('a person is absent', pc.and_(pc.equal(table['status'], ABSENT), someone)),
        ('there is a crop of nobody', pc.and_not(table['crop'], someone))]
    for name in ('box', 'score'):
        checks += [(f'{name} is missing', pc.and_(table[name].is_null(), someone)),
                   (f'there is a {name} of nobody', pc.and_not(table[name].is_valid(), someone))]
    checks += [(f'{name} has not {count} numbers',
                pc.not_equal(pc.list_value_length(table[name]), count))
               for name, count in counts.items()]
    for problem, wrong in checks:
        place = pc.index(wrong, True).as_py()
        if place >= 0:
            return (f'clip {table["clip"][place].as_py()!r}, frame {table["frame"][place].as_py()}'
                    f', id {table["id"][place].as_py()}: {problem}')
    return ''
