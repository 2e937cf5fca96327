"""The statuses of a video's frames as text, run by run: ``found*12 tracked*3 absent*5``.

Each run is a status and a number of successive frames; runs cover the frames 1..N of the video
without a gap, and neighbours differ, so that equal statuses are equal texts. The blank in ``too
small`` is written as an underscore.
"""
from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import groupby
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import LedgerError
from mmfer.faces.structures import FOUND, INTERPOLATED, TRACKED, Status

__all__ = ['CROPPED', 'MOST_FRAMES', 'SEEN', 'Runs', 'cut_runs', 'format_runs', 'frames_of',
           'frames_with', 'parse_runs', 'seen_share']

SEEN: tuple[Status, ...] = (FOUND, TRACKED)
"""Statuses of frames on which the face was seen: those that coverage counts."""
CROPPED: tuple[Status, ...] = (*SEEN, INTERPOLATED)
"""Statuses of frames of which there is a crop."""

MOST_FRAMES = 2**31 - 1
"""Frames of a video at most."""

Runs = tuple[tuple[Status, int], ...]
"""(status, number of frames) from the first frame to the last."""

_WORDS: dict[str, Status] = {status.replace(' ', '_'): status for status in get_args(Status)}
_RUN = rf'(?:{"|".join(_WORDS)})\*[1-9][0-9]{{0,9}}'
_TEXT = re.compile(rf'{_RUN}(?: {_RUN})*')


def format_runs(statuses: Iterable[Status]) -> str:
    """The text of a status for each frame 1..N; '' for no frame.

    Raises:
        LedgerError: There is no such status.
    """
    runs = []
    for status, same in groupby(statuses):
        word = status.replace(' ', '_')
        if word not in _WORDS:
            raise LedgerError(f'{status!r} is not one of the statuses {", ".join(_WORDS.values())}')
        runs.append(f'{word}*{sum(1 for _ in same)}')
    return ' '.join(runs)


def parse_runs(text: str) -> Runs:
    """The runs of a text.

    Raises:
        LedgerError: It is not written as the module's text says, or of too many frames.
    """
    if not _TEXT.fullmatch(text):
        raise LedgerError(f'{text[:80]!r} is not runs of statuses, such as "found*12 absent*5", of '
                          f'{", ".join(_WORDS)}')
    runs = []
    for run in text.split(' '):
        word, _, count = run.partition('*')
        runs.append((_WORDS[word], int(count)))
    for (status, _), (following, _) in zip(runs, runs[1:]):
        if status == following:
            raise LedgerError(f'{text[:80]!r}: two runs of {status!r} follow each other; write one')
    found = tuple(runs)
    if frames_of(found) > MOST_FRAMES:
        raise LedgerError(f'{text[:80]!r}: more than {MOST_FRAMES} frames')
    return found


def frames_of(runs: Runs) -> int:
    """Number of frames N of the video."""
    return sum(count for _, count in runs)


def frames_with(runs: Runs, statuses: Collection[Status]) -> NDArray[np.bool_]:
    """Which of the frames 1..N have one of some statuses, (N,) bool."""
    return np.repeat([status in statuses for status, _ in runs],
                     np.array([count for _, count in runs], np.int64))


def seen_share(runs: Runs) -> float:
    """Share of the frames that are found or tracked, in [0, 1]: the coverage."""
    seen = sum(count for status, count in runs if status in SEEN)
    return seen / frames_of(runs)


def cut_runs(text: str, count: int) -> str:
    """The text of the first ``count`` frames, at least 1, or of all where there are no more.

    Raises:
        LedgerError: As :func:`parse_runs`.
    """
    kept, left = [], count
    for status, length in parse_runs(text):
        if left > 0:
            kept.append(f'{status.replace(" ", "_")}*{min(length, left)}')
        left -= length
    return ' '.join(kept)
