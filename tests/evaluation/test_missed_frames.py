import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation import read_predictions
from mmfer.evaluation.missed_frames import (
    MissedFrames,
    coverage_problem,
    missed_frames,
    part_missed,
)
from mmfer.evaluation.predictions import Predictions, write_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track

MISSED = (MissedFrames('a', 'fold1', (1, 0, 2), 's1'), MissedFrames('b', 'fold1', (0, 3, 0)))


def with_missed(missed, track=True):
    made = make_predictions([make_track('a', [0, 1], [0, 1]) if track else make_row('a', 0, 0)])
    return Predictions(made.metadata, made.rows, tracks=made.tracks, missed=tuple(missed))


def test_answers_and_frames_without_one_are_told_apart():
    track = make_track('a', [2, 0, 1, 2], [0, 0, 1, 2], subject='s1')
    track.scores[[0, 1, 3]] = np.nan
    answered, missed = part_missed(track)
    assert (answered.frame_numbers.tolist(), answered.labels.tolist()) == ([3], [1])
    assert missed == MISSED[0] and missed.labels.tolist() == [0, 2, 2]
    whole = make_track('a', [2, 0], [0, 0])
    assert part_missed(whole) == (whole, None)
    whole.scores[:] = np.nan
    assert part_missed(whole)[0] is None


def test_files_hold_them(tmp_path):
    path = tmp_path / 'p.parquet'
    write_predictions(path, with_missed(MISSED[::-1]))
    found = read_predictions(path)
    assert found.missed == MISSED and 'missed_frames' not in found.metadata
    write_predictions(path, with_missed(()))
    assert read_predictions(path).missed == ()


@pytest.mark.parametrize(('missed', 'track', 'words'), [
    ([MISSED[0]], False, 'the answers are for clips'),
    ([MISSED[0], MISSED[0]], True, 'twice in one split'),
    ([MissedFrames('', 'fold1', (1, 0, 0))], True, 'no id'),
    ([MissedFrames('a', 'fold1', (1, 0))], True, r'counts .1, 0. of 3 classes'),
    ([MissedFrames('a', 'fold1', (0, 0, 0))], True, r'counts .0, 0, 0. of 3 classes')])
def test_impossible_ones_are_refused(tmp_path, missed, track, words):
    with pytest.raises(PredictionError, match=words):
        write_predictions(tmp_path / 'p.parquet', with_missed(missed, track))


@pytest.mark.parametrize('records', [
    3, [3], [{}], [{'clip': 'a', 'split': 'x', 'counts': [1, -1], 'subject': None}],
    [{'clip': 'a', 'split': 'x', 'counts': [True], 'subject': None}],
    [{'clip': 1, 'split': 'x', 'counts': [1], 'subject': None}]])
def test_other_records_are_refused(records):
    with pytest.raises(PredictionError, match='x.parquet: metadata "missed_frames"'):
        missed_frames('x.parquet', records)


def test_coverage_is_a_mean_of_clips():
    assert coverage_problem(None) == coverage_problem({'mean': .5, 'clips': 3}) == ''
    for wrong in (3, {}, {'mean': .5}, {'mean': 1.5, 'clips': 3}, {'mean': .5, 'clips': 0},
                  {'mean': 'high', 'clips': 3}, {'mean': .5, 'clips': True}):
        assert 'is not {"mean"' in coverage_problem(wrong)
