import csv
import io

import numpy as np
import pytest

from mmfer.evaluation import (
    FacelessClip,
    compare,
    pool_predictions,
    summarize,
    with_holm,
)
from mmfer.evaluation.tidy import COLUMNS, format_csv
from mmfer.testing.predictions import make_predictions, make_row


def read(text):
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    return {tuple(row[key] for key in ('method', 'against', 'over', 'part', 'quantity')): row
            for row in rows}


def test_every_number_has_a_row(fold):
    attention = {'frame_weights': np.array([.1, .2, .3, .4], np.float32)}
    row = {'apex': (4, 4), 'attention': attention}
    pool = pool_predictions([fold(split, [0, 1, 1, 0], given, seed, row=row)
                             for split in ('f1', 'f2')
                             for seed, given in enumerate(([0, 1, 0, 0], [0, 1, 1, 0]))])
    summary = summarize(pool, 200)
    rows = read(format_csv([summary]))
    key = ('plain', '', 'clips with a face')
    for part, name in (('f1', 'splits'), ('pooled', 'pooled')):
        found = rows[(*key, part, 'WAR')]
        score = (summary['pooled'] if name == 'pooled' else summary['splits'][0])['scores']['WAR']
        assert float(found['value']) == score['value']
        assert (float(found['low']), float(found['high'])) == score['interval']
        assert found['warnings'].split() == score['warnings']
    assert rows[(*key, 'pooled', 'UAR')]['count'] == '8'
    assert (rows[(*key, 'pooled', 'F1')]['units'], rows[(*key, 'pooled', 'F1')]['unit']) == (
        '4', 'subjects')
    seeds, splits = (rows[(*key, f'mean over {of}', 'WAR')] for of in ('seeds', 'splits'))
    assert (seeds['of'], seeds['count'], splits['of'], splits['count']) == (
        'seeds', '2', 'splits', '2')
    assert float(seeds['std']) == pytest.approx(np.std([.75, 1], ddof=1))
    assert float(splits['std']) == 0
    assert float(rows[(*key, 'pooled', 'recall fear')]['value']) == pytest.approx(.75)
    assert rows[(*key, 'pooled', 'recall happiness')]['value'] == ''  # absent
    hit = rows[(*key, 'attention', 'hit_rate')]
    assert (float(hit['value']), float(hit['chance'])) == (1, .25)


def test_all_clips_comparisons_and_notes(pool_of):
    faceless = [FacelessClip('n', 'fold1', 0)]
    a = pool_of([0, 1, 1], [0, 1, 0], faceless, config_name='a,"b"', selection='literature')
    b = pool_of([0, 1, 1], [0, 0, 0], faceless, config_name='b')
    result = with_holm([compare(b, a)])
    rows = read(format_csv([summarize(pool, 50) for pool in (a, b)], result))
    whole = rows[('a,"b"', '', 'all clips', 'pooled', 'WAR')]
    assert float(whole['value']) == .5 and whole['count'] == '4'
    assert 'SELECTED ON THE TEST SET' in whole['notes']
    test = rows[('b', 'a,"b"', 'clips with a face', 'difference', 'WAR')]
    assert float(test['value']) == pytest.approx(-1 / 3)
    assert (test['p'], test['p_holm'], test['test']) == ('1.0', '1.0', 'McNemar, exact')


def test_frames_say_so(framed):
    rows = read(format_csv([summarize(pool_predictions([framed()]), 50)]))
    assert rows[('plain', '', 'frames', 'pooled', 'S')]['count'] == '12'


def test_a_single_unit_has_an_empty_interval():
    pool = pool_predictions([make_predictions([make_row('a', 0, 0)])])
    row = read(format_csv([summarize(pool, 50)]))[
        ('plain', '', 'clips with a face', 'pooled', 'WAR')]
    assert (row['low'], row['high'], row['warnings']) == ('', '', 'no_interval')
