"""Protocols of divisions that a corpus comes with: a column of the annotation, or lists of clips.

Where a division has no selection part, one is carved out of its training part: by subject
where that is known of every clip there, else by a column such as the source movie where one is
named, else by clip. The protocol file says which (``selection_by``).
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmfer.annotations import Annotations, Row
from mmfer.errors import ProtocolError
from mmfer.protocols.assembly import (
    SELECTION_SHARE,
    check_enough,
    clip_ids,
    column_value,
    labelled_rows,
    make_kfold,
    make_protocol,
    make_split,
)
from mmfer.protocols.division import carve_rows, deal, have_subjects, is_disjoint, natural
from mmfer.protocols.schema import GIVEN, PARTS, Protocol, Split

SPLIT_VALUES = {'train': 'train', 'training': 'train', 'val': 'selection',
                'valid': 'selection', 'validation': 'selection', 'selection': 'selection',
                'test': 'test', 'testing': 'test'}
_NAMED = 5  # clips in a message


@dataclass(frozen=True)
class Division:
    """One published division, as the files of a corpus list it.

    Attributes:
        name: Of the split, such as ``'fold1'``.
        train: Clip ids.
        test: Clip ids.
        selection: Clip ids of the validation part; () where none is published.
    """

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    selection: tuple[str, ...] = ()


def published_splits(annotations: Annotations, name: str, divisions: Sequence[Division],
                     group: str | None = None, seed: int = 0,
                     selection: float = SELECTION_SHARE) -> Protocol:
    """The protocol of divisions that were read from the user's copy of a corpus.

    It is subject-disjoint where every clip has a subject and none is in two parts of a
    split, and says so; whether it is, is up to the corpus. Clips of the annotation that no
    division names are allowed: :func:`left_out` has them.

    Args:
        annotations: The annotation file.
        name: Of the protocol.
        divisions: One for each split. All have a selection part, or none has.
        group: Column that selection parts are carved by where not every clip that trains has
            a subject.
        seed: Of the selection parts that are carved.
        selection: Their share of the training parts' clips.

    Raises:
        ProtocolError: A division leaks, names a clip that the annotation lacks or that has
            no label, or a clip has no value in ``group``.
    """
    for division in divisions:
        _check_known(annotations, division)
    given = [division for division in divisions if division.selection]
    if not divisions or 0 < len(given) < len(divisions):
        raise ProtocolError(f'{annotations.path}: {len(given)} of {len(divisions)} divisions have '
                            'a selection part; give at least one division, and a selection part '
                            'in all or in none')
    rows = [[_rows(annotations, getattr(division, part)) for part in PARTS]
            for division in divisions]
    by = GIVEN if given else _carved_by(
        annotations, [row for train, *_ in rows for row in train], group)
    splits = []
    for division, (train, inner, test) in zip(divisions, rows, strict=True):
        trained, selected = clip_ids(train), clip_ids(inner)
        if not given:
            trained, selected = carve_rows(train, by, selection, seed, division.name)
        splits.append(make_split(division.name, trained, selected, clip_ids(test)))
    disjoint = all(_disjoint(annotations, split) for split in splits)
    return make_protocol(annotations, name, disjoint, seed, splits, by)


def left_out(protocol: Protocol, annotations: Annotations) -> tuple[str, ...]:
    """Labelled clips of the annotation that are in no part of any split, sorted."""
    used = {clip for split in protocol.splits for part in PARTS for clip in getattr(split, part)}
    return tuple(row['clip'] for row in annotations.labelled if row['clip'] not in used)


def column_folds(annotations: Annotations, column: str = 'fold', seed: int = 0,
                 selection: float = SELECTION_SHARE, group: str | None = None) -> Protocol:
    """Folds that a column of the annotation gives: each of its values is tested in turn.

    Splits are named after the values: ``fold1`` for 1 or '1' or 'fold1'. The protocol is
    subject-disjoint where every clip has a subject and none is in two folds. ``group``: see
    :func:`published_splits`.
    """
    rows = labelled_rows(annotations)
    values = sorted({column_value(annotations, row, column) for row in rows}, key=natural)
    check_enough(annotations, len(values), 2, f'values in column {column!r}')
    place = {value: index for index, value in enumerate(values)}
    parts = deal(rows, lambda row: place[column_value(annotations, row, column)],
                 range(len(values)))
    names = [value if value.startswith('fold') else f'fold{value}' for value in values]
    return make_kfold(annotations, f'column-{column}', is_disjoint(parts), seed, selection, parts,
                      _carved_by(annotations, rows, group), names)


def column_split(annotations: Annotations, column: str = 'split', seed: int = 0,
                 selection: float = SELECTION_SHARE, group: str | None = None) -> Protocol:
    """The one division that a column with 'train', 'test' and maybe 'val' gives (split1).

    Without 'val' the selection part is carved out of the training part. ``group``: see
    :func:`published_splits`.
    """
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    for row in labelled_rows(annotations):
        value = column_value(annotations, row, column)
        if value.lower() not in SPLIT_VALUES:
            raise ProtocolError(f'{annotations.path}: clip {row["clip"]!r}: column {column!r} is '
                                f'{value!r}, not one of {", ".join(SPLIT_VALUES)}')
        parts[SPLIT_VALUES[value.lower()]].append(row['clip'])
    for part in ('train', 'test'):
        if not parts[part]:
            raise ProtocolError(f'{annotations.path}: column {column!r} has no {part!r} rows; '
                                "call the part that scores are reported on 'test'")
    division = Division('split1', **{part: tuple(clips) for part, clips in parts.items()})
    return published_splits(annotations, f'column-{column}', [division], group, seed, selection)


def _carved_by(annotations: Annotations, rows: list[Row], group: str | None) -> str:
    """The column that selection parts of these rows are carved by."""
    if have_subjects(rows):
        return 'subject'
    if group is None:
        return 'clip'
    if group == GIVEN:
        raise ProtocolError(f'{annotations.path}: a column to carve by cannot be called {GIVEN!r}, '
                            'which stands for a selection part that is published')
    for row in rows:
        column_value(annotations, row, group)
    return group


def _check_known(annotations: Annotations, division: Division) -> None:
    """Refuses clips that the annotation file lacks."""
    for part in PARTS:
        unknown = sorted(set(getattr(division, part)) - annotations.by_clip.keys())
        if unknown:
            more = f' and {len(unknown) - _NAMED} more' if len(unknown) > _NAMED else ''
            raise ProtocolError(
                f'{annotations.path}: {part} of {division.name!r} names {len(unknown)} clips '
                f'that are not in it: {", ".join(map(repr, unknown[:_NAMED]))}{more}; complete '
                'the copy of the corpus, or leave them out of the division')


def _rows(annotations: Annotations, clips: Iterable[str]) -> list[Row]:
    return [annotations.by_clip[clip] for clip in clips]


def _disjoint(annotations: Annotations, split: Split) -> bool:
    return is_disjoint([_rows(annotations, getattr(split, part)) for part in PARTS])
