"""Where a long clip was, so that it goes on from there when its process is gone."""
from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.fileio import atomic_write

__all__ = ['EVERY_S', 'Checkpoint', 'read_checkpoint', 'write_checkpoint']

EVERY_S = 30.
"""Seconds of video after which the next checkpoint is made."""
_NAME = 'checkpoint.npz'
_ABOUT = 'about'
_STREAM = 'stream.'


@dataclass(frozen=True)
class Checkpoint:
    """All that extraction knows between two frames.

    Attributes:
        number: Of the frame from which on the video has to be read again: the oldest one whose
            faces may still change, or else the next one.
        about: JSON: what it belongs to and what was counted so far.
        stream: State of the pipeline.
    """

    number: int
    about: Mapping[str, Any]
    stream: Mapping[str, NDArray[Any]]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replaces the checkpoint of a clip's work folder, whole."""
    about = json.dumps({'number': checkpoint.number, **checkpoint.about}).encode()
    arrays: dict[str, Any] = {_ABOUT: np.frombuffer(about, np.uint8)}
    arrays.update((f'{_STREAM}{name}', array) for name, array in checkpoint.stream.items())
    with atomic_write(folder / _NAME) as temporary, temporary.open('wb') as file:
        # an open file, for a path without the suffix would get it
        np.savez(file, **arrays)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The checkpoint of a clip's work folder; None where there is none, or a damaged one."""
    try:
        with np.load(folder / _NAME, allow_pickle=False) as arrays:
            about = json.loads(arrays[_ABOUT].tobytes())
            stream = {name[len(_STREAM):]: arrays[name] for name in arrays.files
                       if name.startswith(_STREAM)}
        return Checkpoint(about.pop('number'), about, stream)
    # what NumPy, zipfile and json raise on files that are not whole, or of another kind
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, AttributeError,
            TypeError):
        return None
