"""Protocols made from an annotation file.

Each maker is a function of the sorted annotation and a seed alone. Only rows with a label
take part.
"""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from mmfer.annotations import Annotations, Row
from mmfer.errors import ProtocolError
from mmfer.protocols.division import (
    carve,
    carve_rows,
    class_counts,
    deal,
    is_disjoint,
    natural,
    share_of,
    shuffled,
)
from mmfer.protocols.schema import PARTS, Protocol, Split

SELECTION_SHARE = 0.2
"""Share of the training side's clips that the selection part gets."""

SPLIT_VALUES = {'train': 'train', 'training': 'train', 'val': 'selection',
                'valid': 'selection', 'validation': 'selection', 'selection': 'selection',
                'test': 'test', 'testing': 'test'}


def step_kfold(annotations: Annotations, folds: int = 10, seed: int = 0,
               selection: float = SELECTION_SHARE) -> Protocol:
    """Subject-disjoint folds by counting: CK+'s protocol.

    The labelled subjects in ascending order are dealt out in turn, so every tenth is in one
    fold: subject number i goes to fold i % folds + 1 (Meng et al., ICIP 2019, section 3.1).
    """
    rows = _labelled(annotations)
    subjects = sorted({_subject(annotations, row) for row in rows})
    _enough(annotations, len(subjects), folds, 'labelled subjects')
    fold_of = {subject: index % folds for index, subject in enumerate(subjects)}
    return _kfold(annotations, f'{folds}fold-step', True, seed, selection,
                  deal(rows, lambda row: fold_of[row['subject']], range(folds)))


def subject_kfold(annotations: Annotations, folds: int, seed: int = 0,
                  selection: float = SELECTION_SHARE) -> Protocol:
    """Subject-disjoint folds with about equal classes; of clips where none has a subject.

    Subjects, those with most clips first, go one by one into the fold that has the least of
    the subject's own classes so far. Without subjects the same is done clip by clip, and
    the protocol does not claim to be subject-disjoint.
    """
    rows = _labelled(annotations)
    disjoint = any('subject' in row for row in rows)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_subject(annotations, row) if disjoint else row['clip']].append(row)
    _enough(annotations, len(groups), folds, 'labelled subjects' if disjoint else 'clips')
    classes = {name: class_counts(members) for name, members in groups.items()}
    totals = class_counts(rows)
    filled: list[Counter[int]] = [Counter() for _ in range(folds)]
    sizes = [0] * folds
    fold_of = {}
    for name in sorted(shuffled(groups, seed, 'folds'), key=lambda name: -len(groups[name])):
        def crowding(fold: int, own: Counter[int] = classes[name]) -> tuple[Fraction, int, int]:
            shares = (Fraction(filled[fold][label] * count, totals[label])
                      for label, count in own.items())
            return sum(shares, Fraction()), sizes[fold], fold

        fold = min(range(folds), key=crowding)
        fold_of[name] = fold
        filled[fold].update(classes[name])
        sizes[fold] += len(groups[name])
    return _kfold(annotations, f'{folds}fold-{"subject" if disjoint else "clip"}', disjoint,
                  seed, selection,
                  deal(rows, lambda row: fold_of[row['subject' if disjoint else 'clip']],
                      range(folds)))


def random_splits(annotations: Annotations, repeats: int = 10, test: float = 0.2,
                  selection: float = SELECTION_SHARE, seed: int = 0) -> Protocol:
    """Repeated random divisions of clips; subjects are shared between training and test.

    Args:
        annotations: The annotation file.
        repeats: Number of splits.
        test: Share of the clips that test.
        selection: Share of the rest that selects.
        seed: Another seed gives other splits.
    """
    clips = [row['clip'] for row in _labelled(annotations)]
    num_test = share_of(test, len(clips))
    if not 0 < num_test < len(clips):
        raise ProtocolError(f'{annotations.path}: {len(clips)} labelled clips cannot be divided '
                            f'with a share of {test} for testing')
    splits = []
    for index in range(1, repeats + 1):
        name = f'split{index}'
        order = shuffled(clips, seed, name)
        train, inner = carve([[clip] for clip in order[num_test:]], selection)
        splits.append(_split(name, train, inner, order[:num_test]))
    return _protocol(annotations, f'random{round(100 * (1 - test))}', False, seed, splits)


def column_folds(annotations: Annotations, column: str = 'fold', seed: int = 0,
                 selection: float = SELECTION_SHARE) -> Protocol:
    """Folds that a column of the annotation gives: each of its values is tested in turn.

    Splits are named after the values: ``fold1`` for 1 or '1' or 'fold1'. The protocol is
    subject-disjoint where every clip has a subject and none is in two folds.
    """
    rows = _labelled(annotations)
    values = sorted({_value(annotations, row, column) for row in rows}, key=natural)
    _enough(annotations, len(values), 2, f'values in column {column!r}')
    parts = deal(rows, lambda row: values.index(_value(annotations, row, column)),
                range(len(values)))
    names = [value if value.startswith('fold') else f'fold{value}' for value in values]
    return _kfold(annotations, f'column-{column}', is_disjoint(parts), seed, selection, parts,
                  names)


def column_split(annotations: Annotations, column: str = 'split', seed: int = 0,
                 selection: float = SELECTION_SHARE) -> Protocol:
    """The one division that a column with 'train', 'test' and maybe 'val' gives (split1).

    Without 'val' the selection part is carved out of the training part.
    """
    rows = _labelled(annotations)
    parts: dict[str, list[Row]] = {part: [] for part in PARTS}
    for row in rows:
        value = _value(annotations, row, column)
        if value.lower() not in SPLIT_VALUES:
            raise ProtocolError(f'{annotations.path}: clip {row["clip"]!r}: column {column!r} is '
                                f'{value!r}, not one of {", ".join(SPLIT_VALUES)}')
        parts[SPLIT_VALUES[value.lower()]].append(row)
    for part in ('train', 'test'):
        if not parts[part]:
            raise ProtocolError(f'{annotations.path}: column {column!r} has no {part!r} rows; '
                                "call the part that scores are reported on 'test'")
    disjoint = is_disjoint(list(parts.values()))
    train, inner = _clips(parts['train']), _clips(parts['selection'])
    if not inner:
        train, inner = carve_rows(parts['train'], disjoint, selection, seed, 'split1')
    split = _split('split1', train, inner, _clips(parts['test']))
    return _protocol(annotations, f'column-{column}', disjoint, seed, [split])


def _kfold(annotations: Annotations, name: str, disjoint: bool, seed: int, selection: float,
           parts: Sequence[list[Row]], names: Sequence[str] | None = None) -> Protocol:
    """The protocol that tests each of ``parts`` in turn and trains on the others."""
    names = names or [f'fold{index + 1}' for index in range(len(parts))]
    splits = []
    for index, (split_name, test) in enumerate(zip(names, parts)):
        others = [row for other, part in enumerate(parts) if other != index for row in part]
        train, inner = carve_rows(others, disjoint, selection, seed, split_name)
        splits.append(_split(split_name, train, inner, _clips(test)))
    return _protocol(annotations, name, disjoint, seed, splits)


def _labelled(annotations: Annotations) -> list[Row]:
    if not annotations.labelled:
        raise ProtocolError(f'{annotations.path}: no clip has a label, so nothing can be divided')
    return annotations.labelled


def _subject(annotations: Annotations, row: Row) -> str:
    return _value(annotations, row, 'subject')


def _value(annotations: Annotations, row: Row, column: str) -> str:
    value: Any = row.get(column)
    if value is None or value == '':
        raise ProtocolError(f'{annotations.path}: clip {row["clip"]!r} has no {column!r}, which '
                            'the protocol divides by; fill it in, or drop the clip')
    return str(value)


def _enough(annotations: Annotations, have: int, folds: int, what: str) -> None:
    if folds < 2 or have < folds:
        raise ProtocolError(f'{annotations.path}: {have} {what} do not make {folds} folds '
                            '(at least 2 folds, none empty)')


def _clips(rows: Iterable[Row]) -> list[str]:
    return [row['clip'] for row in rows]


def _split(name: str, train: list[str], inner: list[str], test: list[str]) -> Split:
    return Split(name, tuple(sorted(train)), tuple(sorted(inner)), tuple(sorted(test)))


def _protocol(annotations: Annotations, name: str, disjoint: bool, seed: int,
              splits: list[Split]) -> Protocol:
    protocol = Protocol(name, annotations.hash, disjoint, seed, tuple(splits))
    protocol.check(annotations)
    return protocol
