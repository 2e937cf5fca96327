from __future__ import annotations

import numpy as np
import pytest

from mmfer.errors import LedgerError
from mmfer.faces.extraction.parts import join_parts, part_path
from mmfer.faces.ledger import LedgerRow, ledger_metadata, read_ledger, write_ledger

BOX = np.array([1, 2, 30, 40], np.float32)


def row(frame, person, shot=0, crop=True):
    nobody = person == 0
    return LedgerRow('c', frame, frame / 5, person, shot, None if nobody else BOX, None,
                     None if nobody else 1., 'absent' if nobody else 'found', crop and not nobody)


ROWS = [row(1, 1), row(1, 2), row(2, 1), row(2, 2, crop=False), row(3, 0), row(4, 3, 1),
        row(4, 5, 1), row(5, 5, 1, crop=False), row(6, 0, 1)]


@pytest.fixture
def parts(tmp_path):
    """All rows but the last two in parts, one of which is empty."""
    metadata, paths = ledger_metadata({'a': 1}, None), []
    for number, (first, end) in enumerate([(0, 2), (2, 2), (2, 5), (5, 7)], 1):
        paths.append(part_path(tmp_path, number))
        write_ledger(paths[-1], ROWS[first:end], metadata)
    return paths


def crops(path):
    return [(row.frame, row.id) for row in read_ledger(path).rows() if row.crop]


def test_parts_are_one_after_the_other(parts, tmp_path):
    metadata = ledger_metadata({'a': 1}, None, frames=6)
    join_parts(parts, ROWS[7:], tmp_path / 'joined', metadata)
    write_ledger(tmp_path / 'whole', ROWS, metadata)
    assert (tmp_path / 'joined').read_bytes() == (tmp_path / 'whole').read_bytes()
    assert crops(tmp_path / 'joined') == [(1, 1), (1, 2), (2, 1), (4, 3), (4, 5)]


def test_only_the_main_person_of_each_shot_keeps_the_crop(parts, tmp_path):
    join_parts(parts, ROWS[7:], tmp_path / 'joined', ledger_metadata({'a': 1}, None), {0: 2, 1: 5})
    assert crops(tmp_path / 'joined') == [(1, 2), (4, 5)]
    assert len(read_ledger(tmp_path / 'joined')) == len(ROWS)
    join_parts(parts, ROWS[7:], tmp_path / 'joined', ledger_metadata({'a': 1}, None), {})
    assert crops(tmp_path / 'joined') == []


def test_a_damaged_part_is_named(parts, tmp_path):
    parts[2].write_bytes(parts[2].read_bytes()[:50])
    with pytest.raises(LedgerError, match='rows-000003'):
        join_parts(parts, ROWS[7:], tmp_path / 'joined', ledger_metadata({'a': 1}, None))
    assert not (tmp_path / 'joined').exists()
