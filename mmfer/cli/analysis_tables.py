"""What was found out about a video, as JSON and CSV."""
from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from mmfer.apis import Answer, Person, VideoAnalysis
from mmfer.cli.common import readable
from mmfer.fileio import atomic_write

__all__ = ['answer_json', 'person_json', 'timeline_json', 'write_timeline_csv']


def answer_json(answer: Answer, classes: tuple[str, ...]) -> dict[str, Any]:
    """An answer; of attention what has one number for each sampled frame or clip."""
    return dict(
        label=answer.label, probabilities=_by_class(classes, answer.probabilities),
        frames=answer.frames.tolist(), num_clips=answer.clips[0],
        attention={name: _numbers(weights) for name, weights in answer.attention.items()
                   if weights.ndim == 1})


def person_json(person: Person, classes: tuple[str, ...]) -> dict[str, Any]:
    """A person without the timeline."""
    stay = person.stay
    return dict(
        id=stay.id, shot=stay.shot, first_frame=int(stay.numbers[0]),
        last_frame=int(stay.numbers[-1]), start_s=_number(stay.times_s[0]),
        end_s=_number(stay.times_s[-1]), face_status=stay.runs(), coverage=_number(person.coverage),
        crops=person.crops,
        answer=None if person.answer is None else answer_json(person.answer, classes))


def timeline_json(analysis: VideoAnalysis, person: Person) -> dict[str, Any]:
    """The timeline of a person who has one.

    ``answer`` of an entry is null where coverage is too low.
    """
    timeline = person.timeline
    assert timeline is not None
    entries = []
    for place, answered in enumerate(timeline.answered.tolist()):
        entry: dict[str, Any] = dict(
            time_s=_number(timeline.time_s[place]), start_s=_number(timeline.start_s[place]),
            end_s=_number(timeline.end_s[place]), first_frame=int(timeline.first_frame[place]),
            last_frame=int(timeline.last_frame[place]),
            coverage=_number(timeline.coverage[place]), answer=None)
        answer = timeline.answers[place] if timeline.answers else None
        if answer is not None:
            entry['answer'] = answer_json(answer, analysis.classes)
        elif answered:
            scores = timeline.probabilities[place]
            entry['answer'] = dict(label=analysis.classes[int(scores.argmax())],
                                   probabilities=_by_class(analysis.classes, scores))
        entries.append(entry)
    return dict(video=readable(analysis.name), person=person.id, kind=timeline.kind,
                classes=list(analysis.classes), entries=entries)


def write_timeline_csv(path: Path, analysis: VideoAnalysis, person: Person) -> None:
    """A row for each entry of a person's timeline.

    Columns: time_s, start_s, end_s, first_frame, last_frame, coverage, label, a probability for
    each class; and, of windows, ``frames``, the numbers of the sampled frames, with a column for
    each attention that has one number for each of these (or for each clip): values are
    separated by blanks, in the order of ``frames``. Without an answer all of these are empty.
    """
    timeline = person.timeline
    assert timeline is not None
    names = list(dict.fromkeys(name for answer in timeline.answers if answer is not None
                               for name in answer.attention))
    frames = ['frames'] if timeline.kind == 'windows' else []
    with atomic_write(path) as temporary, open(temporary, 'w', newline='', encoding='utf-8') as f:
        writer = csv.writer(f)
        writer.writerow(['time_s', 'start_s', 'end_s', 'first_frame', 'last_frame', 'coverage',
                         'label', *analysis.classes, *frames, *names])
        for place, answered in enumerate(timeline.answered.tolist()):
            row: list[Any] = [f'{value[place]:.4f}' for value in (
                timeline.time_s, timeline.start_s, timeline.end_s)]
            row += [timeline.first_frame[place], timeline.last_frame[place],
                    f'{timeline.coverage[place]:.4f}']
            if answered:
                scores = timeline.probabilities[place]
                row += [analysis.classes[int(scores.argmax())], *map(_short, scores)]
                answer = timeline.answers[place] if timeline.answers else None
                if answer is not None:
                    row.append(' '.join(map(str, answer.frames.tolist())))
                    row += [' '.join(map(_short, answer.attention[name])) for name in names]
            writer.writerow([*row, *[''] * (7 + len(analysis.classes) + len(frames + names)
                                            - len(row))])


def _by_class(classes: tuple[str, ...], scores: np.ndarray) -> dict[str, float | None]:
    return dict(zip(classes, _numbers(scores), strict=True))


def _numbers(values: np.ndarray) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    """A number in the digits that float32 has, null where it is not finite."""
    return float(f'{value:.7g}') if np.isfinite(value) else None


def _short(value: float) -> str:
    return f'{value:.6g}'
