"""Clips in none of whose frames a face was found: test clips without an answer.

They are in annotation and protocol, but no sample, so no model sees them. Scores over the
clips with a face leave them out; scores over all clips count them as missed.
"""
from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import PredictionError

__all__ = ['FacelessClip', 'faceless_clips', 'faceless_problem', 'faceless_records']


@dataclass(frozen=True)
class FacelessClip:
    """A test clip without an answer.

    Attributes:
        clip: Unique id of the clip.
        split: Split of the protocol in which it is to be tested.
        label: True class.
        subject: Who is seen, where known.
    """

    clip: str
    split: str
    label: int
    subject: str | None = None

    @property
    def labels(self) -> NDArray[np.int64]:
        """True class, (1,)."""
        return np.array([self.label], np.int64)


def faceless_records(clips: Iterable[FacelessClip]) -> list[dict[str, Any]]:
    """As the metadata of a predictions file lists them, sorted by split and clip."""
    return [asdict(clip) for clip in sorted(clips, key=lambda c: (c.split, c.clip))]


def faceless_clips(path: str, records: Any) -> tuple[FacelessClip, ...]:
    """From the metadata of a predictions file.

    Raises:
        PredictionError: They are not a list of objects with the fields of a clip.
    """
    kinds: dict[str, Any] = {'clip': str, 'split': str, 'label': int, 'subject': (str, type(None))}
    if not isinstance(records, list):
        raise PredictionError(f'{path}: metadata "faceless" must be a list, not {records!r}')
    for record in records:
        if (not isinstance(record, dict) or set(record) != set(kinds)
                or isinstance(record['label'], bool)
                or not all(isinstance(record[name], kind) for name, kind in kinds.items())):
            raise PredictionError(f'{path}: metadata "faceless": {record!r} is not an object of '
                                  f'{", ".join(kinds)}')
    return tuple(FacelessClip(**record) for record in records)


def faceless_problem(clips: Sequence[FacelessClip], answered: Collection[tuple[str, str]],
                     num_classes: int) -> str | None:
    """What is wrong with the faceless clips of a file; None where nothing is.

    Args:
        clips: The faceless clips.
        answered: (split, clip) of those with an answer.
        num_classes: C.
    """
    seen: set[tuple[str, str]] = set()
    for clip in clips:
        key, problem = (clip.split, clip.clip), None
        if not clip.clip:
            problem = 'its id is empty'
        elif not 0 <= clip.label < num_classes:
            problem = f'label {clip.label} is outside 0..{num_classes - 1}'
        elif key in answered:
            problem = 'it has an answer too'
        elif key in seen:
            problem = 'occurs twice in one split'
        if problem:
            return (f'metadata "faceless": clip {clip.clip!r} of split {clip.split!r}: '
                    f'{problem}')
        seen.add(key)
    return None
