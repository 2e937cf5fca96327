"""Protocols made from an annotation file: folds by subject, and repeated random divisions.

Each maker is a function of the sorted annotation and a seed alone. Only rows with a label
take part. Divisions that a corpus comes with: :mod:`mmfer.protocols.published`.
"""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

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
from mmfer.protocols.division import carve, class_counts, deal, natural, share_of, shuffled
from mmfer.protocols.schema import Protocol


def step_kfold(annotations: Annotations, folds: int = 10, seed: int = 0,
               selection: float = SELECTION_SHARE) -> Protocol:
    """Subject-disjoint folds by counting: CK+'s protocol.

    The labelled subjects in ascending order are dealt out in turn, so every tenth is in one
    fold: subject number i goes to fold i % folds + 1 (Meng et al., ICIP 2019, section 3.1).
    """
    subjects = sorted(_by_subject(annotations))
    check_enough(annotations, len(subjects), folds, 'labelled subjects')
    fold_of = {subject: index % folds for index, subject in enumerate(subjects)}
    return _subject_folds(annotations, f'{folds}fold-step', seed, selection, fold_of, folds)


def consecutive_kfold(annotations: Annotations, sizes: int | Sequence[int], seed: int = 0,
                      selection: float = SELECTION_SHARE) -> Protocol:
    """Subject-disjoint folds of neighbouring subjects.

    The labelled subjects in ascending order (numbers by their size) are cut into runs: the
    first run is fold1, and so on. RAVDESS: six folds of four actors, ``sizes=4``; CREMA-D:
    five folds of 18 actors, of which the last has 19, ``sizes=18``.

    Args:
        annotations: The annotation file.
        sizes: Subjects of each fold; or of every fold, and what is left over after the last
            whole one joins it.
        seed: Of the selection parts.
        selection: Share of the training side's clips that the selection part gets.

    Raises:
        ProtocolError: A clip has no subject, or the subjects do not make such folds.
    """
    subjects = sorted(_by_subject(annotations), key=natural)
    runs = _runs(len(subjects), sizes) if isinstance(sizes, int) else list(sizes)
    if len(runs) < 2 or min(runs) < 1 or sum(runs) != len(subjects):
        raise ProtocolError(
            f'{annotations.path}: {len(subjects)} labelled subjects do not make consecutive '
            f'folds of {sizes} subjects: it takes at least two folds, each of at least one '
            f'subject, and {len(subjects)} subjects in all of them')
    ends = [sum(runs[:fold]) for fold in range(len(runs) + 1)]
    fold_of = {subject: fold for fold, (start, end) in enumerate(pairwise(ends))
               for subject in subjects[start:end]}
    return _subject_folds(annotations, f'{len(runs)}fold-consecutive', seed, selection, fold_of,
                          len(runs))


def _runs(total: int, size: int) -> list[int]:
    """Lengths of the runs of ``size``, of which the last takes the rest too; [] if none."""
    if not 0 < size <= total:
        return []
    whole = total // size
    return [size] * (whole - 1) + [total - size * (whole - 1)]


def leave_one_subject_out(annotations: Annotations, seed: int = 0,
                          selection: float = SELECTION_SHARE) -> Protocol:
    """As many splits as labelled subjects: each tests one, whose name the split has."""
    subjects = sorted(_by_subject(annotations), key=natural)
    check_enough(annotations, len(subjects), max(2, len(subjects)), 'labelled subjects')
    fold_of = {subject: index for index, subject in enumerate(subjects)}
    return _subject_folds(annotations, 'leave-one-subject-out', seed, selection, fold_of,
                          len(subjects), subjects)


def _by_subject(annotations: Annotations) -> dict[str, list[Row]]:
    """The labelled rows of each subject."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in labelled_rows(annotations):
        groups[column_value(annotations, row, 'subject')].append(row)
    return groups


def _subject_folds(annotations: Annotations, name: str, seed: int, selection: float,
                   fold_of: dict[str, int], folds: int,
                   names: Sequence[str] | None = None) -> Protocol:
    """The protocol that tests the subjects of each fold in turn."""
    parts = deal(annotations.labelled, lambda row: fold_of[row['subject']], range(folds))
    return make_kfold(annotations, name, True, seed, selection, parts, 'subject', names)


def subject_kfold(annotations: Annotations, folds: int, seed: int = 0,
                  selection: float = SELECTION_SHARE) -> Protocol:
    """Subject-disjoint folds with about equal classes; of clips where none has a subject.

    Subjects, those with most clips first, go one by one into the fold that has the least of
    the subject's own classes so far. Without subjects the same is done clip by clip, and
    the protocol does not claim to be subject-disjoint.
    """
    rows = labelled_rows(annotations)
    disjoint = any('subject' in row for row in rows)
    groups = _by_subject(annotations) if disjoint else {row['clip']: [row] for row in rows}
    check_enough(annotations, len(groups), folds, 'labelled subjects' if disjoint else 'clips')
    fold_of = _balanced(groups, class_counts(rows), folds, seed)
    by = 'subject' if disjoint else 'clip'
    return make_kfold(annotations, f'{folds}fold-{by}', disjoint, seed, selection,
                      deal(rows, lambda row: fold_of[row[by]], range(folds)), by)


def _balanced(groups: dict[str, list[Row]], totals: Counter[int], folds: int,
              seed: int) -> dict[str, int]:
    """The fold of each group, such that folds have about equally many of each class."""
    filled: list[Counter[int]] = [Counter() for _ in range(folds)]
    sizes = [0] * folds
    fold_of = {}
    for name in sorted(shuffled(groups, seed, 'folds'), key=lambda name: -len(groups[name])):
        own = class_counts(groups[name])

        def crowding(fold: int, own: Counter[int] = own) -> tuple[Fraction, int, int]:
            shares = (Fraction(filled[fold][label] * count, totals[label])
                      for label, count in own.items())
            return sum(shares, Fraction()), sizes[fold], fold

        fold = min(range(folds), key=crowding)
        fold_of[name] = fold
        filled[fold].update(own)
        sizes[fold] += len(groups[name])
    return fold_of


def random_splits(annotations: Annotations, repeats: int = 10, test: float = 0.2,
                  selection: float = SELECTION_SHARE, seed: int = 0) -> Protocol:
    """Repeated random divisions of clips; subjects are shared between training and test.

    The selection part is drawn clip by clip as the test part is, so that it selects for
    what is tested: other clips of the same people.

    Args:
        annotations: The annotation file.
        repeats: Number of splits.
        test: Share of the clips that test.
        selection: Share of the rest that selects.
        seed: Another seed gives other splits.
    """
    rows = labelled_rows(annotations)
    num_test = share_of(test, len(rows))
    if not 0 < num_test < len(rows) or repeats < 1:
        raise ProtocolError(f'{annotations.path}: {len(rows)} labelled clips cannot be divided '
                            f'{repeats} times with a share of {test} for testing')
    splits = []
    for index in range(1, repeats + 1):
        name = f'split{index}'
        order = shuffled(clip_ids(rows), seed, name)
        train, inner = carve([[clip] for clip in order[num_test:]], selection)
        splits.append(make_split(name, train, inner, order[:num_test]))
    return make_protocol(annotations, f'random{round(100 * (1 - test))}', False, seed, splits,
                         'clip')
