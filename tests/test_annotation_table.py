import pickle
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer import annotation_canonical, annotation_table
from mmfer.annotation_table import RowTable, to_columns
from mmfer.annotations import annotation_hash, is_labelled
from mmfer.jsonfile import json_hash

NUMBER = st.integers(0, 2**31 - 1)
TEXT = st.text(st.characters(exclude_categories=['Cs'], exclude_characters='\0'), min_size=1)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3),
                   st.floats(allow_nan=False, allow_infinity=False))
ROW = st.fixed_dictionaries(
    {'clip': TEXT, 'frames': TEXT, 'num_frames': NUMBER},
    optional={
        'subject': TEXT, 'filename_tmpl': TEXT, 'start_index': NUMBER, 'label': NUMBER,
        'apex': st.lists(NUMBER, min_size=2, max_size=2), 'frame_numbers': st.lists(NUMBER),
        'frame_labels': st.lists(st.integers(-1, 3)), 'scene': SCALAR, 'ä "x"': SCALAR,
        'label_distribution': st.lists(st.sampled_from([0, 1, 0.25, 1.0]), max_size=3)})


def table_of(rows, size=2):
    blocks = [rows[start:start + size] for start in range(0, len(rows), size)]
    return RowTable.build((len(block), to_columns(block)) for block in blocks)


def typed(value):
    """Tells 1, 1.0 and True, 0.0 and -0.0 apart."""
    return repr(sorted(value.items()))


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=7, unique_by=lambda row: row['clip']))
def test_rows_and_hash_survive(rows):
    rows = sorted(rows, key=lambda row: row['clip'])
    table = table_of(rows)
    assert len(table) == len(rows) and table == rows
    assert list(map(typed, table)) == list(map(typed, rows))
    assert [typed(table[index]) for index in range(len(rows))] == list(map(typed, rows))
    for table_ in (table, pickle.loads(pickle.dumps(table))):
        single = [table_.arrays(index) for index in range(-len(rows), 0)]
        assert [typed({field: value.tolist() if isinstance(value, np.ndarray) else value
                       for field, value in row.items()}) for row in single] == list(
                           map(typed, rows))
    metainfo = {'corpus': 'ü', 'classes': ['a']}
    expected = json_hash({'metainfo': metainfo, 'data_list': rows})
    with (mock.patch.object(annotation_table, '_BLOCK', 2),
          mock.patch.object(annotation_canonical, '_BLOCK', 2)):
        assert annotation_hash(metainfo, table) == expected
        assert table == RowTable.of(iter(rows)) == rows
    assert RowTable.of(table) is table
    assert annotation_hash(metainfo, table) == annotation_hash(metainfo, rows[::-1]) == expected
    assert table.labelled().tolist() == list(map(is_labelled, rows))


@pytest.fixture
def rows():
    return [{'clip': 'a', 'frames': 'a', 'num_frames': 2, 'frame_numbers': [1, 4], 'label': 3},
            {'clip': 'b', 'frames': 'b', 'num_frames': 1, 'frame_labels': [-1, 2, 0], 'x': None},
            {'clip': 'c', 'frames': 'c', 'num_frames': 0, 'frame_labels': [], 'x': 1},
            {'clip': 'd', 'frames': 'd', 'num_frames': 7, 'frame_labels': [-1], 'x': 'y'}]


def test_parts_of_a_table(rows):
    table = table_of(rows)
    assert table[1:3] == rows[1:3] and table[::-2] == rows[::-2]
    part = table.take(np.array([False, True, False, True]))
    assert part == [rows[1], rows[3]] and part != [rows[1], rows[2]] and part != rows
    assert table.take(np.array([3, 0, 3])) == [rows[3], rows[0], rows[3]]
    assert pickle.loads(pickle.dumps(part)) == part
    for index in (4, -5):
        with pytest.raises(IndexError):
            table[index]


def test_columns(rows):
    table = table_of(rows)
    assert table.numbers('label').tolist() == [3, -1, -1, -1]
    assert table.present('x').tolist() == [False, True, True, True]  # null is a value
    assert not table.present('apex').any()
    labels, bounds = table.take(np.array([0, 2, 1])).lists('frame_labels')
    assert labels.tolist() == [-1, 2, 0] and bounds.tolist() == [0, 0, 0, 3]
    assert table.lists('apex')[1].tolist() == [0] * 5
    assert table.column('clip').to_pylist() == ['a', 'b', 'c', 'd']


def test_clips_are_found(rows):
    table = table_of(rows)
    assert table.find(['d', 'x', 'a', 'a']).tolist() == [3, -1, 0, 0]
    assert table.find([]).tolist() == table_of([]).find([]).tolist() == []
    with pytest.raises(UnicodeEncodeError):
        table.find(['\ud800'])


def test_long_lists_come_as_arrays(rows):
    table = table_of(rows)
    first = table.arrays(0)
    assert first['frame_numbers'].dtype == np.int64 and first['frame_numbers'].tolist() == [1, 4]
    assert {**first, 'frame_numbers': [1, 4]} == rows[0]
    assert table.arrays(-1)['x'] == 'y' and table.arrays(1)['x'] is None
