"""Runs the splits of a protocol, for one or more seeds, and pools their predictions.

Each run trains and tests in ``WORK_DIR/seed<S>/<split>``. Finished runs are skipped,
half-done ones resumed; a failing one is reported with its log while the others go on.
"""
from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.runner import find_latest_checkpoint

from mmfer.checkpoints import load_checkpoint_file
from mmfer.cli.common import add_config_arguments, reports_errors
from mmfer.cli.provenance import KEY, provenance
from mmfer.cli.subprocesses import Children, ending_children, environment, sole_use, tail
from mmfer.configuration import load_config
from mmfer.errors import ConfigError, PredictionError
from mmfer.evaluation import format_summary, pool_predictions, read_predictions, summarize
from mmfer.protocols import read_protocol

_MUST_AGREE = ('config_hash', 'annotation_hash', 'protocol_hash', 'selection', 'split', 'seed')

_STALE = ('{path} was made with other settings ({changed}). Give another folder to work in, or '
          '--overwrite to run it again.')


@dataclass(frozen=True, eq=False)  # each is itself, also in sets
class Run:
    """One training and test.

    Attributes:
        seed: Its seed.
        split: Its split.
        folder: Its working directory.
        facts: What its predictions must say of themselves.
        config: Config file.
    """

    seed: int
    split: str
    folder: Path
    facts: dict[str, Any]
    config: str

    @property
    def name(self) -> str:
        """What it is called in what is printed."""
        return f'{self.facts["config_name"]}, seed {self.seed}, {self.split}'

    @property
    def root(self) -> Path:
        """Folder of all runs of the experiment."""
        return self.folder.parents[1]

    @property
    def predictions(self) -> Path:
        """The file that says that the run is finished."""
        return self.folder / 'predictions.parquet'

    @property
    def log(self) -> Path:
        """Everything that the run printed."""
        return self.folder / 'log.txt'

    def differences(self, facts: dict[str, Any]) -> str:
        """What ``facts`` of something found do not share with this run; '' if nothing."""
        return ', '.join(f'{key} is {_short(facts.get(key))}, now {_short(self.facts[key])}'
                         for key in _MUST_AGREE if facts.get(key) != self.facts[key])

    def check_unfinished(self) -> None:
        """Refuses to resume from checkpoints of other settings.

        Raises:
            PredictionError: The message says what has changed.
        """
        path = find_latest_checkpoint(str(self.folder)) if self.folder.is_dir() else None
        if path is None:
            return
        meta = load_checkpoint_file(path).get('meta') or {}
        changed = self.differences(meta.get(KEY) or {})
        if changed:
            raise PredictionError(_STALE.format(path=path, changed=changed))


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='cross_validate', description=__doc__)
    add_config_arguments(parser)
    parser.add_argument('--work-dir', help='default: work_dirs/<config>')
    add_run_arguments(parser)
    return parser


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Which runs, and how they share the machine."""
    parser.add_argument('--splits', nargs='+', help='default: all of the protocol')
    parser.add_argument('--seeds', nargs='+', type=int, help="default: the config's")
    parser.add_argument('--gpus', type=int, default=1, help='processes per run')
    parser.add_argument('--jobs', type=int, default=1,
                        help='runs at a time; on a CPU they share the cores')
    parser.add_argument('--overwrite', action='store_true',
                        help='run again what was made with other settings')
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision')


def plan(args: argparse.Namespace) -> list[Run]:
    """All runs that the arguments ask for, seed by seed.

    Raises:
        ConfigError: The config has no protocol; a split or seed is named twice.
        ProtocolError: A split does not exist.
    """
    cfg = load_config(args.config, _options(args))
    if not cfg.get('protocol'):
        raise ConfigError(f"'{args.config}' names no protocol, so there are no splits to run.")
    if args.gpus < 1 or args.jobs < 1:
        raise ConfigError('--gpus and --jobs are at least 1.')
    if cfg.get('total_batch_size') and cfg.total_batch_size % args.gpus:
        raise ConfigError(f'total_batch_size={cfg.total_batch_size} cannot be shared by '
                          f'{args.gpus} processes.')
    facts = provenance(cfg)
    protocol = read_protocol(cfg.protocol.file)
    splits = args.splits or list(protocol.names)
    seeds = args.seeds if args.seeds is not None else [cfg.randomness.seed]
    for name, values in (('--splits', splits), ('--seeds', seeds)):
        if len(set(values)) != len(values):
            raise ConfigError(f'{name} names one twice: {values}')
    root = Path(args.work_dir or Path('work_dirs') / cfg.config_name)
    return [Run(seed, protocol.split(split).name, root / f'seed{seed}' / split,
                {**facts, 'seed': seed, 'split': split}, args.config)
            for seed in seeds for split in splits]


def _options(args: argparse.Namespace) -> dict[str, Any]:
    amp = {'optim_wrapper.type': 'AmpOptimWrapper'} if args.amp else {}
    for key in ('protocol.split', 'randomness.seed', 'work_dir'):
        if key in args.cfg_options:
            raise ConfigError(f'--cfg-options {key}: use --splits, --seeds or --work-dir.')
    return {**amp, **args.cfg_options}


def is_finished(run: Run, overwrite: bool = False) -> bool:
    """Whether valid predictions of this very run exist.

    Raises:
        PredictionError: There are predictions, or checkpoints, of other settings.
    """
    if not run.predictions.exists():
        if not overwrite:
            run.check_unfinished()
        return False
    try:
        metadata = read_predictions(run.predictions).metadata
    except PredictionError:
        if overwrite:
            return False
        raise
    changed = run.differences(metadata)
    if changed and not overwrite:
        raise PredictionError(_STALE.format(path=run.predictions, changed=changed))
    return not changed


def _short(value: Any) -> str:
    text = str(value)
    return text[:12] if len(text) == 64 else text


def command(run: Run, args: argparse.Namespace, raw_options: Sequence[str]) -> list[str]:
    """The training command of a run."""
    start = [sys.executable, '-m']
    if args.gpus > 1:
        start += ['torch.distributed.run', '--standalone', '--nproc_per_node', str(args.gpus),
                  '-m']
    start += ['mmfer.cli.train', run.config, '--work-dir', str(run.folder), '--resume',
              '--seed', str(run.seed), '--dump', str(run.predictions)]
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
    return status == 0 and run.predictions.exists()


def _clear(run: Run) -> None:
    """Removes what another run has left, so that it is not resumed."""
    for pattern in ('predictions.parquet', 'run.json', 'last_checkpoint', '*.pth'):
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


def raw_words(argv: Sequence[str]) -> list[str]:
    """The words after ``--cfg-options``, as they were typed."""
    if '--cfg-options' not in argv:
        return []
    words = list(argv)[list(argv).index('--cfg-options') + 1:]
    end = next((i for i, word in enumerate(words) if word.startswith('--')), len(words))
    return words[:end]


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/cross_validate.py``."""
    argv = sys.argv[1:] if argv is None else list(argv)
    args = build_parser().parse_args(argv)
    runs = plan(args)
    failed = complete(runs, args, raw_words(argv))
    finished = [read_predictions(run.predictions) for run in runs if run not in failed]
    if finished and not failed:
        print(format_summary(summarize(pool_predictions(finished))))
    elif failed:
        print(f'{len(failed)} of {len(runs)} runs failed; nothing is pooled until all are '
              'there. Run the same command again to repeat those.', file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
