"""What must not be in two parts of a split: clips, subjects, media, groups.

Each check yields what is wrong in words that name the offender.
"""
from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from mmfer.annotations import Annotations, Row, is_labelled

Parts = Mapping[str, Sequence[str]]
"""Clip ids by part, in the order train, selection, test."""


def clip_faults(parts: Parts) -> Iterator[str]:
    """Parts without a clip, with one twice, or that share one.

    A selection part with test clips in it is named as what it does: it chooses the model
    by its test score.
    """
    for part in ('train', 'test'):
        if not parts[part]:
            yield f'no clip in {part}'
    for part, clips in parts.items():
        if len(set(clips)) != len(clips):
            twice = min(clip for clip, count in Counter(clips).items() if count > 1)
            yield f'clip {twice!r} occurs twice in {part}'
    for one, other in combinations(parts, 2):
        shared = set(parts[one]) & set(parts[other])
        if not shared:
            continue
        fault = f'clip {min(shared)!r} is in {one} and in {other}'
        if (one, other) != ('selection', 'test'):
            yield fault
        elif shared == set(parts['test']) == set(parts['selection']):
            yield (f'{fault}, as are all others: the selection part is the test part, and would '
                   'choose the model by its test score')
        else:
            yield (f'{fault}, one of {len(shared)}: the selection part would choose the model by '
                   'clips that are tested')


def row_faults(parts: Parts, annotations: Annotations) -> Iterator[str]:
    """Clips that the annotation file lacks, or that have no label there."""
    for part, clips in parts.items():
        for clip in clips:
            row = annotations.by_clip.get(clip)
            if row is None:
                yield f'{part} has clip {clip!r}, which is not in {annotations.path}'
            elif not is_labelled(row):
                yield f'{part} has clip {clip!r}, which has no label'


def subject_faults(parts: Parts, annotations: Annotations) -> Iterator[str]:
    """Clips without a subject, and subjects in two parts, of a subject-disjoint protocol."""
    for part, clips in parts.items():
        for clip in clips:
            if 'subject' not in annotations.by_clip[clip]:
                yield (f'clip {clip!r} has no subject, so the protocol cannot be '
                       'subject-disjoint; set "subject_disjoint" to false')
    for subject, one, other in _in_two_parts(parts, annotations, 'subject'):
        yield f'subject {subject!r} is in {one} and in {other} of a subject-disjoint protocol'


def media_faults(parts: Parts, annotations: Annotations) -> Iterator[str]:
    """The same frames in two parts: one clip under two ids."""
    for frames, one, other in _in_two_parts(parts, annotations, 'frames'):
        yield (f'the frames {frames!r} are in {one} and in {other}: one clip under two ids; drop '
               'one of the rows')


def carving_faults(parts: Parts, annotations: Annotations, by: str) -> Iterator[str]:
    """Values of the column that the selection part was carved by in train and selection."""
    if by == 'clip' or not parts['selection']:
        return
    carved = {part: parts[part] for part in ('train', 'selection')}
    for part, clips in carved.items():
        for clip in clips:
            if by not in annotations.by_clip[clip]:
                yield (f'{part} has clip {clip!r}, which has no {by!r}, but "selection_by" says '
                       'that the selection part was carved by it')
    for value, one, other in _in_two_parts(carved, annotations, by):
        yield (f'{by} {value!r} is in {one} and in {other}, but "selection_by" says that the '
               'selection part was carved by it')


def _in_two_parts(parts: Parts, annotations: Annotations,
                  column: str) -> Iterator[tuple[str, str, str]]:
    """Values of a column that are in two parts, each with a clip of both."""
    found = {part: [_value(annotations.by_clip[clip], column) for clip in clips]
             for part, clips in parts.items()}
    sets = {part: set(values) for part, values in found.items()}
    for one, other in combinations(parts, 2):
        for value in sorted(sets[one] & sets[other]):
            first, second = (f'{part} (clip {parts[part][found[part].index(value)]!r})'
                             for part in (one, other))
            yield value, first, second


def _value(row: Row, column: str) -> str:
    """What a row says in a column; paths without detours."""
    value = str(row.get(column))
    # the check is a tenth of the price of the call, which most paths do not need
    if column == 'frames' and ('//' in value or '/.' in value or value[-1:] == '/'
                               or value[:2] == './'):
        return posixpath.normpath(value)
    return value
