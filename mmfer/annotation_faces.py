"""Checks of what an annotation row says of the faces in its video.

``face_status`` holds the status of every frame 1..N of the video
(:mod:`mmfer.faces.status_runs`), also of those of which there is no crop; ``coverage`` beside it
is the share of frames that are found or tracked. A row of crops lists as present what is found,
tracked or interpolated, less the crops that are missing or unreadable.
"""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from mmfer.errors import LedgerError
from mmfer.faces.status_runs import CROPPED, frames_of, parse_runs, seen_share

__all__ = ['COVERAGE_TOLERANCE', 'face_problem']

COVERAGE_TOLERANCE = 1e-4
"""How far ``coverage`` may be from what ``face_status`` says: shares are written rounded."""
_ABSENT = object()


def face_problem(text: Any, num_frames: int, numbers: Sequence[int] | None = None,
                 coverage: Any = _ABSENT) -> tuple[str, int]:
    """What is wrong with a row's ``face_status`` and ``coverage``, and the video's frames N.

    Args:
        text: ``face_status``.
        num_frames: Frames present.
        numbers: Their ascending numbers; 1..num_frames where there are none.
        coverage: As the row has it.

    Returns:
        The fault as "field 'x': ...", or ''; and N, 0 where there is a fault.
    """
    if not isinstance(text, str):
        return f"field 'face_status': {text!r} is not a text", 0
    try:
        runs = parse_runs(text)
    except LedgerError as error:
        return f"field 'face_status': {error}", 0
    total = frames_of(runs)
    last = num_frames if numbers is None else numbers[-1] if numbers else 0
    if total < last:
        return (f"field 'face_status': it is of {total} frames, but the last frame present is "
                f'number {last}'), 0
    behind = 0
    for status, count in runs:
        first, behind = behind + 1, behind + count
        if status not in CROPPED and _first_from(first, num_frames, numbers) <= behind:
            return (f"field 'face_status': frame {_first_from(first, num_frames, numbers)} is "
                    f'{status}, but it is among the frames present'), 0
    if coverage is not _ABSENT:
        expected = seen_share(runs)
        if (type(coverage) not in (int, float)
                or not abs(coverage - expected) <= COVERAGE_TOLERANCE):
            return (f"field 'coverage': {coverage!r} is not {expected:.6g}, the share of frames "
                    'found or tracked of face_status'), 0
    return '', total


def _first_from(number: int, num_frames: int, numbers: Sequence[int] | None) -> float:
    """The first frame present from ``number`` on; infinity where there is none."""
    if numbers is None:
        return number if number <= num_frames else float('inf')
    place = bisect_left(numbers, number)
    return numbers[place] if place < len(numbers) else float('inf')
