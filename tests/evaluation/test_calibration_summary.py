import dataclasses

import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.calibration import expected_calibration_error
from mmfer.evaluation.calibration_summary import (
    calibration_summary,
    format_calibration,
    pool_scores,
)
from mmfer.evaluation.folds import pool_predictions
from mmfer.evaluation.statistics import group_units, mean_interval
from mmfer.testing.predictions import make_predictions, make_row, make_track

LABELS, GIVEN = [0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 0]


def rows(given=GIVEN, sure=.8):
    """Six clips of three subjects, each answered with one probability; two are wrong."""
    result = []
    for i, (label, answer) in enumerate(zip(LABELS, given)):
        row = make_row(f'c{i}', label, answer, subject=f's{i // 2}')
        row.scores[:] = (1 - sure) / 2
        row.scores[answer] = sure
        result.append(row)
    return result


def test_worked_by_hand():
    summary = calibration_summary(pool_predictions([make_predictions(rows())]), resamples=200)
    value = {name: score['value'] for name, score in summary['scores'].items()}
    assert value['ECE'] == pytest.approx(.8 - 4 / 6)
    assert value['overconfidence'] == pytest.approx(.8 - 4 / 6)
    assert value['Brier'] == pytest.approx((4 * (.04 + .02) + 2 * (.64 + .81 + .01)) / 6)
    assert value['NLL'] == pytest.approx(-(4 * np.log(.8) + 2 * np.log(.1)) / 6)
    full = [entry for entry in summary['reliability'] if entry['count']]
    assert len(summary['reliability']) == 15 and len(full) == 1
    # .8 in float32 lies above the edge 12/15
    assert full[0] == {'low': pytest.approx(12 / 15), 'high': pytest.approx(13 / 15), 'count': 6,
                       'confidence': pytest.approx(.8), 'accuracy': pytest.approx(4 / 6)}
    assert (summary['clips'], summary['units'], summary['unit']) == (6, 3, 'subjects')
    correct = np.array(LABELS) == GIVEN
    units = group_units([f's{i // 2}' for i in range(6)], [f'c{i}' for i in range(6)])
    assert summary['scores']['overconfidence']['interval'] == pytest.approx(
        mean_interval(.8 - correct, units, 200))


def test_seeds_are_averaged_and_bins_summed():
    runs = [make_predictions(rows(sure=sure), seed=seed) for seed, sure in ((0, .8), (1, .5))]
    summary = calibration_summary(pool_predictions(runs), resamples=50)
    assert summary['scores']['ECE']['value'] == pytest.approx(
        (abs(.8 - 4 / 6) + abs(.5 - 4 / 6)) / 2)
    assert sum(entry['count'] for entry in summary['reliability']) == 12
    assert summary['predictions'] == 6
    assert 'summed over 2 seeds' in format_calibration(summary)


def test_answers_for_frames():
    tracks = [make_track('a', [0, 1, 2], [0, 1, 1], subject='s'),
              make_track('b', [0, 0], [0, 1], subject='t')]
    pool = pool_predictions([make_predictions(tracks)])
    summary = calibration_summary(pool, 3, 'mass', resamples=50)
    assert summary['frames'] == 5 and summary['units'] == 2 and summary['if_calibrated'] is None
    assert summary['scores']['ECE']['value'] == pytest.approx(expected_calibration_error(
        pool.labels, pool_scores(pool)[0], 3, 'mass'))
    text = format_calibration(summary)
    assert '5 frames of 2 clips, 2 subjects' in text and 'Calibrated answers' not in text


def test_logits_are_refused_with_their_clip():
    good = rows()
    bad = [*good[:3], dataclasses.replace(good[3], scores=np.float32([4., -1, 0])), *good[4:]]
    pool = pool_predictions([make_predictions(bad, config_name='fan')])
    with pytest.raises(PredictionError, match="fan, clip 'c3' of split 'fold1'.*softmax"):
        calibration_summary(pool)


def test_text_says_of_what():
    summary = calibration_summary(pool_predictions([make_predictions(rows())]), resamples=50)
    text = format_calibration(summary)
    assert 'expected calibration error' in text and '6 clips, 3 subjects' in text
    assert '0.800 to 0.867' in text and '0.133 to 0.200' not in text
    assert f'an error of {summary["if_calibrated"]:.3f} on as many predictions' in text
    assert '| confidence' in format_calibration(summary, 'markdown')
