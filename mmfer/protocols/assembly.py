"""What all makers of protocols share: reading columns, and putting checked protocols together."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mmfer.annotations import Annotations, Row
from mmfer.errors import ProtocolError
from mmfer.protocols.division import carve_rows
from mmfer.protocols.schema import Protocol, Split

SELECTION_SHARE = 0.2
"""Share of the training side's clips that the selection part gets."""


def labelled_rows(annotations: Annotations) -> list[Row]:
    """The rows that take part in protocols; raises ProtocolError where there is none."""
    if not annotations.labelled:
        raise ProtocolError(f'{annotations.path}: no clip has a label, so nothing can be divided')
    return annotations.labelled


def column_value(annotations: Annotations, row: Row, column: str) -> str:
    """What a row says in a column, as text; raises ProtocolError where it says nothing."""
    value: Any = row.get(column)
    if value is None or value == '':
        raise ProtocolError(f'{annotations.path}: clip {row["clip"]!r} has no {column!r}, which '
                            'the protocol divides by; fill it in, or drop the clip')
    return str(value)


def check_enough(annotations: Annotations, have: int, folds: int, what: str) -> None:
    """Raises ProtocolError where ``have`` things do not fill so many folds."""
    if folds < 2 or have < folds:
        raise ProtocolError(f'{annotations.path}: {have} {what} do not make {folds} folds '
                            '(at least 2 folds, none empty)')


def clip_ids(rows: Iterable[Row]) -> list[str]:
    """The clips of rows."""
    return [row['clip'] for row in rows]


def make_split(name: str, train: Iterable[str], inner: Iterable[str],
               test: Iterable[str]) -> Split:
    """A split with its clips in order."""
    return Split(name, tuple(sorted(train)), tuple(sorted(inner)), tuple(sorted(test)))


def make_protocol(annotations: Annotations, name: str, disjoint: bool, seed: int,
                  splits: Sequence[Split], selection_by: str) -> Protocol:
    """A protocol of this annotation file; raises ProtocolError where it leaks."""
    protocol = Protocol(name, annotations.hash, disjoint, seed, tuple(splits),
                        selection_by=selection_by)
    protocol.check(annotations)
    return protocol


def make_kfold(annotations: Annotations, name: str, disjoint: bool, seed: int, selection: float,
               parts: Sequence[list[Row]], by: str,
               names: Sequence[str] | None = None) -> Protocol:
    """The protocol that tests each of ``parts`` in turn and trains on the others.

    Args:
        annotations: The annotation file.
        name: Of the protocol.
        disjoint: Whether no subject is in two of the parts.
        seed: Of the selection parts.
        selection: Their share of the training sides.
        parts: The rows that each split tests.
        by: Column that the selection parts are carved by.
        names: Of the splits; by default fold1, fold2, ...
    """
    names = names or [f'fold{index + 1}' for index in range(len(parts))]
    splits = []
    for index, (split_name, test) in enumerate(zip(names, parts, strict=True)):
        others = [row for other, part in enumerate(parts) if other != index for row in part]
        train, inner = carve_rows(others, by, selection, seed, split_name)
        splits.append(make_split(split_name, train, inner, clip_ids(test)))
    return make_protocol(annotations, name, disjoint, seed, splits, by)
