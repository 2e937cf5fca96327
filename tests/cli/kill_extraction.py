"""Extracts once undisturbed and once killed again and again; prints how the ends compare.

Importing takes seconds, so this process imports once and forks every run, and every run its
workers. Run by the slow test beside it, or by hand: ``python tests/cli/kill_extraction.py
SETTINGS.json``, the settings being those of :func:`main`.
"""
from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mmfer  # noqa: E402, F401  (mends the host packages, so it comes before them)

# isort: split
import mmfer.testing.marked_faces  # noqa: E402, F401
from mmfer.cli import extract_faces  # noqa: E402
from mmfer.faces.extraction import workers as pool  # noqa: E402


def start(out: Path, words: list[str]) -> int:
    """Forks an extraction that leads a group of its own; returns its process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        log = os.open(f'{out}.txt', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        # workers that begin anew would import for seconds, at every kill
        pool._SPAWN = multiprocessing.get_context('fork')
        code = extract_faces.main([*words, '--out', str(out)])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def finish(pid: int) -> int:
    """Waits; returns the exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill(pid: int, everybody: bool) -> bool:
    """Kills a run, with its workers or without; False if it had ended before."""
    (os.killpg if everybody else os.kill)(pid, signal.SIGKILL)
    return finish(pid) == -signal.SIGKILL


def wait_for_work(pid: int, log: Path, size: int) -> None:
    """Until a frame is worked on, or all is done."""
    while log.stat().st_size == size and os.waitid(
            os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        time.sleep(.005)


def frames_of(log: Path, begin: int) -> dict[str, set[int]]:
    """Frames that were worked on since a place in the log, by clip."""
    frames = defaultdict(set)
    with open(log, encoding='utf-8') as file:
        file.seek(begin)
        for line in file:
            if line.endswith('\n'):
                clip, number = line.split('\t')
                frames[clip].add(int(number))
    return frames


def contents(out: Path) -> dict[str, bytes]:
    """Every file of an output."""
    return {path.relative_to(out).as_posix(): path.read_bytes()
            for path in out.rglob('*') if path.is_file()}


def main(settings: dict) -> dict:
    """Compares an undisturbed run and a killed one.

    Args:
        settings: ``folder``, ``words`` (of the command), ``log`` (that its detector writes),
            ``kills``, ``seed``. From the first frame to a kill passes at most a twelfth of the
            time of the undisturbed run.
    """
    folder, log = Path(settings['folder']), Path(settings['log'])
    rng = random.Random(settings['seed'])
    log.touch()
    began = time.monotonic()
    assert finish(start(folder / 'whole', settings['words'])) == 0, folder / 'whole.txt'
    longest_s = (time.monotonic() - began) / 12
    log.write_text('')
    before, repeats, begins, kills, ended = defaultdict(set), [], [], 0, False
    while not ended:
        begin = log.stat().st_size
        pid = start(folder / 'broken', settings['words'])
        if kills == settings['kills']:
            assert finish(pid) == 0, folder / 'broken.txt'
            ended = True
        else:
            if kills % 5:  # every fifth one is killed while it begins
                wait_for_work(pid, log, begin)
            time.sleep(rng.uniform(0, longest_s))
            ended = not kill(pid, everybody=bool(kills % 2))
            kills += not ended
            time.sleep(.3)  # left alone, workers have to notice
        worked = frames_of(log, begin)
        repeats.append({clip: len(numbers & before[clip]) for clip, numbers in worked.items()
                        if numbers & before[clip]})
        begins.append({clip: min(numbers) for clip, numbers in worked.items()})
        for clip, numbers in worked.items():
            before[clip] |= numbers
    one, other = (contents(folder / name) for name in ('whole', 'broken'))
    return dict(kills=kills, repeats=repeats, begins=begins, files=len(one),
                different=sorted(name for name in {*one, *other}
                                 if one.get(name) != other.get(name)),
                frames={clip: len(numbers) for clip, numbers in before.items()})


if __name__ == '__main__':
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
