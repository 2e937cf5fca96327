import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.annotation_rows import check_row
from mmfer.annotation_screen import RowScreen, good_columns

CLASSES = 3
NUMBER = st.sampled_from([-1, 0, 1, 2, 3, 5, 2**31 - 1, 2**31, 2**70, True, 2.0, None])
NUMBERS = st.one_of(st.lists(st.integers(-1, 6), max_size=4), st.lists(NUMBER, max_size=3),
                    st.sampled_from([[1, 2], [1, 3], [2, 3], [1, 1], 'ab', None, {}]))
TEXT = st.sampled_from(['', 'a', 'S1/a', 'ü', '..', 'a..b', 'a/../b', '/a', 'C:x', 'a\\b', 'a\0',
                        'a\ud800', '\udc00', 'a\n/b', None, 3, ['a']])
ODD = {
    'clip': TEXT, 'frames': TEXT, 'num_frames': NUMBER, 'start_index': NUMBER,
    'filename_tmpl': st.sampled_from(['{:06d}.jpg', '{:d}', 'x', '../{:d}', '', None, []]),
    'frame_numbers': NUMBERS, 'label': NUMBER, 'frame_labels': NUMBERS, 'subject': TEXT,
    'label_distribution': st.sampled_from([[1, 0, 0], [.5, .5, 0], [1], [2, -1, 0], 'abc', None]),
    'apex': NUMBERS,
    'face_status': st.sampled_from(['found*3', 'found*1 absent*2', 'found*6', 'absent*1 tracked*2',
                                    'found*2 found*1', '', 'found', None, 3]),
    'coverage': st.sampled_from([1, 1.0, 1 / 3, 0.66667, 'high', True, None]),
    'scene': st.one_of(TEXT, NUMBER, st.floats(), st.just({}), st.just('')),
}
PLAIN = st.fixed_dictionaries(
    {'clip': st.just('c'), 'frames': st.just('f'), 'num_frames': st.integers(0, 3)})


@st.composite
def rows(draw):
    """Good rows, in each of which up to two fields are odd, and some are no rows."""
    row = draw(PLAIN)
    for field in draw(st.lists(st.sampled_from(sorted(ODD)), max_size=2)):
        row[field] = draw(ODD[field])
    return row


def faults(block):
    return [check_row(row, CLASSES, set()) for row in block]


@settings(max_examples=300, deadline=None)
@given(st.lists(rows(), max_size=4))
def test_what_is_found_good_breaks_no_rule(block):
    if good_columns(block, CLASSES) is not None:
        assert not any(faults(block))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(rows(), rows(), st.sampled_from([None, 'ab', 3, [], ['clip']])),
                max_size=3))
def test_the_first_fault_is_told(block):
    columns, fault, index = RowScreen(CLASSES).columns(block)
    expected = faults(block)
    assert fault == next(filter(None, expected), '')
    assert index == (expected.index(fault) if fault else -1)
    assert fault or all(len(column) == len(block) for column in columns.values())


@pytest.mark.parametrize('fields', [
    {'label': 2}, {'label': 1, 'label_distribution': [.25, .75, 0]}, {'subject': 'Zoë'},
    {'frame_numbers': [1, 4, 9], 'apex': [4, 9], 'label': 0}, {'start_index': 0},
    {'frame_labels': [-1, 0, 2, 1]}, {'filename_tmpl': 'a_{:06d}.png'},
    {'scene': None, 'age': 7.5, 'take': 2**80, 'dark': True, 'empty': ''},
])
def test_usual_rows_are_found_good_at_once(fields):
    block = [{'clip': 'a', 'frames': 'x/a', 'num_frames': 3, **fields},
             {'clip': 'b', 'frames': 'x/b', 'num_frames': 0},
             {'clip': 'c', 'frames': 'x/c', 'num_frames': 3, **fields}]
    assert good_columns(block, CLASSES) is not None
    assert json.loads(json.dumps(block)) == block  # as a file holds them


def test_only_the_rules_decide_on_doubtful_rows():
    block = [{'clip': 'a', 'frames': 'take:1..2/a', 'num_frames': 3}]
    assert good_columns(block, CLASSES) is None
    assert RowScreen(CLASSES).columns(block)[0]['frames'].to_pylist() == ['take:1..2/a']
