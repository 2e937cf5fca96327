"""Several corpora as one: their classes by name, what is left out, what would leak.

Corpora number their classes differently and lack some of each other's, so nothing here goes
by number: classes are the same where their canonical names are.
"""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmfer.annotation_table import RowTable
from mmfer.annotations import Annotations
from mmfer.datasets.media_paths import real_path
from mmfer.errors import AnnotationError, ConfigError
from mmfer.jsonfile import json_hash
from mmfer.labels import EXPRESSIONS, canonical

__all__ = [
    'OUTSIDE', 'RULES', 'canonical_or_own', 'check_distinct', 'common_folder', 'joined_classes',
    'joint_hash', 'labels_inside', 'left_out_text', 'shared_media', 'wanted_votes'
]

RULES = ('intersection', 'union')
"""How the classes of several corpora are joined, where no list is given."""
OUTSIDE = ('drop', 'error')
"""What becomes of clips whose class is not among the wanted ones."""


def canonical_or_own(name: str) -> str:
    """The canonical name of a class, or the name itself where the vocabulary has none."""
    try:
        return canonical(name)
    except AnnotationError:
        return name


def joined_classes(corpora: Mapping[str, Sequence[str]],
                   rule: str | Sequence[str]) -> tuple[str, ...]:
    """The classes of several corpora, in an order that is the corpora's own in no case.

    Canonical expressions come in canonical order, other names after them by alphabet; so the
    order follows from the set alone.

    Args:
        corpora: For each corpus the names of its classes.
        rule: ``'intersection'``, the classes that all have; ``'union'``, those that any has;
            or a list of names, each of which at least one corpus has.

    Raises:
        ConfigError: The rule is unknown, fewer than two classes result, or no corpus has a
            class of the list.
    """
    sets = {name: {canonical_or_own(label) for label in classes}
            for name, classes in corpora.items()}
    union = set().union(*sets.values())
    has = '; '.join(f'{name}: {", ".join(classes)}' for name, classes in corpora.items())
    if isinstance(rule, str):
        if rule not in RULES:
            raise ConfigError(f"classes is '{rule}'; it is 'intersection', 'union', or a list of "
                              'names')
        found = union if rule == 'union' else set.intersection(*sets.values())
        order = [*(name for name in EXPRESSIONS if name in found),
                 *sorted(found - set(EXPRESSIONS))]
    else:
        order = [canonical_or_own(str(name)) for name in rule]
        unknown = [name for name in order if name not in union]
        if unknown:
            raise ConfigError(f"classes has '{unknown[0]}', which none of the corpora has ({has})")
        if len(set(order)) != len(order):
            raise ConfigError(f'classes names one expression twice: {list(rule)}')
    if len(order) < 2:
        raise ConfigError(f'classes {rule!r} leaves {len(order)} class(es) of the corpora ({has}); '
                          'at least two are needed to tell apart')
    return tuple(order)


def labels_inside(rows: RowTable, classes: Sequence[str], mapping: Sequence[int | None]
                  ) -> tuple[np.ndarray, dict[str, dict[str, int]]]:
    """Which rows have a label of a class that is wanted, and how many labels are of others.

    Of labelled frames those of other classes are to be ignored; the clip stays as long as one
    frame of a wanted class is left.

    Args:
        rows: Labelled rows.
        classes: Of the annotation file.
        mapping: For each of them its index among the wanted ones, or None.

    Returns:
        (len(rows),) bool; and the labels outside: ``clips`` and ``frames``, each by class,
        without those where there is none.
    """
    wanted = np.array([*(place is not None for place in mapping), False])  # the last for -1
    labels, (of_frames, bounds) = rows.numbers('label'), rows.lists('frame_labels')
    found = np.concatenate([[0], np.cumsum(wanted[of_frames])])
    inside = wanted[labels] | (found[bounds[1:]] > found[bounds[:-1]])
    left_out = {}
    for kind, values in (('clips', labels), ('frames', of_frames)):
        counts = np.bincount(values[values >= 0], minlength=len(classes))
        by_class = {name: int(count) for name, count, place in zip(classes, counts, mapping)
                    if count and place is None}
        if by_class:
            left_out[kind] = by_class
    return inside, left_out


def wanted_votes(shares: Sequence[float], mapping: Sequence[int | None],
                 where: str) -> list[float]:
    """The shares of annotators' votes with 0 for classes that are not wanted.

    Args:
        shares: One per class of the annotation file.
        mapping: As of :func:`labels_inside`.
        where: File and clip, for messages.

    Raises:
        AnnotationError: No vote is left, though the clip's label is wanted.
    """
    left = [0. if place is None else float(share)
            for share, place in zip(shares, mapping, strict=True)]
    if not any(left):
        raise AnnotationError(f'{where}: all votes of its label_distribution are for classes that '
                              'are not wanted, but its label is not; correct it')
    return left


def left_out_text(left_out: Mapping[str, Mapping[str, int]]) -> str:
    """``18 clips of contempt, 3 clips of calm``; '' where nothing was left out."""
    return ', '.join(f'{count} {kind} of {name}' for kind, counts in left_out.items()
                     for name, count in counts.items())


def joint_hash(parts: Iterable[Sequence[Any]]) -> str:
    """SHA-256 of several corpora: of (name, hash, ...) of each, in order."""
    return json_hash([list(part) for part in parts])


def common_folder(roots: Sequence[str]) -> str | None:
    """The deepest folder that holds all roots; None where there is none (other drives)."""
    try:
        return os.path.commonpath(roots) or '.'
    except ValueError:  # some absolute, some not; or on other drives
        try:
            return os.path.commonpath([os.path.abspath(root) for root in roots])
        except ValueError:
            return None


def shared_media(one: Annotations, one_root: str | os.PathLike[str], other: Annotations,
                 other_root: str | os.PathLike[str]) -> tuple[str, str] | None:
    """The first clip of ``one`` whose media a clip of ``other`` names too, and that clip.

    Paths are compared after links are followed. Copies of a file, and pieces cut out of one
    film, are not seen.
    """
    places = {path: clip for clip, path in _media(one, one_root)}
    shared = [(places[path], clip) for clip, path in _media(other, other_root) if path in places]
    return min(shared, default=None)


def _media(annotations: Annotations, root: str | os.PathLike[str]) -> Iterable[tuple[str, str]]:
    table = annotations.table
    for clip, frames in zip(table.column('clip').to_pylist(), table.column('frames').to_pylist()):
        yield clip, os.path.normpath(real_path(os.fspath(root), frames))


def check_distinct(corpora: Mapping[str, tuple[Annotations, str]]) -> None:
    """Refuses the same annotation file, or the same media, under two names.

    Args:
        corpora: For each corpus its annotations and the root of its media.

    Raises:
        AnnotationError: Clips would be trained on under one name and tested under another;
            the message names two of them.
    """
    names = list(corpora)
    for index, name in enumerate(names):
        for other in names[:index]:
            (one, one_root), (two, two_root) = corpora[other], corpora[name]
            if one.hash == two.hash:
                raise AnnotationError(f"corpora '{other}' and '{name}' are one annotation file "
                                      f'({Path(one.path)} and {Path(two.path)} hold the same); '
                                      'name it once')
            shared = shared_media(one, one_root, two, two_root)
            if shared:
                raise AnnotationError(
                    f"corpora '{other}' and '{name}' share media: clip {shared[0]!r} and clip "
                    f'{shared[1]!r} are the same files, so one could be trained on and the other '
                    'tested. Leave such clips out of one of the annotation files')
