"""Orders, shares and groups: the arithmetic that protocols are made by.

Random orders come from hashes of names, not from a generator, so they are equal on every
machine and under every version of NumPy, and do not depend on how the items were listed.
"""
from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from mmfer.annotations import Row
from mmfer.errors import ProtocolError


def shuffled(items: Iterable[str], seed: int, purpose: str) -> list[str]:
    """``items`` in an order that looks random and depends on nothing but the arguments."""
    def rank(item: str) -> bytes:
        return hashlib.sha256(f'{seed}\0{purpose}\0{item}'.encode()).digest()

    return sorted(items, key=rank)


def share_of(share: float, total: int) -> int:
    """The whole number nearest to ``share`` of ``total``, halves up."""
    if not 0 <= share < 1:
        raise ProtocolError(f'a share must be in [0, 1), got {share}')
    return int(Fraction(str(share)) * total + Fraction(1, 2))


def carve(groups: Sequence[list[str]], share: float) -> tuple[list[str], list[str]]:
    """Train and selection: the first groups until ``share`` of the clips is reached."""
    wanted = share_of(share, sum(map(len, groups)))
    train: list[str] = []
    inner: list[str] = []
    for position, clips in enumerate(groups):
        # the last group always trains, so that a training part is never empty
        room = len(inner) < wanted and position < len(groups) - 1
        (inner if room else train).extend(clips)
    return train, inner


def carve_rows(rows: Iterable[Row], by: str, share: float, seed: int,
               name: str) -> tuple[list[str], list[str]]:
    """Divides the training side of split ``name`` into train and selection.

    Args:
        rows: The training side.
        by: Column whose values stay whole, so each is in one of the two only: ``'subject'``,
            another one of the corpus, or ``'clip'``. Every row has it.
        share: Of the clips, for the selection part.
        seed: Another seed gives another selection part.
        name: Of the split; every split has an order of its own.
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[str(row[by])].append(row['clip'])
    order = shuffled(groups, seed, f'{name}/selection')
    return carve([groups[group] for group in order], share)


def have_subjects(rows: Iterable[Row]) -> bool:
    """Whether it is known of every row who is seen."""
    return all('subject' in row for row in rows)


def is_disjoint(parts: Sequence[list[Row]]) -> bool:
    """Whether every row has a subject and no subject is in two parts."""
    if not all(map(have_subjects, parts)):
        return False
    subjects = [{row['subject'] for row in part} for part in parts]
    return sum(map(len, subjects)) == len(set().union(*subjects))


def class_counts(rows: Iterable[Row]) -> Counter[int]:
    """How often each label occurs; frames count one by one where frames are labelled."""
    counts: Counter[int] = Counter()
    for row in rows:
        labels = [row['label']] if 'label' in row else row['frame_labels']
        counts.update(label for label in labels if label >= 0)
    return counts


def deal(rows: list[Row], fold: Callable[[Row], int], folds: range) -> list[list[Row]]:
    """The rows of each fold, given each row's fold."""
    parts: list[list[Row]] = [[] for _ in folds]
    for row in rows:
        parts[fold(row)].append(row)
    return parts


def natural(value: str) -> tuple[tuple[str | int, ...], str]:
    """Sort key under which digits count as whole numbers: 2 before 10, fold2 before fold10."""
    parts = re.split(r'(\d+)', value)
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), value
