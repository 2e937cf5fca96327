"""Tests on other corpora: which are finished, and what a failing one says."""
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mmfer.annotations import Annotations, make_metainfo
from mmfer.cli.cross_tests import Corpus, CrossTest, complete_tests
from mmfer.cli.runs import Run
from mmfer.errors import MMFERError, PredictionError
from mmfer.evaluation.predictions import write_predictions
from mmfer.testing.predictions import make_predictions, make_row

ROWS = [dict(clip='x', frames='x', num_frames=1, label=0)]
FACTS = dict(annotation_hash='a', protocol_hash='p', config_name='plain', seed=0, split='fold1')


@pytest.fixture
def test(tmp_path):
    """A finished run of corpus 'a', to be tested on 'b'."""
    folder = tmp_path / 'a' / 'seed0' / 'fold1'
    folder.mkdir(parents=True)
    checkpoint = folder / 'epoch_2.pth'
    checkpoint.write_bytes(b'weights')
    run = Run(0, 'fold1', folder, FACTS, 'config.py')
    write_predictions(run.predictions, make_predictions(
        [make_row('x', 0, 0)], split='fold1', checkpoint=str(checkpoint)))
    other = Annotations(make_metainfo('b', ['anger', 'fear'], ROWS), ROWS, Path('b.json'))
    return CrossTest(run, Corpus('b', other, 'b', 'p.json', 'fold1'))


def answer(test, **changes):
    facts = dict(annotation_hash=test.corpus.annotations.hash, split='fold1',
                 checkpoint=str(test.checkpoint()),
                 trained_on=dict(annotation_hash='a', protocol_hash='p'))
    write_predictions(test.predictions,
                      make_predictions([make_row('x', 0, 0)], **{**facts, **changes}))


def test_finished_are_answers_of_this_checkpoint_for_this_corpus(test):
    checkpoint = test.checkpoint()
    assert not test.is_finished(checkpoint)
    answer(test)
    assert test.is_finished(checkpoint)
    for changes in (dict(annotation_hash='other'), dict(checkpoint='epoch_1.pth'),
                    dict(trained_on=dict(annotation_hash='a', protocol_hash='other')),
                    dict(trained_on=None)):
        answer(test, **changes)
        assert not test.is_finished(checkpoint)
    answer(test)
    later = test.predictions.stat().st_mtime + 10
    os.utime(checkpoint, (later, later))  # trained again since
    assert not test.is_finished(checkpoint)


def test_a_checkpoint_that_is_gone(test):
    test.checkpoint().unlink()
    with pytest.raises(PredictionError, match='epoch_2.pth, which is gone'):
        test.checkpoint()


def test_command(test):
    words = test.command(test.checkpoint(), ['train_cfg.max_epochs=2'])
    assert words[:4] == [sys.executable, '-m', 'mmfer.cli.test', 'config.py']
    assert words[words.index('--on') + 1:][:3] == ['b.json', '--on-root', 'b']
    assert words[-2:] == ['protocol.split=fold1', 'train_cfg.max_epochs=2']


def test_progress_and_failure(test, monkeypatch, capsys):
    monkeypatch.setattr(CrossTest, 'command', lambda *_: [sys.executable, '-c', 'print(1)'])
    complete_tests([test], 1, [])
    assert '[1/1] plain, seed 0, fold1, on b: done' in capsys.readouterr().out
    answer(test)
    complete_tests([test], 1, [])
    assert '1 tests on other corpora, 1 of them finished before' in capsys.readouterr().out
    test.predictions.unlink()
    monkeypatch.setattr(CrossTest, 'command',
                        lambda *_: [sys.executable, '-c', 'print("no such file"); exit(3)'])
    with pytest.raises(MMFERError, match=r'on b: failed.*on_b.txt ends:\n    \| no such file'):
        complete_tests([test], 2, [])
