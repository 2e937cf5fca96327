import numpy as np
import pytest

from mmfer.evaluation import FacelessClip, compare, pool_predictions, summarize, with_holm
from mmfer.evaluation.report import (
    denominator,
    format_comparisons,
    format_score,
    format_summary,
    warning_lines,
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
    assert 'over seeds' not in text


def test_notes_are_in_every_form():
    summary = summarize(pool(selection='literature', subject_disjoint=False), 200)
    for text in (format_summary(summary), format_summary(summary, 'markdown'),
                 format_summary(summary, 'latex')):
        assert 'SELECTED ON THE TEST SET' in text
        assert 'subjects shared between training and test' in text


def test_unreliable_intervals_are_named_with_their_reason():
    summary = summarize(pool((0, 1, 1, 2)), 200)
    lines = warning_lines(summary)
    assert [line.split(':')[0] for line in lines] == [
        'interval over fewer than 30 units', 'score above 0.95 or below 0.05',
        'interval without width, for every resample repeats the score']
    assert 'pooled (4 subjects); fold1 (2 subjects); fold2 (2 subjects)' in lines[0]
    assert 'pooled (WAR, UAR, F1)' in lines[1] and 'does not mean' in lines[2]
    for form in ('text', 'markdown', 'latex'):
        assert 'fewer than 30 units' in format_summary(summary, form)
    single = warning_lines(summarize(pool((0, 0, 1, 2), splits=('fold1', )), 2000))
    assert single == ['interval over fewer than 30 units: expect it to be too narrow: '
                      'pooled (2 subjects)']


def test_many_units_and_a_middling_score_have_no_warning(pool_of):
    labels = np.arange(90) % 3
    summary = summarize(pool_of(labels, np.where(np.arange(90) % 4, labels, 0)), 500)
    assert warning_lines(summary) == [] and '!!' not in format_summary(summary)


def test_spread_over_splits_and_over_seeds_are_told_apart():
    files = [make_predictions(
        [make_row(f'{split}-{i}', 0, int(i < wrong), split=split) for i in range(4)],
        split, seed=seed)
        for split, pair in (('f1', (0, 2)), ('f2', (1, 1))) for seed, wrong in enumerate(pair)]
    lines = format_summary(summarize(pool_predictions(files), 200)).split('\n')
    found = {line.split('  ')[0]: line for line in lines}
    # splits: 0.75 and 0.75; seeds: 7 of 8 and 5 of 8
    over_splits, over_seeds = found['mean +- std over splits'], found['mean +- std over seeds']
    assert '0.750 +- 0.000' in over_splits
    assert over_splits.endswith('2 splits, each the mean of 2 seeds')
    assert '0.750 +- 0.177' in over_seeds
    assert over_seeds.endswith('2 seeds, each pooled over 2 splits')
    assert found['pooled, mean over seeds'].endswith('8 clips')


def test_what_one_clip_is_worth(pool_of):
    text = format_summary(summarize(pool_of([0] * 300 + [1] * 81, [0] * 381), 50))
    assert ('One clip is worth 0.262 points of WAR (100 / 381); of UAR from 0.167 (anger) to 0.617 '
            '(fear).') in text
    twice = [make_predictions([make_row('a', 0, 0, split=split)], split) for split in ('s1', 's2')]
    text = format_summary(summarize(pool_predictions(twice), 50))
    assert 'One prediction is worth 50 points of WAR (100 / 2); of UAR 50.' in text


def test_clips_without_a_face(pool_of):
    faceless = [FacelessClip(f'n{i}', 'fold1', i % 3) for i in range(12)]
    labels = np.arange(371) % 3
    text = format_summary(summarize(
        pool_of(labels, np.where(np.arange(371) % 2, labels, 0), faceless), 50))
    assert 'Scores over 371 clips with a face [' in text
    assert 'Scores over all 383 clips (12 without a face count as missed) [' in text
    with_face, all_clips = (line.split() for line in text.split('\n')
                            if line.startswith('pooled  '))
    assert with_face[-2:] == ['371', 'clips'] and all_clips[-2:] == ['383', 'clips']
    assert float(with_face[1]) == pytest.approx(float(all_clips[1]) * 383 / 371, abs=.002)
    framed = make_predictions([make_track('a', [0, 1], [0, 1])], faceless=faceless)
    text = format_summary(summarize(pool_predictions([framed]), 50))
    assert '12 further clips have no face, and so no frames that could count.' in text


def test_absent_class():
    text = format_summary(summarize(pool_predictions([make_predictions(
        [make_row('a', 0, 1), make_row('b', 1, 1)])]), 200))
    assert 'absent' in text


def test_comparisons():
    one = compare(pool(), pool((1, 1, 0, 0), config_name='rival'))
    text = format_comparisons([one])
    assert 'plain against rival' in text and 'Holm' not in text and 'McNemar' not in text
    assert 'permutation of subjects, exact' in text and '4 subjects, 4 differ' in text
    # in each fold 3 of 4 right against 1 of 4; one of the two subjects is even
    assert ('plain against rival: the difference in WAR is 4 clips of 8 (50.00 points), '
            'not significant at 0.05 (p = 0.5000, permutation of subjects, exact; 6 right in plain '
            'only, 2 in rival only).') in text
    assert 'p (Holm)' in format_comparisons(with_holm([one, one]), 'markdown')


def test_the_one_test_of_independent_clips(pool_of):
    a = pool_of([0] * 20, [0] * 20, config_name='A')
    text = format_comparisons([compare(a, pool_of([0] * 20, [0] * 10 + [1] * 10))])
    war, uar = (line for line in text.split('\n') if line.startswith('A against plain  '))
    assert 'McNemar, exact' in war and 'permutation' not in war
    assert 'permutation of clips, exact' in uar
    assert 'is 10 clips of 20 (50.00 points), significant at 0.05 (p = 0.0020, McNemar' in text


def test_verdicts_of_seeds_and_of_missed_clips(pool_of, fold):
    a = pool_predictions([fold('f', [0, 1], [0, 1], 0), fold('f', [0, 1], [0, 0], 1)])
    text = format_comparisons([compare(a, pool_predictions([fold('f', [0, 1], [1, 1], 7)]))])
    assert 'is 0.50 clips of 2 (25.00 points)' in text and 'only' not in text
    b = pool_of([0, 1], [0, None], [FacelessClip('0001', 'fold1', 1)], config_name='B')
    text = format_comparisons([compare(pool_of([0, 1], [0, 1]), b)])
    assert 'is 1 clip of 2 (50.00 points)' in text
    assert 'Over all clips, those without a face counted as missed: 0 of plain, 1 of B.' in text


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
