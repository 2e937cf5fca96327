"""Fuses the predictions of several models: weighted means of their probabilities.

Give predictions files of one split, or folders of cross-validated runs, which are fused
split by split and seed by seed. Attention belongs to one model and is left out.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from mmfer.cli.common import reports_errors
from mmfer.errors import PredictionError
from mmfer.evaluation import Predictions, find_predictions, read_predictions, write_predictions
from mmfer.evaluation.fusion import METHODS, fuse_predictions

Run: TypeAlias = tuple[str, int | None]
"""Split and seed."""


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='fuse', description=__doc__)
    parser.add_argument('predictions', nargs='+', metavar='PREDICTIONS',
                        help='one predictions file, or one folder, of each model')
    parser.add_argument('--weights', nargs='+', type=float, metavar='W',
                        help='of the models; their sum does not matter (default: equal)')
    parser.add_argument('--method', choices=METHODS, default=METHODS[0],
                        help='kind of mean (default arithmetic)')
    parser.add_argument('--out', required=True, metavar='FUSED',
                        help='file (*.parquet) for files, folder for folders')
    return parser


def runs_in(folder: str) -> dict[Run, Predictions]:
    """The predictions in a folder by split and seed.

    Raises:
        PredictionError: Two files are of one split and seed.
    """
    found: dict[Run, Predictions] = {}
    for path in find_predictions([folder]):
        predictions = read_predictions(path)
        key = (predictions.metadata['split'], predictions.metadata['seed'])
        if key in found:
            raise PredictionError(f'{path} and {found[key].path} are both of split {key[0]!r}, '
                                  f'seed {key[1]}; give the folder of one method')
        found[key] = predictions
    return found


def fuse_folders(folders: Sequence[str], weights: Sequence[float] | None,
                 method: str) -> dict[Run, Predictions]:
    """Fuses folders run by run.

    Raises:
        PredictionError: The folders do not hold the same splits and seeds.
    """
    tables = [runs_in(folder) for folder in folders]
    for table, folder in zip(tables, folders, strict=True):
        lacking = set(table) ^ set(tables[0])
        if lacking:
            split, seed = min(lacking, key=str)
            raise PredictionError(f'{folder} and {folders[0]} do not hold the same runs: split '
                                  f'{split!r}, seed {seed} is in one of them only')
    return {key: fuse_predictions([table[key] for table in tables], weights, method)
            for key in tables[0]}


def fuse(args: argparse.Namespace) -> list[Path]:
    """Fuses what the arguments name; returns what was written.

    Raises:
        PredictionError: Files and folders are mixed, or the output would be an input.
    """
    out, folders = Path(args.out), [Path(path).is_dir() for path in args.predictions]
    if any(folders) and not all(folders):
        raise PredictionError('give either files or folders, not both')
    if any(folders):
        fused = fuse_folders(args.predictions, args.weights, args.method)
        targets = {out / f'seed{seed}' / split / 'predictions.parquet': predictions
                   for (split, seed), predictions in fused.items()}
    else:
        if out.suffix != '.parquet':
            raise PredictionError(f'--out {out}: predictions are Parquet files; name it *.parquet')
        files = [read_predictions(path) for path in args.predictions]
        targets = {out: fuse_predictions(files, args.weights, args.method)}
    inputs = {path.resolve() for path in find_predictions(args.predictions)}
    for path in targets:
        if path.resolve() in inputs:
            raise PredictionError(f'--out {out}: would overwrite what is fused')
    for path, predictions in targets.items():
        write_predictions(path, predictions)
    return list(targets)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/fuse.py``."""
    for path in fuse(build_parser().parse_args(argv)):
        print(path)
    print('without attention, which belongs to one model')
    return 0


if __name__ == '__main__':
    sys.exit(main())
