"""What is said of a person at each frame, as pictures and tables show it.

Axes: n frames of the stay, M answers, C classes.
"""
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmfer.apis.answers import Answer
from mmfer.apis.people import Person
from mmfer.visualization.distinct import DistinctFrames

__all__ = ['attention_curve', 'deciding_frames', 'nearest_answer', 'relative_attention']


def nearest_answer(person: Person) -> NDArray[np.int64]:
    """Which answer of the timeline is shown on each frame of the stay, (n,); -1 for none.

    The one whose middle is nearest, where it covers the frame and there is an answer.
    """
    timeline, times_s = person.timeline, person.stay.times_s
    if timeline is None:
        return np.full(len(times_s), -1, np.int64)
    middles = (timeline.time_s[1:] + timeline.time_s[:-1]) / 2
    nearest = np.searchsorted(middles, times_s, side='right')
    covered = ((timeline.start_s[nearest] <= times_s) & (times_s <= timeline.end_s[nearest])
               & timeline.answered[nearest])
    return np.where(covered, nearest, -1)


def relative_attention(answer: Answer) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
    """The distinct sampled frames, ascending, and the weight of each.

    It is 1 if all frames that count weighed the same, and 0 of those that do not count. None of
    a method that weighs no frames.
    """
    if answer.importance is None:
        return None
    frames = DistinctFrames.of(answer.frames)
    share, even = frames.total(answer.importance), frames.total(answer.even_share)
    return frames.numbers, np.divide(share, even, out=np.zeros_like(even), where=even > 0)


def attention_curve(person: Person) -> NDArray[np.float64] | None:
    """Weight of each frame of the stay, (n,), 1 if all frames weighed the same.

    Of windows, that of the nearest sampled frame in the answer that is shown on the frame
    (:func:`nearest_answer`); NaN where there is none. None of a method that weighs no frames.
    """
    timeline = person.timeline
    if timeline is None or not any(answer is not None and answer.importance is not None
                                   for answer in timeline.answers):
        return None
    shown, numbers = nearest_answer(person), person.stay.numbers
    curve = np.full(len(numbers), np.nan)
    for place in np.unique(shown[shown >= 0]).tolist():
        answer = timeline.answers[place]
        found = None if answer is None else relative_attention(answer)
        if found is not None:
            frames, weights = found
            rows = np.flatnonzero(shown == place)
            edges = (frames[1:] + frames[:-1]) / 2
            curve[rows] = weights[np.searchsorted(edges, numbers[rows])]
    return curve


def deciding_frames(answer: Answer, most: int = 8) -> tuple[NDArray[np.int64], list[str], str]:
    """The frames that an answer rests on most, ascending; a text for each; what they are.

    Those with the highest weights, and never one of no weight; of a model that answers for
    every frame those that are surest of the answer; of one that weighs nothing evenly spaced
    sampled ones.
    """
    found = relative_attention(answer)
    if found is not None:
        weighed = found[1] > 0
        numbers, values = found[0][weighed], found[1][weighed]
        title, text = 'Frames that decided: the highest attention', 'attention × {:.2f}'
    elif answer.frame_probabilities is not None:
        numbers = answer.frames
        best = int(answer.probabilities.argmax())
        values = answer.frame_probabilities[:, best].astype(np.float64)
        title, text = f'Frames that are surest of {answer.label}', 'probability {:.3f}'
    else:
        numbers = np.unique(answer.frames)
        rows = np.unique(np.linspace(0, len(numbers) - 1, most).round().astype(np.int64))
        return numbers[rows], [''] * len(rows), 'Some of the frames; the method weighs none'
    rows = np.sort(np.argsort(-values, kind='stable')[:most])
    return numbers[rows], [text.format(values[row]) for row in rows.tolist()], title
