import pytest

from mmfer.annotation_table import RowTable
from mmfer.datasets.face_rows import first_of, mean_coverage

ROW = {'clip': 'a', 'num_frames': 3, 'frame_numbers': [2, 3, 6], 'frame_labels': [0, 1, 2, 0, 1, 2],
       'face_status': 'absent*1 found*1 interpolated*1 absent*2 found*1'}


def test_what_is_said_of_the_video_is_cut_to_the_last_frame():
    assert first_of(ROW, None) is ROW and first_of(ROW, 3) is ROW
    assert first_of(ROW, 2) == {
        'clip': 'a', 'num_frames': 2, 'frame_numbers': [2, 3], 'frame_labels': [0, 1, 2],
        'face_status': 'absent*1 found*1 interpolated*1'}
    assert first_of({'num_frames': 5, 'frame_labels': [0] * 5}, 2) == {
        'num_frames': 2, 'frame_labels': [0, 0]}


def test_mean_coverage_is_of_the_clips_that_say_it():
    rows = [ROW, {'clip': 'b', 'num_frames': 0, 'face_status': 'absent*4'},
            {'clip': 'c', 'num_frames': 2}]
    assert mean_coverage(RowTable.of(rows)) == {'mean': pytest.approx((2 / 6 + 0) / 2), 'clips': 2}
    assert mean_coverage(RowTable.of(rows[2:])) is None
