"""Checks a finished submission: that every frame asked for is answered, in the right form."""
from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.submission import ONE_FILE, Edition, location

__all__ = ['check_submission', 'submission_problems']

_SHOWN = 10


def check_submission(folder: str | os.PathLike[str], wanted: Mapping[str, NDArray[np.int64]],
                     edition: Edition) -> int:
    """Number of answers in a folder that is a valid submission.

    Args:
        folder: Holds the files.
        wanted: Frame numbers (n,) by video, in the order of the submission.
        edition: For which challenge.

    Raises:
        PredictionError: It is not valid; the message lists up to ten problems.
    """
    problems = list(submission_problems(folder, wanted, edition))
    if problems:
        more = len(problems) - _SHOWN
        raise PredictionError('\n'.join([f'{folder}: not a valid submission:', *problems[:_SHOWN],
                                         *([f'and {more} more'] if more > 0 else [])]))
    return sum(map(len, wanted.values()))


def submission_problems(folder: str | os.PathLike[str],
                        wanted: Mapping[str, NDArray[np.int64]],
                        edition: Edition) -> Iterator[str]:
    """Yields what is wrong with a submission, each named by file and line."""
    root = Path(folder)
    if not root.is_dir():
        yield f'{root}: no such folder'
        return
    names = [ONE_FILE] if edition.one_file else [f'{video}.txt' for video in wanted]
    there = {path.name for path in root.iterdir()}
    for name in sorted(there - set(names)):
        yield f'{name}: belongs to no video of the test list'
    for name in names:
        if name not in there:
            yield f'{name}: is missing'
            continue
        try:
            lines = (root / name).read_bytes().decode().split('\n')
        except (OSError, UnicodeDecodeError) as error:
            yield f'{name}: cannot be read ({error})'
            continue
        if lines[-1] == '':  # the end of the last line
            lines.pop()
        expected = [location(video, number) for video, numbers in wanted.items()
                    for number in numbers.tolist()] if edition.one_file else [
                        ''] * len(wanted[name[:-4]])
        yield from _file_problems(name, lines, expected, edition)


def _file_problems(name: str, lines: list[str], expected: list[str],
                   edition: Edition) -> Iterator[str]:
    """Problems of one file; ``expected`` holds the image location of each answer, or ''."""
    if not lines or lines[0] != edition.header:
        first = lines[0] if lines else ''
        yield f'{name}, line 1: {first!r} is not the header {edition.header!r}'
        return
    answers = lines[1:]
    if len(answers) != len(expected):
        yield f'{name}: {len(answers)} answers for {len(expected)} frames'
    codes = {str(code) for code in edition.codes}
    for number, (line, place) in enumerate(zip(answers, expected), start=2):
        found, comma, code = line.rpartition(',')
        if found != place or (comma == ',') != edition.one_file:
            wanted = f'"{place},<code>"' if place else 'a single code'
            yield f'{name}, line {number}: {line!r} is not {wanted}'
            return  # all lines after it are off by as much
        if code not in codes:
            yield (f'{name}, line {number}: {code!r} is no code {min(edition.codes)}..'
                   f'{max(edition.codes)}')
