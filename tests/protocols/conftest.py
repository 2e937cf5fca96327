"""What every protocol must hold, checked on its own terms rather than by mmfer's checks."""
from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from mmfer.annotations import Annotations
from mmfer.protocols import PARTS
from mmfer.protocols.division import share_of
from mmfer.testing.annotations import make_annotations


@st.composite
def corpora(draw, min_subjects=4, subjects=True):
    """Four to fifteen people with one to five clips each, some of them without a label.

    Each person has a column ``fold`` (three values), each clip a column ``source``.
    """
    sizes = draw(st.lists(st.integers(1, 5), min_size=min_subjects, max_size=15))
    rows = []
    for person, size in enumerate(sizes):
        for number in range(size):
            row = {'clip': f'{person}-{number}', 'fold': str(person % 3),
                   'source': f'm{draw(st.integers(0, 5))}'}
            if subjects:
                row['subject'] = f's{person}'
            if number == 0 or draw(st.booleans()):
                row['label'] = draw(st.integers(0, 2))
            rows.append(row)
    return make_annotations(rows)


def groups(annotations, clips, column):
    return {annotations.by_clip[clip][column] for clip in clips}


def check_split(annotations, split, by, subjects, used=None, share=0.2):
    """Parts disjoint, complete and labelled, the selection part as large as asked.

    Args:
        by: What the selection part was carved by; its values must be whole.
        subjects: Whether no subject may be in two parts.
        used: All clips that the split divides; by default every labelled one.
    """
    parts = {part: set(getattr(split, part)) for part in PARTS}
    for part in PARTS:
        assert len(parts[part]) == len(getattr(split, part))
        assert list(getattr(split, part)) == sorted(parts[part])
    assert parts['train'] and parts['test']
    for one, other in combinations(PARTS, 2):
        assert not parts[one] & parts[other]
        if subjects:
            assert not (groups(annotations, parts[one], 'subject')
                        & groups(annotations, parts[other], 'subject'))
    labelled = {row['clip'] for row in annotations.labelled}
    assert set().union(*parts.values()) == (labelled if used is None else set(used))
    sides = [groups(annotations, parts[part], by) for part in ('train', 'selection')]
    assert not sides[0] & sides[1]
    wanted = share_of(share, len(parts['train']) + len(parts['selection']))
    sizes = [sum(annotations.by_clip[clip][by] == value for clip in parts['selection'])
             for value in sides[1]]
    # whole groups reach the share and overshoot by less than the largest of them, unless
    # there was no further group to give away
    assert len(parts['selection']) >= wanted or len(sides[0]) == 1
    assert len(parts['selection']) < wanted + max(sizes, default=1)


def check_folds(annotations, protocol):
    """Every labelled clip is tested exactly once."""
    tested = [clip for split in protocol.splits for clip in split.test]
    assert sorted(tested) == sorted(row['clip'] for row in annotations.labelled)


def check_pure(make, annotations, random):
    """The same again on a second call, and with the rows in another order."""
    protocol = make(annotations)
    rows = list(annotations.rows)
    random.shuffle(rows)
    assert make(annotations) == protocol
    assert make(Annotations(annotations.metainfo, rows, annotations.path)) == protocol


@pytest.fixture(scope='session')
def holds():
    """The checks of this module."""
    return SimpleNamespace(split=check_split, folds=check_folds, pure=check_pure)


@pytest.fixture(scope='session')
def corpora_of():
    """The strategy of this module; draw from it with ``data.draw``."""
    return corpora
