"""Checkpoints: read without running anything in them, matched to a model in full.

Files are unpickled by torch's restricted unpickler only (``weights_only=True``): tensors
and plain Python values. What a checkpoint must not hold is made plain on saving
(:func:`to_plain`) and made whole again on loading (:func:`restore_history`).
"""
from __future__ import annotations

import logging
import os
import pickle
import re
import zipfile
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer, print_log
from torch import Tensor, nn

from mmfer.errors import CheckpointError

MapLocation = Any  # as torch.load takes it: a device, its name, a dictionary or a function
_NAMED = 5  # keys that a message spells out; the rest is counted


def safe_load(source: str | os.PathLike[str] | IO[bytes],
              map_location: MapLocation = 'cpu') -> Any:
    """``torch.load`` that never runs what a file holds, whatever the environment says.

    Args:
        source: A file's path, or a file open for reading.
        map_location: As for ``torch.load``.

    Raises:
        CheckpointError: The file is missing, is not a checkpoint, is damaged, or holds
            objects whose unpickling could run code; the message says which.
    """
    name = str(source) if isinstance(source, str | os.PathLike) else 'the checkpoint'
    if isinstance(source, str | os.PathLike):
        _check_file(Path(source))
    try:
        return torch.load(source, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_unpickling_message(name, str(error))) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError, IndexError,
            TypeError, UnicodeDecodeError, ModuleNotFoundError) as error:
        text = str(error)
        if 'TorchScript' in text:
            raise CheckpointError(
                f'{name} is a TorchScript archive, which is a program. Load it where it was '
                f'made, and save its state_dict() instead.') from error
        raise CheckpointError(
            f'{name} is truncated or damaged ({type(error).__name__}: {text[:200]}). '
            f'Copy or download it again.') from error


def load_checkpoint_file(path: str | os.PathLike[str],
                         map_location: MapLocation = 'cpu') -> dict[str, Any]:
    """Reads a checkpoint: a dictionary of tensors and plain values.

    Raises:
        CheckpointError: As :func:`safe_load`, or the file holds something else.
    """
    checkpoint = safe_load(path, map_location)
    if not isinstance(checkpoint, dict):
        raise CheckpointError(f'{path} holds a {type(checkpoint).__name__} instead of a '
                              f'dictionary of weights.')
    return checkpoint


def load_weights(module: nn.Module, weights: str | os.PathLike[str] | Mapping[str, Any],
                 prefix: str | None = None, absent: Collection[str] = ()) -> int:
    """Loads all parameters and buffers of ``module``; refuses anything less or more.

    Args:
        module: Receives the weights.
        weights: A checkpoint's path or content; weights lie under ``state_dict`` or at
            the top.
        prefix: Only the keys that begin with ``prefix.`` are taken, without it.
        absent: As for :func:`load_state`.

    Returns:
        How many keys were taken.

    Raises:
        CheckpointError: Keys are missing, unexpected or of another shape.
    """
    if isinstance(weights, Mapping):
        source, checkpoint = 'the checkpoint', weights
    else:
        source, checkpoint = str(weights), load_checkpoint_file(weights)
    state = state_dict_of(checkpoint, source)
    if prefix is not None:
        prefix = prefix.rstrip('.') + '.'
        state = OrderedDict((k[len(prefix):], v) for k, v in state.items()
                            if k.startswith(prefix))
        if not state:
            raise CheckpointError(f'{source}: no key begins with {prefix!r}.')
    return load_state(module, state, source=source, absent=absent)


def state_dict_of(checkpoint: Mapping[str, Any],
                  source: str = 'the checkpoint') -> OrderedDict[str, Tensor]:
    """The weights in a checkpoint, without the ``module.`` of data-parallel wrappers.

    Raises:
        CheckpointError: There are no weights, or something else lies between them.
    """
    found = checkpoint.get('state_dict', checkpoint)
    if not isinstance(found, Mapping) or not any(isinstance(v, Tensor) for v in found.values()):
        raise CheckpointError(f'{source} holds no weights: none at the top, and none under '
                              f'"state_dict" (keys: {_some(map(str, checkpoint))}).')
    state = OrderedDict(found)
    if all(key.startswith('module.') for key in state):
        state = OrderedDict((key[len('module.'):], value) for key, value in state.items())
    metadata = getattr(found, '_metadata', None)
    if metadata is not None:
        state._metadata = metadata  # type: ignore[attr-defined]
    return state


def load_state(module: nn.Module, state: Mapping[str, Any], strict: bool = True,
               source: str = 'the checkpoint', absent: Collection[str] = ()) -> int:
    """Loads ``state`` into ``module`` through the module's own hooks.

    Args:
        module: Receives the weights; wrappers such as DistributedDataParallel are opened.
        state: Tensors by key.
        strict: Refuse every difference. Otherwise take what matches, warn with counts,
            and refuse only when nothing matches.
        source: Where the weights come from, for messages.
        absent: Keys of the module that the weights must not have: those of a part that was
            added to what the weights are of. They keep their values.

    Returns:
        How many keys were taken.

    Raises:
        CheckpointError: The keys or shapes differ; the first few are named.
    """
    from mmengine.model import BaseTTAModel, is_model_wrapper
    while is_model_wrapper(module) or isinstance(module, BaseTTAModel):
        module = module.module  # type: ignore[assignment]
    # a copy that keeps the version information of the layers
    remaining = OrderedDict(state)
    if hasattr(state, '_metadata'):
        remaining._metadata = state._metadata  # type: ignore[attr-defined]
    added = [key for key in absent if remaining.pop(key, None) is not None]
    shapes: list[str] = []
    try:
        missing, unexpected = module.load_state_dict(remaining, strict=False)
    except RuntimeError as error:
        shapes = re.findall(r'size mismatch for (\S+):', str(error))
        if not shapes:
            raise CheckpointError(f'{source} does not fit {type(module).__name__}: '
                                  f'{error}') from error
        for key in shapes:
            remaining.pop(key, None)
        missing, unexpected = module.load_state_dict(remaining, strict=False)
        missing = [key for key in missing if key not in shapes]
    matched = len(remaining) - len(unexpected)
    missing = [key for key in missing if key not in absent]
    unexpected = [*added, *unexpected]
    if matched > 0 and not (missing or unexpected or shapes):
        return matched
    report = (f'{source} against {type(module).__name__}: {matched} keys match, '
              f'{len(missing)} missing{_listed(missing)}, '
              f'{len(unexpected)} unexpected{_listed(unexpected)}, '
              f'{len(shapes)} of another shape{_listed(shapes)}.')
    if matched == 0:
        raise CheckpointError(f'{report} Nothing to load: this is a checkpoint of another '
                              f'model, or its keys need converting.')
    if strict:
        raise CheckpointError(f'{report} Use a checkpoint of this model; to begin training '
                              f'from the part that matches, set load_strict=False.')
    print_log(report, logger='current', level=logging.WARNING)
    return matched


def is_complete(path: str | os.PathLike[str]) -> bool:
    """Whether ``path`` is a checkpoint that was written to its end."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith('data.pkl') for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def to_plain(value: Any, where: str = 'checkpoint') -> Any:
    """``value`` rebuilt from tensors and plain values, which load with ``weights_only``.

    NumPy scalars become Python numbers, arrays tensors, mappings dictionaries, logged
    histories dictionaries that :func:`restore_history` turns back.

    Raises:
        CheckpointError: Something has no plain form; the message says where it lies.
    """
    if value is None or type(value) in (bool, int, float, complex, str, bytes):
        return value
    if isinstance(value, Tensor | torch.device | torch.dtype | torch.Size):
        return value
    if isinstance(value, HistoryBuffer):
        values, counts = value.data
        return dict(history=torch.tensor(values), counts=torch.tensor(counts),
                    max_length=value.max_length)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return torch.tensor(value) if value.dtype.kind in 'biufc' else to_plain(value.tolist(),
                                                                                where)
    if isinstance(value, Mapping):
        pairs = [(to_plain(k, where), to_plain(v, f'{where}.{k}')) for k, v in value.items()]
        plain = OrderedDict(pairs) if isinstance(value, OrderedDict) else dict(pairs)
        if hasattr(value, '_metadata') and isinstance(plain, OrderedDict):
            plain._metadata = value._metadata  # type: ignore[attr-defined]
        return plain
    if isinstance(value, list | tuple):
        items = [to_plain(item, f'{where}[{i}]') for i, item in enumerate(value)]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, set | frozenset):
        return {to_plain(item, where) for item in value}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    for kind in (int, float, str, bytes):
        if isinstance(value, kind):
            return kind(value)  # type: ignore[arg-type]
    raise CheckpointError(
        f'{where} is a {type(value).__name__}, which a checkpoint must not hold: reading it '
        f'back would mean running code from the file. Keep numbers, strings, tensors, or '
        f'lists and dictionaries of them there.')


def restore_history(message_hub: dict[str, Any]) -> None:
    """Turns the plain histories in a loaded message hub back, in place."""
    scalars = message_hub.get('log_scalars', {})
    for name, plain in scalars.items():
        if isinstance(plain, dict) and plain.keys() == {'history', 'counts', 'max_length'}:
            scalars[name] = HistoryBuffer(plain['history'].cpu().numpy(),
                                          plain['counts'].cpu().numpy(), plain['max_length'])


def _check_file(path: Path) -> None:
    """Raises where ``path`` can hold no checkpoint at all."""
    if path.is_dir():
        raise CheckpointError(f'{path} is a folder; give the checkpoint file in it.')
    try:
        with open(path, 'rb') as f:
            head = f.read(256)
    except FileNotFoundError:
        raise CheckpointError(f'{path} does not exist.') from None
    except OSError as error:
        raise CheckpointError(f'{path} cannot be read: {error.strerror}.') from error
    if not head:
        raise CheckpointError(f'{path} is empty. Copy or download it again.')
    if head.lstrip().startswith(b'<'):
        raise CheckpointError(f'{path} is a web page, not a checkpoint: the download gave an '
                              f'error or a log-in page. Download the file itself.')
    if head.startswith(b'version https://git-lfs'):
        raise CheckpointError(f'{path} is a Git LFS pointer. Run `git lfs pull` for the file.')


def _unpickling_message(name: str, text: str) -> str:
    """What to tell about a file that the restricted unpickler refused."""
    forbidden = re.search(r'GLOBAL (\S+)|(?:class|function|global) (\S+\.\S+)', text)
    if forbidden:
        what = next(group for group in forbidden.groups() if group)
        return (f'{name} was refused and nothing in it was run: it holds more than tensors and '
                f'plain values ({what}), and reading such objects can run code hidden in the '
                f'file. If it is your own, load it where you trust it, save its state_dict() '
                f'alone, and use that file.')
    return (f'{name} was refused and nothing in it was run: it is no checkpoint written by '
            f'torch.save, or it is damaged. Copy or download it again.')


def _some(keys: Iterable[str]) -> str:
    """The first few of ``keys`` as text."""
    listed = list(keys)
    more = f', and {len(listed) - _NAMED} more' if len(listed) > _NAMED else ''
    return ', '.join(listed[:_NAMED]) + more


def _listed(keys: list[str]) -> str:
    """The first few of ``keys`` in brackets, or nothing."""
    return f' ({_some(keys)})' if keys else ''
