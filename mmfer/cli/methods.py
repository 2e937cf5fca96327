"""Which prediction files on a command line belong to one method."""
from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmfer.errors import PredictionError
from mmfer.evaluation import (
    Pool,
    Predictions,
    find_predictions,
    pool_predictions,
    read_predictions,
)
from mmfer.evaluation.corpora import of_corpus

__all__ = ['load_methods', 'load_pool']


def load_pool(paths: Sequence[str | os.PathLike[str]]) -> Pool:
    """Reads and pools the prediction files of one method, in files and folders."""
    return pool_predictions([read_predictions(path) for path in find_predictions(paths)])


def load_methods(arguments: Sequence[str], corpus: str | None = None) -> list[Pool]:
    """Reads prediction files and pools them method by method, in the order given.

    Files of one config (its name and its hash) that choose the checkpoint in one way are one
    method, wherever they are. Files without a config's hash, of other programs, are one
    method an argument. ``NAME=PATH`` says so itself: what has one NAME is one method, and is
    called so. Methods that would have one name are told apart by their first argument.

    Args:
        arguments: Files or folders, or ``NAME=PATH``.
        corpus: Of files of several corpora, the one whose clips are taken; None takes all.

    Raises:
        PredictionError: A file cannot be read, is named twice, or does not belong to the
            others of its method; or there are none.
    """
    pairs = [_split(argument) for argument in arguments]
    find_predictions([path for _, path in pairs])  # refuses a file that is named twice
    groups: dict[tuple[str | None, ...], list[Predictions]] = {}
    first: dict[tuple[str | None, ...], tuple[str, str]] = {}
    for name, path in pairs:
        for file in map(read_predictions, find_predictions([path])):
            if corpus is not None and file.metadata.get('corpora'):
                file = of_corpus(file, corpus)
            config = tuple(file.metadata[key]
                           for key in ('config_name', 'config_hash', 'selection'))
            key = ('name', name) if name else (
                ('config', *config) if config[1] else ('path', path, config[0]))
            groups.setdefault(key, []).append(file)
            first.setdefault(key, (name, path))
    pools = [replace(pool_predictions(files), title=first[key][0])
             for key, files in groups.items()]
    names = [pool.name if pool.title or pool.metadata['config_name'] else _stem(path)
             for pool, (_, path) in zip(pools, first.values(), strict=True)]
    return [replace(pool, title=name if names.count(name) == 1 else f'{name} ({path})')
            for pool, name, (_, path) in zip(pools, names, first.values(), strict=True)]


def _split(argument: str) -> tuple[str, str]:
    """Name, '' where there is none, and path."""
    name, sign, path = argument.partition('=')
    if not sign or Path(argument).exists():
        return '', argument
    if not name or not path:
        raise PredictionError(f'{argument!r}: write NAME=PATH, or the path alone')
    return name, path


def _stem(path: str) -> str:
    return Path(path).stem or path
