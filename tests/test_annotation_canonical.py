import json
from unittest import mock

import pytest

from mmfer import annotation_canonical
from mmfer.annotation_canonical import canonical_rows
from mmfer.annotation_table import RowTable

ROWS = [
    {'clip': 'a', 'frames': 'x/a', 'num_frames': 2, 'age': 7, 'frame_numbers': [2, 40]},
    {'clip': 'ü"\\', 'frames': 'x\tb', 'num_frames': 0, 'apex': [], 'zone': None, 'age': -0.0},
    {'clip': 'c', 'frames': '\x7f', 'num_frames': 2**31 - 1, 'frame_labels': [-1, 0, 3]},
    {'clip': 'd', 'frames': '😀', 'num_frames': 1, 'label': 0, 'é "x"': 'é "x"'},
    {'clip': 'e', 'frames': 'e', 'num_frames': 1, 'label_distribution': [1, 0.25, 0.0]},
]


@pytest.mark.parametrize('block', [1, 2, 100])
@pytest.mark.parametrize('rows', [ROWS, ROWS[::-1], ROWS[:1], ROWS[3:4], []])
def test_it_is_the_canonical_json_of_the_standard_library(rows, block):
    with mock.patch.object(annotation_canonical, '_BLOCK', block):
        text = b''.join(canonical_rows(RowTable.of(rows))).decode()
    assert f'[{text}]' == json.dumps(rows, sort_keys=True, separators=(',', ':'))


def test_parts_of_a_table():
    table = RowTable.of(ROWS)[1:4]
    assert json.loads(b'[' + b''.join(canonical_rows(table)) + b']') == ROWS[1:4]
