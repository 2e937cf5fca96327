"""Commands in processes of their own: environment, log, failure."""
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mmfer.cli.subprocesses import (
    Children,
    call,
    cores,
    ending_children,
    environment,
    sole_use,
    tail,
    words,
)
from mmfer.errors import ConfigError, MMFERError


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


HOLD = """
import sys, time
from pathlib import Path
from mmfer.cli.subprocesses import ending_children, sole_use
with sole_use(Path(sys.argv[1])) as lock, ending_children() as children:
    children.run([sys.executable, '-c', sys.argv[2], sys.argv[1]], pass_fds=lock)
"""
CHILD = """
import os, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
(folder / 'new').write_text(str(os.getpid()))
(folder / 'new').rename(folder / 'pid')
time.sleep(60)
"""


def hold(folder, child=CHILD):
    """A process that keeps a folder and has a child; returned with the child's number."""
    parent = subprocess.Popen([sys.executable, '-c', HOLD, str(folder), child],
                              env=environment(), stderr=subprocess.DEVNULL)
    wait_for((folder / 'pid').exists)
    return parent, int((folder / 'pid').read_text())


def wait_for(condition, patience_s=60):
    until = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(.02)


def is_gone(pid):
    """Whether a process has ended; one whose parent has not asked yet is a zombie."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'Z'
    except FileNotFoundError:
        return True


posix = pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='needs /proc')


@posix
@pytest.mark.parametrize('number, status', [(signal.SIGTERM, 143), (signal.SIGINT, -2)])
def test_children_end_with_their_parent(tmp_path, number, status):
    parent, child = hold(tmp_path)
    parent.send_signal(number)
    parent.wait(60)
    assert parent.returncode == status
    wait_for(lambda: is_gone(child))


@posix
def test_children_that_do_not_listen_are_made_to_end(tmp_path):
    children = Children()
    stubborn = 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n' + CHILD
    thread = threading.Thread(target=children.run, args=(
        [sys.executable, '-c', stubborn, str(tmp_path)], ))
    thread.start()
    wait_for((tmp_path / 'pid').exists)
    children.end(patience_s=.1)
    thread.join(60)
    assert is_gone(int((tmp_path / 'pid').read_text()))
    assert children.ended
    assert children.run([sys.executable, '-c', '']) == -signal.SIGTERM  # nothing starts any more


def test_children_give_their_status():
    with ending_children() as children:
        assert children.run([sys.executable, '-c', 'raise SystemExit(3)']) == 3


@posix
def test_a_folder_is_kept_to_one_process_and_its_children(tmp_path):
    parent, child = hold(tmp_path)
    with pytest.raises(ConfigError, match=f'in use by process {parent.pid}'), sole_use(tmp_path):
        pass
    parent.kill()  # leaves the child behind, which still works in the folder
    parent.wait(60)
    with pytest.raises(ConfigError, match='left behind'), sole_use(tmp_path):
        pass
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: is_gone(child))
    with sole_use(tmp_path):
        assert (tmp_path / '.lock').read_text() == str(os.getpid())
