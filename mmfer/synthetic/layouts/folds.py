"""Dividing made-up clips into parts, as published lists do."""
from __future__ import annotations

from collections.abc import Sequence

FOLDS = 5


def fold_of(index: int) -> int:
    """Fold, from 1, that tests the clip of this index."""
    return index % FOLDS + 1


def fold_part(index: int, fold: int) -> str:
    """``'test'`` or ``'train'``: the part of a fold that has the clip of this index."""
    return 'test' if fold_of(index) == fold else 'train'


def labels_in_turn(labels: Sequence[str], count: int) -> list[str]:
    """``count`` labels such that every fold tests each of them, given enough clips."""
    return [labels[index // FOLDS % len(labels)] for index in range(count)]


def check_count(count: int, least: int, what: str) -> None:
    """Raises ValueError where there are too few clips for every part to have every label."""
    if count < least:
        raise ValueError(f'clips is {count}; {what} needs at least {least}')
