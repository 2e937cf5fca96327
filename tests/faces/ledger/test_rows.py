from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from mmfer.faces.ledger import ledger_metadata
from mmfer.faces.ledger.rows import SCHEMA, metadata_problem, rows_problem, to_table
from mmfer.faces.structures import CORNERS5
from mmfer.jsonfile import json_hash

from .conftest import METADATA, SETTINGS, row


def test_metadata_has_settings_and_their_hash():
    assert METADATA == dict(version=1, settings=SETTINGS, settings_hash=json_hash(SETTINGS),
                            scheme='corners5')
    assert ledger_metadata({}, None, clip='a')['clip'] == 'a'
    assert metadata_problem(METADATA) == ''
    assert metadata_problem(ledger_metadata({}, None)) == ''


@pytest.mark.parametrize(('metadata', 'problem'), [
    (None, 'no metadata of a ledger'), ([], 'no metadata'), ({}, 'no metadata'),
    ({**METADATA, 'version': 2}, 'format version 2'),
    ({**METADATA, 'settings': None}, 'has no settings'),
    ({**METADATA, 'settings': {}}, 'is not that of the settings'),
    ({**METADATA, 'scheme': 'own'}, "unknown scheme 'own'")])
def test_wrong_metadata(metadata, problem):
    assert problem in metadata_problem(metadata)


def test_rows_become_columns(rows):
    table = to_table(rows)
    assert table.schema == SCHEMA and rows_problem(table, CORNERS5) == ''
    assert table['id'].to_pylist() == [1, 2, 0, 2, 3, 3]
    assert table['landmarks'][0].as_py() == (np.arange(10) + 1 / 8).tolist()
    assert table['box'][2].as_py() is None
    assert to_table([]).num_rows == 0 and rows_problem(to_table([]), None) == ''


@pytest.mark.parametrize(('changes', 'problem'), [
    (dict(frame=0), 'frame is below 1'), (dict(id=-1), 'id is negative'),
    (dict(shot=-1), 'shot is negative'), (dict(time_s=float('nan')), 'time_s is not finite'),
    (dict(status='lost'), 'status is unknown'), (dict(status='absent'), 'a person is absent'),
    (dict(box=None), 'box is missing'), (dict(score=None), 'score is missing'),
    (dict(box=np.zeros(3, np.float32)), 'box has not 4 numbers'),
    (dict(landmarks=np.zeros((68, 2), np.float32)), 'landmarks has not 10 numbers'),
    (dict(status=None), 'status is missing'), (dict(crop=None), 'crop is missing')])
def test_impossible_rows_are_named(changes, problem):
    wrong = replace(row('clip 3', 7, 2), **changes)
    found = rows_problem(to_table([row(), wrong, wrong]), CORNERS5)
    assert found.startswith(f"clip 'clip 3', frame {changes.get('frame', 7)}, id ")
    assert found.endswith(problem)


@pytest.mark.parametrize(('changes', 'problem'), [
    (dict(status='found'), 'a frame without anybody is not absent'),
    (dict(crop=True), 'there is a crop of nobody'), (dict(score=1.), 'there is a score of nobody'),
    (dict(box=np.ones(4, np.float32)), 'there is a box of nobody')])
def test_impossible_rows_of_nobody(changes, problem):
    assert rows_problem(to_table([replace(row(person=0), **changes)]), CORNERS5).endswith(problem)


def test_landmarks_without_a_scheme():
    assert rows_problem(to_table([row(landmarks=None)]), None) == ''
    assert 'landmarks has not 0 numbers' in rows_problem(to_table([row()]), None)


def test_values_of_another_type():
    with pytest.raises((pa.ArrowException, TypeError)):
        to_table([row(frame='one')])
