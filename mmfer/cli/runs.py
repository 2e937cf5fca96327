"""The runs of an experiment: which there are, and which of them are finished."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.runner import find_latest_checkpoint

from mmfer.checkpoints import load_checkpoint_file
from mmfer.cli.provenance import KEY, provenance
from mmfer.configuration import load_config
from mmfer.configuration.corpora import joint_members, pinned_splits
from mmfer.errors import ConfigError, MismatchError, PredictionError, ProtocolError
from mmfer.evaluation import read_predictions
from mmfer.evaluation.mismatch import OF_DIVISION
from mmfer.protocols import read_protocol

_MUST_AGREE = ('config_hash', 'annotation_hash', 'protocol_hash', 'selection', 'split', 'seed',
               'compare_selection')


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
        """What it said of the test part."""
        return self.folder / 'predictions.parquet'

    @property
    def results(self) -> dict[Path, dict[str, Any]]:
        """The files that say that the run is finished, and what they say of themselves."""
        return {self.predictions: self.facts}

    @property
    def output(self) -> list[str]:
        """The words by which training writes the results."""
        return ['--dump', str(self.predictions)]

    @property
    def log(self) -> Path:
        """Everything that the run printed."""
        return self.folder / 'log.txt'

    def check_unfinished(self) -> None:
        """Refuses to resume from checkpoints of other settings.

        Raises:
            PredictionError: The message says what has changed.
        """
        path = find_latest_checkpoint(str(self.folder)) if self.folder.is_dir() else None
        if path is None:
            return
        meta = load_checkpoint_file(path).get('meta') or {}
        error = stale(path, self.facts, meta.get(KEY) or {})
        if error is not None:
            raise error


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


def raw_words(argv: Sequence[str]) -> list[str]:
    """The words after ``--cfg-options``, as they were typed."""
    if '--cfg-options' not in argv:
        return []
    words = list(argv)[list(argv).index('--cfg-options') + 1:]
    end = next((i for i, word in enumerate(words) if word.startswith('--')), len(words))
    return words[:end]


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
    names = split_names(cfg)
    splits = args.splits or names
    unknown = [split for split in splits if split not in names]
    if unknown:
        raise ProtocolError(f'{facts["protocol_name"]}: no split {unknown[0]!r}; there are: '
                            f'{", ".join(names)}')
    seeds = args.seeds if args.seeds is not None else [cfg.randomness.seed]
    for name, values in (('--splits', splits), ('--seeds', seeds)):
        if len(set(values)) != len(values):
            raise ConfigError(f'{name} names one twice: {values}')
    root = Path(args.work_dir or Path('work_dirs') / cfg.config_name)
    return [Run(seed, split, root / f'seed{seed}' / split,
                {**facts, 'seed': seed, 'split': split}, args.config)
            for seed in seeds for split in splits]


def split_names(cfg: Config) -> list[str]:
    """The splits of a config's protocol; of several corpora those that all of them have.

    A corpus that names a split of its own is trained with that one in each of them.

    Raises:
        ConfigError: The corpora share none.
    """
    if not cfg.get('corpora'):
        return list(read_protocol(cfg.protocol.file).names)
    pinned = pinned_splits(cfg)
    free = {name: read_protocol(member['protocol_file']).names
            for name, member in joint_members(cfg).items() if pinned[name] is None}
    if not free:
        return [cfg.protocol.split]
    shared = set.intersection(*map(set, free.values()))
    names = [split for split in next(iter(free.values())) if split in shared]
    if not names:
        raise ConfigError('the protocols of the corpora have no split in common ('
                          + '; '.join(f'{name}: {", ".join(own)}' for name, own in free.items())
                          + '); name corpora.NAME.protocol.split for all but one')
    left = [f'{name} {split}' for name, own in free.items() for split in own
            if split not in shared]
    if left:
        print(f'splits that not all corpora have are left out: {", ".join(left)}', flush=True)
    return names


def _options(args: argparse.Namespace) -> dict[str, Any]:
    amp = {'optim_wrapper.type': 'AmpOptimWrapper'} if args.amp else {}
    for key in ('protocol.split', 'randomness.seed', 'work_dir'):
        if key in args.cfg_options:
            raise ConfigError(f'--cfg-options {key}: use --splits, --seeds or --work-dir.')
    return {**amp, **args.cfg_options}


def is_finished(run: Run, overwrite: bool = False) -> bool:
    """Whether valid predictions of this very run exist, all that it makes.

    Raises:
        PredictionError: There are predictions, or checkpoints, of other settings.
    """
    same = [_is_of(path, facts, overwrite) for path, facts in run.results.items()
            if path.exists()]
    if len(same) < len(run.results):
        if not overwrite:
            run.check_unfinished()
        return False
    return all(same)


def _is_of(path: Path, facts: dict[str, Any], overwrite: bool) -> bool:
    """Whether a predictions file says these facts; where it must, others are an error."""
    try:
        error = stale(path, facts, read_predictions(path).metadata)
    except PredictionError:
        if overwrite:
            return False
        raise
    if error is not None and not overwrite:
        raise error
    return error is None


def stale(path: str | Path, facts: dict[str, Any],
          found: dict[str, Any]) -> PredictionError | None:
    """The error that what was found is of other settings than these facts; None if it is not."""
    changed = [key for key in _MUST_AGREE if found.get(key) != facts.get(key)]
    if not changed:
        return None
    text = ', '.join(f'{key} is {_short(found.get(key))}, now {_short(facts.get(key))}'
                     for key in changed)
    kind = PredictionError if set(changed).isdisjoint(OF_DIVISION) else MismatchError
    return kind(f'{path} was made with other settings ({text}). Give another folder to work in, '
                'or --overwrite to run it again.')


def _short(value: Any) -> str:
    text = str(value)
    return text[:12] if len(text) == 64 else text
