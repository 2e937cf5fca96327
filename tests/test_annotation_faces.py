import pytest

from mmfer.annotation_faces import face_problem
from mmfer.annotation_rows import check_row


@pytest.mark.parametrize(('text', 'num_frames', 'numbers', 'coverage', 'message'), [
    ('found*3', 3, None, [], ''),
    ('found*3', 2, None, [], ''),  # one crop is missing at the end
    ('found*1 absent*1 tracked*1', 2, [1, 3], [2 / 3], ''),
    ('found*1 absent*1 interpolated*1', 2, [1, 3], [0.3333], ''),
    ('absent*4', 0, None, [0], ''), ('absent*4', 0, [], [0.0], ''),
    ('found*3 absent*2', 3, None, [0.6], ''),
    (3, 1, None, [], "'face_status': 3 is not a text"),
    ('found', 1, None, [], "'face_status': 'found' is not runs"),
    ('found*2', 3, None, [], "'face_status': it is of 2 frames, .* is number 3"),
    ('found*4', 1, [7], [], 'it is of 4 frames, .* is number 7'),
    ('found*1 absent*2', 2, None, [], 'frame 2 is absent, but'),
    ('found*1 too_small*2 found*1', 2, [1, 3], [], 'frame 3 is too small, but'),
    ('found*1 blurred*1', 1, [2], [], 'frame 2 is blurred, but'),
    ('found*1 absent*1', 1, None, [0.6], r"'coverage': 0.6 is not 0.5"),
    ('found*1', 1, None, ['1'], r"'coverage': '1' is not 1"),
    ('found*1', 1, None, [True], r"'coverage': True is not 1"),
    ('found*1', 1, None, [None], r"'coverage': None is not 1"),
    ('found*1', 1, None, [float('nan')], r"'coverage': nan is not 1"),
])
def test_what_a_row_says_of_faces(text, num_frames, numbers, coverage, message):
    problem, total = face_problem(text, num_frames, numbers, *coverage)
    if message:
        assert total == 0 and problem.startswith('field ')
        pytest.raises(AssertionError, _fail, problem).match(message)
    else:
        assert problem == ''
        assert total == sum(int(run.split('*')[1]) for run in text.split(' '))


def _fail(problem):
    raise AssertionError(problem)


def test_other_fields_reach_the_last_frame_of_the_video():
    row = {'clip': 'a', 'frames': 'a', 'num_frames': 2, 'face_status': 'found*2 absent*3'}
    assert check_row({**row, 'label': 0, 'apex': [2, 5]}, 1, set()) == ''
    assert "field 'apex'" in check_row({**row, 'label': 0, 'apex': [2, 6]}, 1, set())
    assert 'do not reach frame 5' in check_row({**row, 'frame_labels': [0] * 4}, 1, set())
    assert check_row({**row, 'frame_labels': [0] * 5}, 1, set()) == ''


def test_coverage_alone_is_a_column_like_any_other():
    row = {'clip': 'a', 'frames': 'a', 'num_frames': 2, 'coverage': 'high'}
    assert check_row(row, 1, set()) == ''
    assert "field 'coverage'" in check_row({**row, 'face_status': 'found*2'}, 1, set())
