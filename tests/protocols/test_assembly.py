import pytest

from mmfer.errors import ProtocolError
from mmfer.protocols import step_kfold
from mmfer.protocols.assembly import check_enough, column_value, make_kfold
from mmfer.testing.annotations import make_annotations

ROWS = [{'clip': f'c{i}', 'label': 0, 'subject': f's{i // 2}', 'take': i} for i in range(8)]
ANNOTATIONS = make_annotations(ROWS)


def test_a_column_is_read_as_text():
    assert column_value(ANNOTATIONS, ROWS[3], 'take') == '3'
    for row in ({'clip': 'a'}, {'clip': 'a', 'take': ''}, {'clip': 'a', 'take': None}):
        with pytest.raises(ProtocolError, match="annotations.json: clip 'a' has no 'take'"):
            column_value(ANNOTATIONS, row, 'take')


def test_enough():
    check_enough(ANNOTATIONS, 2, 2, 'subjects')
    for have, folds in ((2, 3), (2, 1)):
        with pytest.raises(ProtocolError, match=f'{have} subjects do not make {folds} folds'):
            check_enough(ANNOTATIONS, have, folds, 'subjects')


def test_a_claim_that_does_not_hold_is_refused():
    rows = ANNOTATIONS.rows
    parts = [rows[:3], rows[3:]]  # s1 has a clip in both
    with pytest.raises(ProtocolError, match="subject 's1' is in "):
        make_kfold(ANNOTATIONS, 'p', True, 0, 0.2, parts, 'subject')
    assert not make_kfold(ANNOTATIONS, 'p', False, 0, 0.2, parts, 'subject').subject_disjoint
    assert step_kfold(ANNOTATIONS, 2).subject_disjoint
