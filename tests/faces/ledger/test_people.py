import pytest

from mmfer.faces.ledger import clip_statuses, coverage, face_status, main_people
from mmfer.faces.ledger.rows import to_table

from .conftest import row


def test_main_person_has_the_largest_total_area():
    rows = [row(frame=1, person=1, side=30.), row(frame=1, person=2, side=20.),
            row(frame=2, person=2, side=20.), row(frame=3, person=2, side=20.)]
    assert main_people(to_table(rows)) == {0: 2}  # 1200 against 900 square pixels
    assert main_people(to_table(rows[:3])) == {0: 1}
    tie = [row(frame=1, person=3), row(frame=2, person=2)]
    assert main_people(to_table(tie)) == {0: 2}


def test_each_shot_has_its_own():
    rows = [row(frame=1, person=1), row(frame=2, person=2, shot=1, side=9.),
            row(frame=2, person=3, shot=1, side=8.), row(frame=3, person=0),
            row(frame=4, person=5, shot=3)]
    assert main_people(to_table(rows)) == {0: 1, 1: 2, 3: 5}
    assert clip_statuses(to_table(rows)) == ['found', 'found', 'absent', 'found']


@pytest.mark.parametrize('status', ['too small', 'blurred', 'interpolated'])
def test_only_seen_faces_count_unless_there_are_none(status):
    rows = [row(frame=1, person=1, status=status, side=90.), row(frame=1, person=2, side=9.)]
    assert main_people(to_table(rows)) == {0: 2}
    assert main_people(to_table(rows[:1])) == {0: 1}
    assert face_status(to_table(rows[:1])) == f'{status.replace(" ", "_")}*1'


def test_runs_and_coverage():
    statuses = ['found'] * 4 + ['tracked'] * 2 + ['interpolated'] + ['too small'] * 2
    rows = [row(frame=frame, person=1, status=status, side=90.)
            for frame, status in enumerate(statuses, 1)]
    rows += [row(frame=10, person=2), row(frame=11, person=0), row(frame=14, person=1)]
    table = to_table(rows)
    # another person alone, nobody, and two frames that are not there
    assert face_status(table) == ('found*4 tracked*2 interpolated*1 too_small*2 absent*4 found*1')
    assert coverage(table) == 7 / 14
    assert face_status(to_table([])) == '' and coverage(to_table([])) == 0
    assert face_status(to_table([row(person=0)])) == 'absent*1'
    assert coverage(to_table([row(person=0)])) == 0
