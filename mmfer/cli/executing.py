"""Executing the runs of an experiment in processes of their own, resumed where they stopped."""
from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from mmfer.cli.runs import Run, is_finished
from mmfer.cli.subprocesses import Children, ending_children, environment, sole_use, tail
from mmfer.evaluation.selection_record import RECORD, VALIDATIONS


def command(run: Run, args: argparse.Namespace, raw_options: Sequence[str]) -> list[str]:
    """The training command of a run."""
    start = [sys.executable, '-m']
    if args.gpus > 1:
        start += ['torch.distributed.run', '--standalone', '--nproc_per_node', str(args.gpus),
                  '-m']
    start += ['mmfer.cli.train', run.config, '--work-dir', str(run.folder), '--resume',
              '--seed', str(run.seed), *run.output]
    if args.amp:
        start.append('--amp')
    if args.gpus > 1:
        start += ['--launcher', 'pytorch']
    return [*start, '--cfg-options', f'protocol.split={run.split}', *raw_options]


def execute(run: Run, args: argparse.Namespace, raw_options: Sequence[str],
            children: Children, lock: tuple[int, ...]) -> bool:
    """Trains and tests one run in processes of its own, which keep the lock; True on success."""
    if children.ended:
        return False
    run.folder.mkdir(parents=True, exist_ok=True)
    if args.overwrite:
        _clear(run)
    with open(run.log, 'a', encoding='utf-8') as log:
        status = children.run(
            command(run, args, raw_options), stdout=log, stderr=subprocess.STDOUT,
            env=environment(args.jobs * args.gpus), pass_fds=lock)
    return status == 0 and all(path.exists() for path in run.results)


def _clear(run: Run) -> None:
    """Removes what another run has left, so that it is not resumed."""
    for pattern in ('predictions.parquet', 'run.json', 'last_checkpoint', '*.pth', RECORD,
                    f'{VALIDATIONS}/*.parquet', 'selection_*/predictions.parquet'):
        for path in run.folder.glob(pattern):
            path.unlink()


def execute_all(runs: Sequence[Run], args: argparse.Namespace,
                raw_options: Sequence[str], lock: tuple[int, ...]) -> list[Run]:
    """Executes runs, ``--jobs`` at a time, printing progress; returns those that failed.

    Runs that are under way when this process is interrupted or terminated end with it.
    """
    failed, started = [], time.monotonic()
    with ThreadPoolExecutor(args.jobs) as pool, ending_children() as children:
        futures = {pool.submit(execute, run, args, raw_options, children, lock): run
                   for run in runs}
        for count, future in enumerate(as_completed(futures), 1):
            run = futures[future]
            passed = time.monotonic() - started
            left = passed / count * (len(runs) - count)
            state = 'done' if future.result() else 'FAILED'
            print(f'[{count}/{len(runs)}] {run.name}: {state}; '
                  f'{_clock(passed)} passed, about {_clock(left)} left', flush=True)
            if not future.result():
                failed.append(run)
                print(f'    see {run.log}, which ends:')
                for line in tail(run.log):
                    print(f'    | {line}')
    return failed


def complete(runs: Sequence[Run], args: argparse.Namespace,
             raw_options: Sequence[str]) -> list[Run]:
    """Executes those runs that are not finished; returns those that failed.

    Raises:
        ConfigError: Another process works in one of the folders.
        PredictionError: There are results of other settings.
    """
    with contextlib.ExitStack() as locks:
        lock = tuple(descriptor for root in sorted({run.root for run in runs})
                     for descriptor in locks.enter_context(sole_use(root)))
        left = [run for run in runs if not is_finished(run, args.overwrite)]
        print(f'{len(runs)} runs, {len(runs) - len(left)} of them finished before', flush=True)
        return execute_all(left, args, raw_options, lock)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes // 60}:{minutes % 60:02d}:{rest:02d}'
