"""Trains once undisturbed and once killed again and again; prints how the ends compare.

Importing takes seconds, so this process imports once and forks every run. Run by the slow
test beside it, or by hand: ``python tests/cli/kill_and_resume.py SETTINGS.json``, the
settings being those of :func:`main`.
"""
from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import mmfer  # noqa: E402, F401  (mends the host packages, so it comes before them)

# isort: split
import mmpretrain.models  # noqa: E402, F401
import torch  # noqa: E402

import mmfer.datasets  # noqa: E402, F401
import mmfer.engine  # noqa: E402, F401
import mmfer.models  # noqa: E402, F401
from mmfer.cli import train  # noqa: E402

CONFIG = 'configs/fan/fan_r18_ckplus.py'


def start(work_dir: Path, options: list[str], processes: int) -> list[int]:
    """Forks a training that resumes where it can; returns the process ids."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    pids = []
    for rank in range(processes):
        pid = os.fork()
        if pid:
            pids.append(pid)
            continue
        code = 1
        try:
            work_dir.mkdir(parents=True, exist_ok=True)
            log = os.open(work_dir / f'log{rank}.txt', os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 1)
            os.dup2(log, 2)
            torch.set_num_threads(1)
            words = [CONFIG, '--work-dir', str(work_dir), '--resume', '--cfg-options', *options]
            if processes > 1:
                os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port), RANK=str(rank),
                                  LOCAL_RANK=str(rank), WORLD_SIZE=str(processes))
                words[1:1] = ['--launcher', 'pytorch']
            code = train.main(words)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return pids


def finish(pids: list[int]) -> int:
    """Waits; returns the worst exit status."""
    return max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)


def kill(pids: list[int]) -> bool:
    """Kills all processes at once; False if one of them had ended before."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    return all(code == -signal.SIGKILL for code in codes)


def half_written(work_dir: Path) -> list[Path]:
    """Checkpoints that are being written, or were when the process died."""
    return list(work_dir.glob('.epoch_*.pth.*.tmp'))


def kill_while_writing(pids: list[int], work_dir: Path, old: set[Path]) -> bool:
    """Kills as soon as a new temporary file shows; whether it was still there afterwards."""
    while not set(half_written(work_dir)) - old:
        if os.waitpid(pids[0], os.WNOHANG)[0]:
            raise RuntimeError(f'the training ended before its checkpoint; see {work_dir}')
    return kill(pids) and bool(set(half_written(work_dir)) - old)


def kill_at_random(pids: list[int], rng: random.Random, longest_s: float) -> bool:
    """Kills after a random time."""
    time.sleep(rng.uniform(0, longest_s))
    return kill(pids)


def history(path: Path) -> dict:
    """What must agree in the end: weights, optimiser, logged losses of all iterations."""
    checkpoint = torch.load(path, weights_only=True)
    logged = checkpoint['message_hub']['log_scalars']
    momentum = {f'{key}.{name}': value for key, state in checkpoint['optimizer']['state'].items()
                for name, value in state.items() if isinstance(value, torch.Tensor)}
    return {**checkpoint['state_dict'], **momentum, 'losses': logged['train/loss']['history'],
            'learning rates': logged['train/lr']['history']}


def differences(a: dict, b: dict) -> list[str]:
    """Names of what is not equal bit for bit."""
    return sorted(set(a) ^ set(b)) + sorted(
        key for key in set(a) & set(b) if not torch.equal(a[key], b[key]))


def main(settings: dict) -> dict:
    """Compares an undisturbed run and a killed one.

    Args:
        settings: ``folder``, ``options`` (``--cfg-options``), ``processes``, ``epochs``,
            ``kills`` at random moments, ``kills_writing`` during checkpoints, ``seed``.
    """
    folder, epochs = Path(settings['folder']), settings['epochs']
    rng = random.Random(settings['seed'])
    options = [*settings['options'], f'train_cfg.max_epochs={epochs}']
    whole, broken = folder / 'whole', folder / 'broken'
    began = time.monotonic()
    assert finish(start(whole, options, settings['processes'])) == 0, whole
    took = time.monotonic() - began
    plan = ['random'] * settings['kills'] + ['writing'] * settings['kills_writing']
    rng.shuffle(plan)
    done = dict(random=0, writing=0, missed=0)
    while plan and done['missed'] < 50:
        old = set(half_written(broken))
        pids = start(broken, options, settings['processes'])
        if plan[-1] == 'writing':
            hit = kill_while_writing(pids, broken, old)
        else:
            hit = kill_at_random(pids, rng, took / 3)
        done[plan.pop() if hit else 'missed'] += 1
    checkpoints = sorted(path.name for path in broken.glob('*.pth'))
    assert finish(start(broken, options, settings['processes'])) == 0, broken
    name = f'epoch_{epochs}.pth'
    ends = history(whole / name), history(broken / name)
    return dict(done, took_s=took, before_the_end=checkpoints,
                left=sorted(p.name for p in broken.iterdir() if p.suffix in ('.pth', '.tmp')),
                iterations=len(ends[0]['losses']), different=differences(*ends),
                distinct_losses=len(set(ends[0]['losses'].tolist())))


if __name__ == '__main__':
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
