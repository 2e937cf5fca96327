"""Commands in processes of their own: environment, log, failure."""
import json
import os
import sys

import pytest

from mmfer.cli.subprocesses import call, cores, environment, tail, words
from mmfer.errors import MMFERError


def test_words_are_what_cfg_options_takes():
    assert words({'protocol.split': 'fold2', 'model.neck.relation': False}) == [
        'protocol.split=fold2', 'model.neck.relation=False']
    assert words({}) == []


@pytest.mark.skipif(not hasattr(os, 'sched_getaffinity'), reason='cores cannot be set here')
def test_cores_are_those_that_are_allowed(monkeypatch):
    monkeypatch.setattr(os, 'sched_getaffinity', lambda process: {0, 5, 6})
    assert cores() == 3


def test_cores_where_none_can_be_asked_for(monkeypatch):
    monkeypatch.delattr(os, 'sched_getaffinity', raising=False)
    monkeypatch.setattr(os, 'cpu_count', lambda: None)
    assert cores() == 1


def test_processes_share_the_cores(monkeypatch):
    monkeypatch.delenv('OMP_NUM_THREADS', raising=False)
    monkeypatch.setattr('mmfer.cli.subprocesses.cores', lambda: 8)
    assert environment(3)['OMP_NUM_THREADS'] == '2'
    assert environment(9)['OMP_NUM_THREADS'] == '1'
    monkeypatch.setenv('OMP_NUM_THREADS', '5')
    assert environment(3)['OMP_NUM_THREADS'] == '5'  # what the user set stays


def test_process_finds_what_this_one_finds(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'path', ['', '/somewhere'])
    assert environment()['PYTHONPATH'].split(os.pathsep) == [str(tmp_path), '/somewhere']


def test_tail_of_a_log_that_is_not_text(tmp_path):
    log = tmp_path / 'log.txt'
    log.write_bytes(b'one\ntwo\nthr\xff\nfour\n')
    assert tail(log) == ['two', 'thr\ufffd', 'four']
    assert tail(log, 1) == ['four']


def test_call_logs_and_shows_every_line(tmp_path):
    source, log = tmp_path / 'a.json', tmp_path / 'new' / 'log.txt'
    source.write_text(json.dumps([1, 2]))
    seen = []
    for indent in ('1', '2'):
        call(['json.tool', '--indent', indent, str(source)], log, seen.append)
    assert seen == ['[\n', ' 1,\n', ' 2\n', ']\n', '[\n', '  1,\n', '  2\n', ']\n']
    assert log.read_text() == ''.join(seen)


def test_failing_command_is_named_with_the_end_of_its_log(tmp_path):
    source, log = tmp_path / 'a.json', tmp_path / 'log.txt'
    source.write_text('[1, 2')
    with pytest.raises(MMFERError) as caught:
        call(['json.tool', str(source)], log)
    first, *end = str(caught.value).splitlines()
    assert first == f'json.tool failed; {log} ends:'
    assert end == [f'    | {line}' for line in tail(log)]
    assert 'Expecting' in end[-1]
