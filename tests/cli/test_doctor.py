import re
import shutil

import numpy as np
import pytest

from mmfer.cli.doctor import HEALTHY, ILL, UNCHECKED, main
from mmfer.corpora import CORPORA
from mmfer.synthetic.corpus import write_corpus
from mmfer.synthetic.layouts import MAKERS


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / 'RAF-DB'
    write_corpus(root, 'rafdb', MAKERS['rafdb'].make(0, 35, 2), {}, size_px=32)
    return root


@pytest.fixture
def published(monkeypatch):
    """Makes the counts of the small corpus the published ones."""
    from dataclasses import replace
    entry = CORPORA['rafdb']

    def convert(source, **options):
        conversion = entry.convert(source, **options)
        conversion.known.update({name: conversion.found[name] for name in conversion.known})
        return conversion

    monkeypatch.setitem(CORPORA, 'rafdb', replace(
        entry, convert=convert, known_tests={'protocol_published': (7, )}))


def test_a_healthy_copy(corpus, published, capsys):
    assert main(['rafdb', '--root', str(corpus)]) == HEALTHY
    printed = capsys.readouterr().out
    assert printed.count('[ok]') == 5 and 'nothing is wrong' in printed
    assert main(['rafdb', '--root', str(corpus), '--open']) == HEALTHY
    assert capsys.readouterr().out.count('[ok]') == 7


def test_an_ill_copy_as_a_command(corpus, run, tmp_path):
    images = sorted((corpus / 'basic/Image/aligned').iterdir())
    train = [path for path in images if path.name.startswith('train')]
    test = [path for path in images if path.name.startswith('test')]
    shutil.copy(train[0], test[0])
    train[1].unlink()
    train[2].write_bytes(train[2].read_bytes()[:200])
    done = run('tools/doctor.py', 'rafdb', '--root', corpus, '--open', code=ILL)
    out = done.stdout
    assert 'train clips 26 instead of 12271' in out
    assert f'{train[2].name}: ' in out and 'truncated image' in out
    assert f"clips '{test[0].name[:-12]}' and '{train[0].name[:-12]}' look the same (0 of" in out
    assert re.search('test and (train|selection) of published in protocol_published', out)
    assert 'checks found something' in out


def test_nothing_is_opened_without_being_asked(corpus, published, monkeypatch):
    import cv2
    monkeypatch.setattr(cv2, 'imdecode', None)
    monkeypatch.setattr(np, 'fromfile', None)
    assert main(['rafdb', '--root', str(corpus)]) == HEALTHY


def test_no_corpus_at_all(tmp_path, capsys):
    assert main(['rafdb', '--root', str(tmp_path)]) == UNCHECKED
    assert 'CorpusError' in capsys.readouterr().err


def test_faces_and_all(corpus, published, capsys):
    for path in (corpus / 'basic/Image/aligned').iterdir():
        path.write_bytes((corpus / 'basic/Image/aligned/train_00001_aligned.jpg').read_bytes())
    assert main(['rafdb', '--root', str(corpus), '--faces']) == ILL
    printed = capsys.readouterr().out
    assert 'no face is found' in printed
    assert '... and' in printed
    assert main(['rafdb', '--root', str(corpus), '--faces', '--all']) == ILL
    assert '... and' not in capsys.readouterr().out
