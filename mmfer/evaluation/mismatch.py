"""Why predictions do not belong together, down to the clips and subjects that show it."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mmfer.errors import MismatchError, PredictionError
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.predictions import ClipPrediction

OF_DIVISION = ('annotation_hash', 'protocol_name', 'protocol_hash', 'subject_disjoint')
"""Metadata that differs where annotation file or protocol do."""

Entry = ClipPrediction | FramePredictions


def mismatch(key: str, text: str, a: Sequence[Entry], b: Sequence[Entry]) -> PredictionError:
    """The error to raise where predictions differ in ``key`` of their metadata.

    Args:
        key: What differs.
        text: Says so, and names the files.
        a: Predictions of one side.
        b: Predictions of the other.

    Returns:
        A MismatchError that names a clip or subject on which the sides differ, where
        annotation or protocol do; otherwise a PredictionError with ``text``.
    """
    if key not in OF_DIVISION:
        return PredictionError(text)
    shown = difference(a, b)
    return MismatchError(f'{text} ({shown})' if shown else text)


def difference(a: Sequence[Entry], b: Sequence[Entry]) -> str:
    """A clip or subject by which two sides' annotations or splits differ; '' if none shows.

    In this order: a clip with another subject or label, a split that tests other clips, a
    clip and a subject tested in other splits.
    """
    one, other = ({entry.clip: entry for entry in side} for side in (a, b))
    for clip in sorted(one.keys() & other.keys()):
        for what, differs in (('subject', one[clip].subject != other[clip].subject),
                              ('label', not _same_labels(one[clip], other[clip]))):
            if differs:
                return f'clip {clip!r} has another {what}'
    tested = [_by((entry.split, entry.clip) for entry in side) for side in (a, b)]
    for split in sorted(tested[0].keys() & tested[1].keys()):
        apart = tested[0][split] ^ tested[1][split]
        if apart:
            return f'in one of them alone, split {split!r} tests clip {min(apart)!r}'
    for what in ('clip', 'subject'):
        places = [_by((getattr(entry, what), entry.split) for entry in side
                      if getattr(entry, what) is not None) for side in (a, b)]
        for name in sorted(places[0].keys() & places[1].keys()):
            if places[0][name] != places[1][name]:
                return (f'{what} {name!r} is tested in {_listed(places[0][name])} of one and in '
                        f'{_listed(places[1][name])} of the other')
    return ''


def _same_labels(a: Entry, b: Entry) -> bool:
    if isinstance(a, FramePredictions) and isinstance(b, FramePredictions):
        return (np.array_equal(a.labels, b.labels)
                and np.array_equal(a.frame_numbers, b.frame_numbers))
    return (isinstance(a, FramePredictions) == isinstance(b, FramePredictions)
            and getattr(a, 'label', None) == getattr(b, 'label', None))


def _by(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The second ones of pairs, by the first."""
    result: dict[str, set[str]] = {}
    for key, value in pairs:
        result.setdefault(key, set()).add(value)
    return result


def _listed(names: set[str]) -> str:
    return ', '.join(map(repr, sorted(names)))
