"""Every config trains a step and tests a step, in one process and in a group of two."""
from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name('one_step.py')
ROOT = SCRIPT.parents[1]
CONFIGS = sorted(path for path in ROOT.glob('configs/**/*.py') if '_base_' not in path.parts)
TIMEOUT_S = 840  # less than that of a test

pytestmark = pytest.mark.slow


def run(folder: Path, source: Path, processes: int) -> dict[str, dict]:
    """Results of all configs by name; ends the group where one of its processes ends badly."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    group = []
    for rank in range(processes):
        environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'RANK': str(rank),
                       'LOCAL_RANK': str(rank), 'WORLD_SIZE': str(processes),
                       'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port)}
        with open(folder / f'out{rank}.txt', 'w') as out, \
                open(folder / f'err{rank}.txt', 'w') as err:
            group.append(subprocess.Popen([sys.executable, SCRIPT, folder, source],
                                          env=environment, cwd=ROOT, stdout=out, stderr=err))
    end = time.monotonic() + TIMEOUT_S
    try:
        while any(process.poll() is None for process in group) and time.monotonic() < end:
            if any(process.poll() for process in group):
                break
            time.sleep(0.5)
    finally:
        for process in group:
            process.kill()
            process.wait()
    lines = [line for rank in range(processes)
             for line in (folder / f'out{rank}.txt').read_text().splitlines()
             if line.startswith('{"config"')]
    results: dict[str, dict] = {}
    for result in map(json.loads, lines):
        results.setdefault(result['config'], result).update(result)
    if not results:
        pytest.fail((folder / 'err0.txt').read_text()[-5000:])
    return results


@pytest.fixture(scope='module')
def alone(tiny_ckplus, tmp_path_factory):
    return run(tmp_path_factory.mktemp('alone'), tiny_ckplus, 1)


@pytest.fixture(scope='module')
def together(tiny_ckplus, tmp_path_factory):
    return run(tmp_path_factory.mktemp('together'), tiny_ckplus, 2)


def check(results: dict[str, dict], path: Path) -> dict:
    assert path.stem in results, f'not reached: {sorted(results)[-1]} was the last'
    result = results[path.stem]
    assert 'error' not in result, result['error']
    assert math.isfinite(result['loss']) and result['loss'] > 0
    assert result['scores'] and all(math.isfinite(value) for value in result['scores'].values())
    return result


def test_names_are_distinct():
    assert len({path.stem for path in CONFIGS}) == len(CONFIGS)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_one_process(path, alone):
    assert check(alone, path)['idle'] == []  # every parameter receives a gradient


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_group_of_two(path, together):
    assert check(together, path)['spread'] == 0  # both processes hold the same weights
