"""What the commands share: arguments, launchers, error reports."""
from __future__ import annotations

import argparse
import functools
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import torch.distributed
from mmengine import Config, DictAction

from mmfer.configuration import load_config
from mmfer.errors import ConfigError, MMFERError

Arguments = ParamSpec('Arguments')
_WORLD_SIZES = {'pytorch': ('WORLD_SIZE', ), 'slurm': ('SLURM_NTASKS', ),
                'mpi': ('OMPI_COMM_WORLD_SIZE', 'WORLD_SIZE')}


def reports_errors(main: Callable[Arguments, int]) -> Callable[Arguments, int]:
    """Turns errors about bad input into one message on stderr and exit status 1.

    Ends the group of processes, where the command has made one.
    """

    @functools.wraps(main)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> int:
        try:
            status = main(*args, **kwargs)
        except MMFERError as error:
            print(f'{type(error).__name__}: {error}', file=sys.stderr)
            status = 1
        leave_process_group()
        return status

    return wrapped


def readable(path: str | os.PathLike[str]) -> str:
    """A path as text that can be printed and written, also where its bytes are no UTF-8."""
    return os.fsencode(path).decode(errors='replace')


def leave_process_group() -> None:
    """Ends the group of processes, where there is one.

    What wraps a model for several processes is collected first. If it held the last
    reference to the group, it would end gloo's threads while it holds the interpreter's
    lock, which those may be waiting for, and the process would never end (torch 2.13).
    """
    if torch.distributed.is_initialized():
        gc.collect()
        torch.distributed.destroy_process_group()


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """``CONFIG`` and ``--cfg-options``."""
    parser.add_argument('config', help='config file')
    add_cfg_options(parser)


def add_cfg_options(parser: argparse.ArgumentParser) -> None:
    """``--cfg-options``."""
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, default={}, metavar='KEY=VALUE',
        help='settings to change, e.g. protocol.split=fold2 model.neck.relation=False '
             'train_dataloader.dataset.pipeline.0.num_segments=5; unknown keys are refused')


def add_launcher_arguments(parser: argparse.ArgumentParser) -> None:
    """``--launcher`` and the rank that some launchers pass."""
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'],
                        default='none', help='how the processes of one run are started')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=None,
                        help='set by launchers that do not use the environment')


def world_size(launcher: str) -> int:
    """Processes of this run, from the launcher's environment.

    Raises:
        ConfigError: The launcher has not set its environment.
    """
    if launcher == 'none':
        return 1
    for name in _WORLD_SIZES[launcher]:
        if name in os.environ:
            return int(os.environ[name])
    raise ConfigError(f'--launcher {launcher} needs {" or ".join(_WORLD_SIZES[launcher])} in the '
                      'environment: start the command through tools/dist_train.sh, '
                      'tools/slurm_train.sh or the launcher itself.')


def load_for(args: argparse.Namespace, options: dict[str, Any]) -> Config:
    """Config of a run: flags (as ``options``), ``--cfg-options``, launcher, seed.

    Raises:
        ConfigError: A flag and an option set the same key.
    """
    if args.local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    clash = sorted(set(options) & set(args.cfg_options))
    if clash:
        raise ConfigError(f'{clash[0]} is set by a flag and by --cfg-options; set it once.')
    cfg = load_config(args.config, {**options, **args.cfg_options},
                      world_size(args.launcher), args.seed)
    cfg.launcher = args.launcher
    if args.work_dir is not None:
        cfg.work_dir = args.work_dir
    elif cfg.get('work_dir') is None:
        cfg.work_dir = str(run_dir(Path('work_dirs') / cfg.config_name, cfg))
    return cfg


def run_dir(root: Path, cfg: Config) -> Path:
    """Folder of one run of an experiment: ``root/seed<S>/<split>``."""
    folder = root / f'seed{cfg.randomness.seed}'
    split = (cfg.get('protocol') or {}).get('split')
    return folder / split if split else folder
