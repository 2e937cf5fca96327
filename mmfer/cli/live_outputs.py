"""Answers of live video as lines of JSON and as rows of a CSV file."""
from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmfer.apis.live import LiveFrame
from mmfer.apis.streaming import StreamAnswer
from mmfer.cli.analysis_tables import answer_json
from mmfer.fileio import atomic_write

__all__ = ['COLUMNS', 'LiveRecord', 'answer_line', 'open_record']

COLUMNS = ('frame', 'time_s', 'id', 'seen', 'coverage', 'label')
"""Columns of the record before those of the classes' probabilities."""
_DIGITS = 6


def answer_line(answer: StreamAnswer, time_s: float, classes: Sequence[str]) -> str:
    """One answer as a line of JSON, that of the moment with what the window's rests on.

    Of the attention, what is one number for each sampled frame or clip is given, ``frames``
    being the numbers of the sampled frames; maps are left out.
    """
    window = replace(answer.window, label=answer.label, probabilities=answer.now)
    return json.dumps(dict(frame=answer.frame, time_s=round(time_s, _DIGITS), id=answer.id,
                           seen=answer.seen, coverage=round(answer.coverage, _DIGITS),
                           **answer_json(window, tuple(classes))))


class LiveRecord:
    """Rows of answers, written as they come.

    Args:
        file: Open for text.
        classes: Names of the classes.
    """

    def __init__(self, file: Any, classes: Sequence[str]) -> None:
        self._writer = csv.writer(file)
        self._writer.writerow([*COLUMNS, *classes])
        self.rows = 0

    def write(self, live: LiveFrame) -> None:
        """Adds a row for each answer that was given with a frame."""
        for answer in live.fresh:
            self._writer.writerow([
                answer.frame, round(live.faces.frame.time_s, _DIGITS), answer.id,
                int(answer.seen), round(answer.coverage, _DIGITS), answer.label,
                *_rounded(answer.now)])
            self.rows += 1


@contextmanager
def open_record(path: str | Path, classes: Sequence[str]) -> Iterator[LiveRecord]:
    """A CSV file that takes its place, whole, when the body ends without an error."""
    with atomic_write(path) as temporary, \
            open(temporary, 'w', encoding='utf-8', newline='') as file:
        yield LiveRecord(file, classes)


def _rounded(values: Any) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
