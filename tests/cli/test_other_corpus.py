"""A model tested on a corpus that it was not trained on: labels by name, nothing it has seen."""
from __future__ import annotations

import numpy as np
import pytest
import torch

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import evaluate
from mmfer.cli.test import build_parser, prepare
from mmfer.cli.test import main as run_test
from mmfer.errors import ConfigError
from mmfer.evaluation import read_predictions

from .conftest import FAN, JOINT, of_one

COMMON = ('anger', 'happiness', 'surprise')


def cross(one, two_corpora, small, *flags, change=()):
    return [FAN, str(one), *map(str, flags), '--cfg-options',
            *of_one(two_corpora[0], small), *change]


def test_on_the_other_corpus(one, two_corpora, small, tmp_path, capsys):
    two = two_corpora[1]
    assert run_test(cross(one, two_corpora, small, '--work-dir', tmp_path, '--dump',
                          tmp_path / 'p.parquet', '--on', two / 'annotations.json', '--on-root',
                          two / 'frames')) == 0
    printed = capsys.readouterr().out
    assert 'cross-corpus: trained on one, tested on all labelled clips of two' in printed
    assert 'whose clips are left out: neutral' in printed
    assert 'as answers are always wrong: contempt' in printed
    assert '8 clips of neutral left out' in printed
    predictions = read_predictions(tmp_path / 'p.parquet')
    file = read_annotations(two / 'annotations.json')
    assert predictions.classes == ('anger', 'contempt', 'happiness', 'surprise')
    assert len(predictions.rows) == 30 - 8
    for row in predictions.rows:
        assert predictions.classes[row.label] == file.classes[file.by_clip[row.clip]['label']]
    # the model learned what expressions look like, so labels joined by number would be wrong
    assert (predictions.labels == predictions.predicted).mean() > .9
    by_number = np.array([file.by_clip[row.clip]['label'] for row in predictions.rows])
    assert (by_number == predictions.predicted).mean() < .5
    metadata = predictions.metadata
    assert metadata['annotation_hash'] == file.hash and metadata['protocol_hash'] is None
    assert (metadata['trained_on']['corpus'], metadata['tested_on']['corpus']) == ('one', 'two')
    assert metadata['left_out'] == {'two': {'clips': {'neutral': 8}}}
    assert evaluate.main([str(tmp_path / 'p.parquet'), '--resamples', '20']) == 0
    printed = capsys.readouterr().out
    assert '!! cross-corpus: trained on one, tested on two; all classes of the model' in printed


def test_restricted_to_the_common_classes(one, two_corpora, small, tmp_path):
    two = two_corpora[1]
    on = ['--on', two / 'annotations.json', '--on-root', two / 'frames', '--work-dir', tmp_path,
          '--on-protocol', two / 'protocol.json', '--on-split', 'fold2']
    for name, flags in (('all', ()), ('common', ('--restrict', ))):
        assert run_test(cross(one, two_corpora, small, *on, *flags, '--dump',
                               tmp_path / f'{name}.parquet')) == 0
    plain, restricted = (read_predictions(tmp_path / f'{name}.parquet')
                         for name in ('all', 'common'))
    assert restricted.classes == COMMON
    assert {row.subject for row in plain.rows} == {'S001', 'S006'}
    for a, b in zip(plain.rows, restricted.rows, strict=True):
        expected = a.scores[[0, 2, 3]].astype(float)
        assert np.allclose(b.scores, expected / expected.sum(), atol=1e-6)
        assert plain.classes[a.label] == restricted.classes[b.label]
    assert restricted.metadata['protocol_hash'] is not None


def test_clips_that_were_trained_on_are_refused(one, joint, joint_options, two_corpora, small,
                                                tmp_path, capsys):
    first, second = two_corpora
    on = ['--on', first / 'annotations.json', '--on-root', first / 'frames']
    assert run_test(cross(one, two_corpora, small, *on)) == 1
    assert 'its training clips may be among' in capsys.readouterr().err
    own = [*on, '--on-protocol', first / 'protocol.json', '--on-split']
    assert run_test(cross(one, two_corpora, small, *own, 'fold2')) == 1
    assert '--on-split fold1' in capsys.readouterr().err
    # a copy of the annotation with the same media is another file, but the same clips
    annotations = read_annotations(first / 'annotations.json')
    write_annotations(tmp_path / 'copy.json',
                      make_metainfo('copy', annotations.classes, annotations.rows[:9]),
                      annotations.rows[:9])
    assert run_test(cross(one, two_corpora, small, '--on', tmp_path / 'copy.json', '--on-root',
                           first / 'frames')) == 1
    assert 'has the same media as' in capsys.readouterr().err
    # one of several corpora: the test part of its own split was not seen
    made = read_predictions(joint[0] / 'predictions.parquet')
    words = [JOINT, made.metadata['checkpoint'], '--on', str(second / 'annotations.json'),
             '--on-root', str(second / 'frames'), '--on-protocol', str(second / 'protocol.json'),
             '--on-split']
    given = ['--work-dir', str(tmp_path), '--dump', str(tmp_path / 'b.parquet'), '--cfg-options',
             *joint_options]
    assert run_test([*words, 'fold3', *given]) == 1
    assert 'may be among' in capsys.readouterr().err
    assert run_test([*words, 'fold1', *given]) == 0
    alone = read_predictions(tmp_path / 'b.parquet')
    both = {row.clip: row for row in made.rows}
    for row in alone.rows:
        assert row.scores.tolist() == pytest.approx(both[f'mmi/{row.clip}'].scores.tolist(),
                                                    abs=1e-5)


@pytest.mark.parametrize(('flags', 'message'), [
    (['--restrict'], '--restrict needs --on'), (['--on-root', 'x'], '--on-root needs --on'),
    (['--on', 'x.json'], 'needs --on-root'),
    (['--on', 'x.json', '--on-root', 'x', '--on-split', 'a'], 'go together')])
def test_flags_that_miss_others(flags, message, one, two_corpora, small):
    with pytest.raises(ConfigError, match=message):
        prepare(build_parser().parse_args(cross(one, two_corpora, small, *flags)))


def test_a_checkpoint_that_says_nothing_of_itself(two_corpora, small, tmp_path, capsys):
    torch.save(dict(state_dict={}, meta={}), tmp_path / 'a.pth')
    on = ['--on', two_corpora[1] / 'annotations.json', '--on-root', two_corpora[1]]
    assert run_test(cross(tmp_path / 'a.pth', two_corpora, small, *on)) == 1
    assert 'does not say which classes' in capsys.readouterr().err
    meta = dict(mmfer=dict(annotation_hash='x'), dataset_meta=dict(classes=('calm', 'other')))
    torch.save(dict(state_dict={}, meta=meta), tmp_path / 'b.pth')
    assert run_test(cross(tmp_path / 'b.pth', two_corpora, small, *on)) == 1
    assert '0 in common' in capsys.readouterr().err
