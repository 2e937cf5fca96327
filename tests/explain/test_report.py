import csv

import numpy as np
import pytest

from mmfer.evaluation.localization import Localization
from mmfer.explain.faithfulness import Faithfulness
from mmfer.explain.report import (
    ClipFaithfulness,
    format_faithfulness,
    summarize_faithfulness,
    write_clips,
)


def curves(*values):
    return Faithfulness(*(np.array(value, float) for value in values))


A = curves([1, 0], [0, 1], [1, 1], [0, 0], [1, .5])
B = curves([.8, .4, .2], [.2, .6, .8], [.8, .6, .2], [.2, .4, .8], [.8, .5, .2])


def clip(name, subject, frames=None, regions=None, where=None):
    return ClipFaithfulness(name, subject, 0, 1, .6, 3, frames, regions, where)


CLIPS = [clip('a', 's1', A, where=Localization(1, .5, .25)), clip('b', 's2', B),
         clip('c', 's2', B, A, Localization(0, .5, .25)), clip('d', 's3')]


def test_means_over_the_clips_that_have_them():
    summary = summarize_faithfulness(CLIPS, 200)
    frames, regions = summary['frames'], summary['regions']
    assert (frames['clips'], frames['units'], frames['unit']) == (3, 2, 'subjects')
    areas = {name: score['value'] for name, score in frames['areas'].items()}
    assert areas == pytest.approx({
        'deletion': (.5 + 2 * .45) / 3, 'insertion': (.5 + 2 * .55) / 3,
        'uniform_deletion': (1 + 2 * .55) / 3, 'uniform_insertion': (0 + 2 * .45) / 3,
        'random': (.75 + 2 * .5) / 3})
    gains = {name: score['value'] for name, score in frames['gains'].items()}
    assert gains == pytest.approx({
        'deletion over random': areas['random'] - areas['deletion'],
        'insertion over random': areas['insertion'] - areas['random'],
        'deletion over evenly spread': areas['uniform_deletion'] - areas['deletion'],
        'insertion over evenly spread': areas['insertion'] - areas['uniform_insertion']})
    low, high = frames['gains']['deletion over random']['interval']
    assert low == pytest.approx(.05) and high == pytest.approx(.25)  # one subject, or the other
    assert regions['clips'] == 1 and regions['areas']['deletion']['interval'] is None
    assert summary['localization']['clips'] == 2
    assert summary['localization']['hit']['value'] == .5


def test_mean_curves_of_different_lengths():
    curve = summarize_faithfulness(CLIPS[:2], 10)['frames']['curves']['deletion']
    shares = np.linspace(0, 1, 21)
    expected = (1 - shares) / 2 + np.interp(shares, [0, .5, 1], [.8, .4, .2]) / 2
    np.testing.assert_allclose(curve, expected)


def test_text():
    text = format_faithfulness(summarize_faithfulness(CLIPS, 200), markdown=True)
    assert '3 clips, 2 subjects' in text and '+0.117 [+0.050, +0.250]' in text
    assert 'Faithfulness over regions' in text and 'no interval' in text
    assert '| hit rate' in text and '2 clips with a known apex' in text
    plain = format_faithfulness(summarize_faithfulness(CLIPS[3:], 10))
    assert 'over frames' not in plain and 'apex' not in plain


def test_a_row_for_each_clip(tmp_path):
    write_clips(tmp_path / 'clips.csv', CLIPS, ['anger', 'fear'])
    with open(tmp_path / 'clips.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [row['clip'] for row in rows] == ['a', 'b', 'c', 'd']
    assert (rows[0]['label'], rows[0]['target']) == ('anger', 'fear')
    assert float(rows[1]['frames_deletion']) == pytest.approx(.45)
    assert float(rows[2]['regions_uniform_deletion']) == 1 and rows[1]['regions_deletion'] == ''
    assert rows[0]['apex_hit'] == '1' and rows[3]['apex_hit'] == rows[3]['frames_random'] == ''
