"""Scores across corpora, on answers with known counts."""
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.corpora import (
    clip_ids,
    cross_table,
    format_cross_table,
    of_corpus,
    only_clips,
)
from mmfer.evaluation.faceless import FacelessClip
from mmfer.testing.predictions import make_predictions, make_row, make_track


def answers(prefix, labels, predicted, split='fold1', **metadata):
    rows = [make_row(f'{prefix}{i}', label, given, subject=f'{prefix}S{i // 2}', split=split)
            for i, (label, given) in enumerate(zip(labels, predicted, strict=True))]
    return make_predictions(rows, split=split, **metadata)


def test_one_corpus_of_several():
    rows = [make_row('ckplus/S1/a', 0, 0, subject='ckplus/S1'), make_row('mmi/b', 1, 2)]
    joint = make_predictions(rows, corpora=[dict(name='ckplus'), dict(name='mmi')])
    one = of_corpus(joint, 'ckplus')
    assert [(row.clip, row.subject) for row in one.rows] == [('S1/a', 'S1')]
    assert [(row.clip, row.subject) for row in of_corpus(joint, 'mmi').rows] == [('b', None)]
    track = make_predictions([make_track('mmi/c', [0, 1], [0, 0], subject='mmi/P')])
    assert of_corpus(track, 'mmi').tracks[0].subject == 'P'
    with pytest.raises(PredictionError, match="'mm'; there are: ckplus, mmi"):
        of_corpus(joint, 'mm')


def test_some_clips():
    file = answers('a', [0, 1, 2], [0, 1, 2])
    assert clip_ids([file]) == {'a0', 'a1', 'a2'}
    assert [row.clip for row in only_clips(file, {'a0', 'a2', 'x'}).rows] == ['a0', 'a2']
    track = make_predictions([make_track('a', [0], [0]), make_track('b', [1], [1])])
    assert clip_ids([only_clips(track, {'b'})]) == {'b'}


@pytest.fixture
def files():
    """Two corpora; two splits of 'a' (4 clips), one of 'b' (3 clips of 5 that there are)."""
    cross = dict(trained_on=dict(corpus='a'), tested_on=dict(corpus='b', rule='r'),
                 annotation_hash='b', protocol_hash=None)
    a1, a2 = answers('a', [0, 1], [0, 0]), answers('a', [0, 1], [0, 1], split='fold2')
    a2 = make_predictions([make_row('a2', 0, 0, split='fold2', subject='aS1'),
                           make_row('a3', 2, 2, split='fold2', subject='aS1')], split='fold2')
    b_labels = [0, 1, 1, 2, 2]
    return {
        ('a', 'a'): [a1, a2],
        ('b', 'b'): [answers('b', b_labels[:3], [0, 1, 1], subject_disjoint=False)],
        ('a', 'b'): [answers('b', b_labels, [0, 0, 1, 2, 2], **cross),
                     answers('b', b_labels, [0, 0, 0, 2, 2], split='fold2', **cross)],
        ('b', 'a'): [answers('a', [0, 1, 0, 2], [1, 1, 1, 2], **{**cross, 'annotation_hash': 'a'})]}


def test_a_column_is_scored_on_the_clips_of_its_protocol(files):
    result = cross_table(files, ['a', 'b'], ['a', 'b'], resamples=50)
    found = {(one['trained'], one['tested']): one for one in result['cells']}
    within, elsewhere = found['a', 'a'], found['a', 'b']
    assert (within['clips'], within['predictions'], within['units']) == (4, 4, 2)
    assert within['scores']['WAR']['value'] == 3 / 4
    # b0, b1, b2 alone, each answered by two models: right are b0, b2 and b0
    assert (elsewhere['clips'], elsewhere['predictions'], elsewhere['units']) == (3, 6, 2)
    assert elsewhere['scores']['WAR']['value'] == pytest.approx(3 / 6)
    assert elsewhere['scores']['UAR']['value'] == pytest.approx((1 + 1 / 4) / 2)
    assert found['b', 'a']['scores']['WAR']['value'] == 2 / 4
    assert [within['within'], elsewhere['within']] == [True, False]
    assert result['commonest'] == {'a': {'WAR': 2 / 4, 'UAR': pytest.approx(1 / 3)},
                                   'b': {'WAR': pytest.approx(2 / 3), 'UAR': 1 / 2}}
    assert result['notes'] == ['b: subjects shared between training and test']


@pytest.mark.parametrize('markdown', [False, True])
def test_text(files, markdown):
    text = format_cross_table(cross_table(files, ['a', 'b'], ['a', 'b'], 50), markdown)
    lines = text.splitlines()
    war = next(i for i, line in enumerate(lines) if 'WAR: trained on' in line)
    assert '0.750' in lines[war + 2] and '0.500' in lines[war + 2]
    assert lines[war + 2].count('*') == 1 and lines[war + 3].count('*') == 1
    assert 'always the commonest class' in lines[war + 4] and '0.667' in lines[war + 4]
    assert '- b: 3 clips, 2 subjects; 6 answers from elsewhere' in text
    few = next(line for line in lines if 'fewer than' in line)
    assert few.count('2 subjects') == 4 and 'a on b (2 subjects)' in few
    assert ('**b: subjects' if markdown else '!! b: subjects') in text


def test_clips_without_a_face_are_named(files):
    file = files['b', 'b'][0]
    files['b', 'b'] = [replace(file, faceless=(FacelessClip('n', 'fold1', 0), ))]
    result = cross_table(files, ['a', 'b'], ['a', 'b'], resamples=50)
    assert result['faceless'] == {'a': 0, 'b': 1}
    assert {one['clips'] for one in result['cells'] if one['tested'] == 'b'} == {3}
    text = format_cross_table(result)
    assert '6 answers from elsewhere; 1 more clips have no face, and are in no cell' in text
    assert text.count('no face') == 1


def test_cells_that_do_not_compare(files):
    other = [answers('a', [0, 1, 0], [0, 0, 0], annotation_hash='a')]
    with pytest.raises(PredictionError, match='trained on b, tested on a: 3 clips.*tests 4'):
        cross_table({**files, ('b', 'a'): other}, ['a', 'b'], ['a', 'b'], 50)
    named = [answers('a', [0, 1, 0, 2], [0, 0, 0, 0], classes=['x', 'y', 'z'])]
    with pytest.raises(PredictionError, match='other classes do not compare'):
        cross_table({**files, ('b', 'a'): named}, ['a', 'b'], ['a', 'b'], 50)


def test_frames(files):
    tracks = {key: [make_predictions([make_track(f'{key[1]}{i}', [0, 1, 2], [0, 1, 1], split='s')
                                      for i in range(3)], split='s')]
              for key in files}
    result = cross_table(tracks, ['a', 'b'], ['a', 'b'], 50)
    assert {one['predictions'] for one in result['cells']} == {9}
    assert np.allclose([one['scores']['WAR']['value'] for one in result['cells']], 2 / 3)
    assert all('S' in one['scores'] for one in result['cells'])
