from __future__ import annotations

import numpy as np
import pytest

from mmfer.annotation_table import RowTable
from mmfer.datasets.sample_table import SampleTable


@pytest.fixture
def table() -> SampleTable:
    rows = [dict(clip=name, frames=name, num_frames=count, frame_labels=[0] * count)
            for name, count in (('a', 3), ('b', 1), ('c', 2))]
    return SampleTable.of(RowTable.of(rows), np.array([3, 1, 2]))


def told(table: SampleTable) -> list[tuple[str, int, int]]:
    return [(entry.row['clip'], entry.repeat_index, entry.repeat_count) for entry in table]


def test_clip_by_clip(table: SampleTable) -> None:
    expected = [('a', 0, 3), ('a', 1, 3), ('a', 2, 3), ('b', 0, 1), ('c', 0, 2), ('c', 1, 2)]
    assert len(table) == 6 and told(table) == expected
    assert table[-1].row['clip'] == 'c'
    assert table[0].row['frame_labels'].dtype == np.int64
    with pytest.raises(IndexError):
        table[6]


def test_parts_keep_what_they_are_parts_of(table: SampleTable) -> None:
    assert told(table[2:4]) == [('a', 2, 3), ('b', 0, 1)]
    assert told(table.take(np.array([5, -6]))) == [('c', 1, 2), ('a', 0, 3)]
    assert table[2:4].rows is table.rows
