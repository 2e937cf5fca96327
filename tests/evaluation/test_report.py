import numpy as np

from mmfer.evaluation.folds import compare, pool_predictions, summarize
from mmfer.evaluation.report import (
    denominator,
    format_comparisons,
    format_score,
    format_summary,
    table,
)
from mmfer.testing.predictions import make_predictions, make_row, make_track


def pool(given=(0, 0, 1, 2), splits=('fold1', 'fold2'), **metadata):
    attention = {'frame_weights': np.array([.1, .2, .3, .4], np.float32)}
    return pool_predictions([make_predictions(
        [make_row(f'{split}-{i}', (0, 1, 1, 2)[i], answer, split=split, subject=f'{split}{i // 2}',
                  apex=(3, 3), attention=attention) for i, answer in enumerate(given)],
        split, **metadata) for split in splits])


def test_numbers_and_denominators():
    assert format_score({'value': .5, 'interval': (.25, .75)}) == '0.500 [0.250, 0.750]'
    assert format_score({'value': .5, 'interval': None}) == '0.500 [no interval]'
    part = {'clips': 4, 'predictions': 4, 'unit': 'subjects', 'units': 2}
    assert denominator(part) == '4 clips, 2 subjects'
    assert denominator({**part, 'predictions': 8, 'unit': 'clips'}) == '8 predictions of 4 clips'


def test_table():
    assert table([['a', 'bb'], ['ccc', 'd']]).split('\n') == ['a    bb', '---  --', 'ccc   d']
    assert table([['a', 'bb'], ['ccc', 'd']], True).split('\n') == [
        '| a   | bb |', '| --- | -: |', '| ccc |  d |']


def test_summary_shows_every_number_apart():
    text = format_summary(summarize(pool(), 200))
    lines = {line.split('  ')[0]: line for line in text.split('\n')}
    assert '0.750 [' in lines['fold1'] and '4 clips, 2 subjects' in lines['fold1']
    assert '0.750 +- 0.000' in lines['mean +- std over splits']
    assert '2 splits' in lines['mean +- std over splits']
    assert '8 clips, 4 subjects' in lines['pooled']
    assert lines['fear'].split()[1:] == ['2', '2', '0', '0.500', '4']
    assert '0.250' in lines['hit rate'] and '0.000 [0.000, 0.000]' in lines['hit rate']
    assert '0.700' in lines['mass in last half'] and '0.500' in lines['mass in last half']
    assert '!!' not in text and 'over seeds' not in text


def test_notes_are_in_every_form():
    summary = summarize(pool(selection='literature', subject_disjoint=False), 200)
    for text in (format_summary(summary), format_summary(summary, markdown=True)):
        assert 'SELECTED ON THE TEST SET' in text
        assert 'subjects shared between training and test' in text


def test_warns_of_an_interval_without_width():
    assert 'does not mean' in format_summary(summarize(pool((0, 1, 1, 2)), 200))
    mixed = summarize(pool((0, 0, 1, 2), splits=('fold1', )), 2000)
    assert 'does not mean' not in format_summary(mixed)


def test_absent_class():
    text = format_summary(summarize(pool_predictions([make_predictions(
        [make_row('a', 0, 1), make_row('b', 1, 1)])]), 200))
    assert 'absent' in text


def test_comparisons():
    one = compare(pool(), pool((1, 1, 0, 0), config_name='rival'))
    text = format_comparisons([one])
    assert 'plain against rival' in text and 'Holm' not in text and 'McNemar' not in text
    assert '4 subjects, 4 differ (exact)' in text
    for name in ('WAR', 'UAR'):
        one[name]['p_holm'] = 1.
    assert 'p (Holm)' in format_comparisons([one, one], markdown=True)


def test_answers_per_frame_name_frames_and_clips():
    tracks = [make_track('a', [0, 0, 1], [0, 0, 1], subject='S1'),
              make_track('b', [1, 2], [1, 0], subject='S2')]
    text = format_summary(summarize(pool_predictions([make_predictions(tracks)]), 200))
    lines = {line.split('  ')[0]: line for line in text.split('\n')}
    assert 'Scores over frames [95% interval, bootstrap over subjects]' in text
    assert lines['pooled'].endswith('5 frames of 2 clips, 2 subjects')
    assert ['WAR', 'UAR', 'F1', 'S', 'of'] in [line.split() for line in text.split('\n')]
    assert lines['true \\ predicted'].split()[-2:] == ['recall', 'frames']
    assert lines['anger'].split()[1:] == ['2', '0', '0', '1.000', '2']
    twice = [make_predictions([make_track('a', [0, 1], [0, 1], split=split)], split)
             for split in ('split1', 'split2')]
    text = format_summary(summarize(pool_predictions(twice), 200))
    assert '4 predictions of 2 frames of 1 clips' in text
