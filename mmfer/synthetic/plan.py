"""Who performs what in a synthetic CK+: subjects, sequences, labels and lengths.

The numbers are those of the extended Cohn-Kanade corpus (Lucey et al., CVPR Workshops
2010): 593 sequences of 123 subjects, 327 labelled ones of 118 subjects, 6 to 71 frames.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.stats import norm

SUBJECTS = 123
LABELLED_SUBJECTS = 118
SEQUENCES = 593
CLASS_COUNTS: Mapping[str, int] = MappingProxyType({
    'anger': 45, 'contempt': 18, 'disgust': 59, 'fear': 25, 'happiness': 69, 'sadness': 28,
    'surprise': 83})
"""Labelled sequences per class; the order is that of CK+'s codes 1 to 7."""
FOLD_SIZES = (33, 39, 40, 35, 30, 37, 29, 29, 33, 22)
"""Labelled sequences per fold, where fold = rank of the labelled subject % 10."""
_LENGTHS = (6, 71)
_MOST_LABELS = 6
_PLAN, _LENGTH = 1, 2


@dataclass(frozen=True)
class SequencePlan:
    """One sequence to render.

    Attributes:
        subject: 'S005'.
        number: Sequence of the subject, from 1.
        label: The expression, or None where the sequence is unlabelled.
        num_frames: Frames T.
        colour: RGB if true, grey otherwise.
    """

    subject: str
    number: int
    label: str | None
    num_frames: int
    colour: bool

    @property
    def clip(self) -> str:
        """'S005_001'."""
        return f'{self.subject}_{self.number:03d}'


def _spread(total: int, bins: int, least: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """Splits ``total`` at random over ``bins`` with ``least``..``most`` in each."""
    counts = np.full(bins, least)
    for _ in range(total - least * bins):
        counts[rng.choice(np.flatnonzero(counts < most))] += 1
    return counts


def _labels_per_subject(labelled: int, rng: np.random.Generator) -> np.ndarray:
    """(labelled,): how many labelled sequences each labelled subject has."""
    if labelled == LABELLED_SUBJECTS:
        counts = np.zeros(labelled, int)
        for fold, size in enumerate(FOLD_SIZES):
            members = np.arange(fold, labelled, len(FOLD_SIZES))
            counts[members] = _spread(size, len(members), 1, _MOST_LABELS, rng)
        return counts
    total = round(labelled * sum(CLASS_COUNTS.values()) / LABELLED_SUBJECTS)
    total = min(max(total, len(CLASS_COUNTS)), labelled * _MOST_LABELS)
    return _spread(total, labelled, 1, _MOST_LABELS, rng)


def _class_counts(total: int, subjects: int) -> np.ndarray:
    """(7,): sequences per class in CK+'s proportions, at least one where there is room."""
    share = np.array(list(CLASS_COUNTS.values()), float)
    exact = share / share.sum() * total
    counts = np.minimum(np.maximum(np.floor(exact).astype(int), int(total >= len(share))),
                        subjects)
    while counts.sum() != total:
        missing = exact - counts
        if counts.sum() < total:
            missing[counts >= subjects] = -np.inf
            counts[missing.argmax()] += 1
        else:
            missing[counts <= 1] = np.inf
            counts[missing.argmin()] -= 1
    return counts


def _assign(per_subject: np.ndarray, per_class: np.ndarray, rng: np.random.Generator
            ) -> np.ndarray:
    """(subjects, classes) bool: random, each subject shows a class at most once.

    A greedy table with the right sums (Gale and Ryser) is shuffled by switches that keep
    them, so that which class a subject shows says nothing about the subject.
    """
    shown = np.zeros((len(per_subject), len(per_class)), bool)
    left = per_class.copy()
    for subject in np.argsort(-per_subject, kind='stable'):
        chosen = np.argsort(-left, kind='stable')[:per_subject[subject]]
        shown[subject, chosen] = True
        left[chosen] -= 1
    for _ in range(60 * len(per_subject)):
        a, b = rng.integers(len(per_subject), size=2)
        j, k = rng.integers(len(per_class), size=2)
        if shown[a, j] and shown[b, k] and not shown[a, k] and not shown[b, j]:
            shown[a, j] = shown[b, k] = False
            shown[a, k] = shown[b, j] = True
    return shown


def _lengths(sequences: int, rng: np.random.Generator) -> np.ndarray:
    """(sequences,): frames per sequence, log-normal with CK+'s mean of about 18."""
    rank = (np.arange(sequences) + .5) / sequences
    frames = np.rint(16.3 * np.exp(.47 * norm.ppf(rank))).astype(int).clip(*_LENGTHS)
    return rng.permutation(frames)


def plan_ckplus(seed: int = 0, subjects: int | None = None, max_frames: int | None = None
                ) -> list[SequencePlan]:
    """Draws the plan of a corpus.

    Args:
        seed: Equal seeds give equal plans.
        subjects: Number of subjects; None is CK+'s 123 with exactly its counts, any other
            number keeps the proportions, and all classes from three subjects on.
        max_frames: Upper bound of the frames per sequence, at least 2.

    Returns:
        The sequences, sorted by subject and number. Numbers, lengths and colour are drawn
        without looking at the labels.
    """
    subjects = SUBJECTS if subjects is None else subjects
    if not 1 <= subjects <= 999:
        raise ValueError(f'subjects is {subjects}; names S001 to S999 allow 1 to 999')
    if max_frames is not None and max_frames < 2:
        raise ValueError(f'max_frames is {max_frames}; a sequence goes from neutral to peak, '
                         'so it needs at least 2')
    rng = np.random.default_rng([seed, _PLAN])
    numbers = np.sort(rng.choice(np.arange(1, 1000), subjects, replace=False))
    labelled = max(round(subjects * LABELLED_SUBJECTS / SUBJECTS), 1)
    has_labels = np.sort(rng.choice(subjects, labelled, replace=False))
    per_subject = _labels_per_subject(labelled, rng)
    shown = _assign(per_subject, _class_counts(int(per_subject.sum()), labelled), rng)
    others = round((SEQUENCES - sum(CLASS_COUNTS.values())) * subjects / SUBJECTS)
    extra = np.zeros(subjects, int)
    extra[np.setdiff1d(np.arange(subjects), has_labels)] = 1
    extra += np.bincount(rng.integers(subjects, size=max(others - extra.sum(), 0)),
                         minlength=subjects)
    labels: list[list[str | None]] = [[None] * int(count) for count in extra]
    for row, subject in enumerate(has_labels):
        labels[subject] += [name for name, on in zip(CLASS_COUNTS, shown[row], strict=True) if on]
    blind = np.random.default_rng([seed, _LENGTH])
    lengths = iter(_lengths(sum(map(len, labels)), blind).tolist())
    plan = []
    for number, own in zip(numbers.tolist(), labels, strict=True):
        # in CK+ the later recordings are in colour, with some grey ones among them
        colour_share = .9 if number >= 500 else .08
        for at, index in enumerate(rng.permutation(len(own)).tolist(), start=1):
            frames = next(lengths)
            plan.append(SequencePlan(
                f'S{number:03d}', at, own[index],
                frames if max_frames is None else min(frames, max_frames),
                bool(blind.random() < colour_share)))
    return plan
