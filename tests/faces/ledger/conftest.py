from __future__ import annotations

import numpy as np
import pytest

from mmfer.faces.ledger import LedgerRow, ledger_metadata
from mmfer.faces.structures import CORNERS5

SETTINGS = {'detector': {'name': 'dlib', 'threshold': 0.5}, 'geometry': {'size_px': 224}}
METADATA = ledger_metadata(SETTINGS, CORNERS5)


def row(clip: str = 'a', frame: int = 1, person: int = 1, status: str = 'found', shot: int = 0,
        side: float = 50., **changes: object) -> LedgerRow:
    """A row of a person, or of a frame without anybody where ``person`` is 0."""
    values = dict(clip=clip, frame=frame, time_s=(frame - 1) / 25, id=person, shot=shot,
                  box=np.array([3.25, 4, 3.25 + side, 4 + side], np.float32),
                  landmarks=np.arange(10, dtype=np.float32).reshape(5, 2) + frame / 8,
                  score=1.5, status=status, crop=status in ('found', 'tracked'))
    if not person:
        values.update(box=None, landmarks=None, score=None, status='absent', crop=False)
    return LedgerRow(**{**values, **changes})


def same(one: LedgerRow, other: LedgerRow) -> bool:
    """Whether two rows are equal, with types."""
    for name in ('box', 'landmarks'):
        a, b = getattr(one, name), getattr(other, name)
        if (a is None) != (b is None):
            return False
        if a is not None and not (a.dtype == b.dtype and np.array_equal(a, b)):
            return False
    return all(getattr(one, name) == getattr(other, name) for name in
               ('clip', 'frame', 'time_s', 'id', 'shot', 'score', 'status', 'crop'))


@pytest.fixture
def rows() -> list[LedgerRow]:
    """Two clips; two people on some frames, nobody on others."""
    return [row('S1/ü 笑', 1), row('S1/ü 笑', 1, 2, 'tracked', side=20.),
            row('S1/ü 笑', 2, 0), row('S1/ü 笑', 4, 2, 'interpolated', landmarks=None),
            row('b', 1, 3, 'too small', shot=1, side=7.), row('b', 2, 3, 'blurred', shot=1)]
