"""Small annotation files in memory."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mmfer.annotations import Annotations, Row, make_metainfo

CLASSES = ('anger', 'fear', 'happiness')


def make_annotations(rows: Iterable[Row], classes: Sequence[str] = CLASSES) -> Annotations:
    """Annotations of rows that need a ``clip`` only.

    Args:
        rows: In any order; ``frames`` is the clip's id and ``num_frames`` 1 where not given.
        classes: Names of the classes.
    """
    full = sorted(({'frames': row['clip'], 'num_frames': 1, **row} for row in rows),
                  key=lambda row: row['clip'])
    return Annotations(make_metainfo('made', classes, full), full, Path('annotations.json'))
