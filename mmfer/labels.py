"""Canonical expressions, and how corpora and people call them.

Integers never leave a corpus without its table: the same corpus is numbered differently
in different places, so every file of mmfer carries the names of its classes.
"""
from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

from mmfer.errors import AnnotationError

EXPRESSIONS = ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'neutral', 'sadness',
               'surprise', 'anxiety', 'helplessness', 'disappointment', 'calm', 'other')
"""The canonical vocabulary in its canonical order."""

ALIASES = {
    'an': 'anger', 'ang': 'anger', 'angry': 'anger',
    'contemptuous': 'contempt',
    'di': 'disgust', 'dis': 'disgust', 'disgusted': 'disgust',
    'fe': 'fear', 'fea': 'fear', 'fearful': 'fear', 'afraid': 'fear',
    'ha': 'happiness', 'hap': 'happiness', 'happy': 'happiness', 'joy': 'happiness',
    'neu': 'neutral', 'neutrality': 'neutral',
    'sa': 'sadness', 'sad': 'sadness',
    'su': 'surprise', 'sur': 'surprise', 'surprised': 'surprise',
    'anxious': 'anxiety',
    'helpless': 'helplessness',
    'disappointed': 'disappointment', 'disappoint': 'disappointment',
}
"""Other names of the canonical expressions, lower case."""

CKPLUS = {1: 'anger', 2: 'contempt', 3: 'disgust', 4: 'fear', 5: 'happiness', 6: 'sadness',
          7: 'surprise'}
"""Codes in CK+'s emotion files (Lucey et al., 2010)."""

MMI = {1: 'anger', 2: 'disgust', 3: 'fear', 4: 'happiness', 5: 'sadness', 6: 'surprise'}
"""Values of the tag "Emotion" in MMI's session files; others mean no single basic emotion."""

DFEW = {1: 'happiness', 2: 'sadness', 3: 'neutral', 4: 'anger', 5: 'surprise', 6: 'disgust',
        7: 'fear'}
"""Codes in the lists of DFEW's splits."""

AFFWILD2 = {0: 'neutral', 1: 'anger', 2: 'disgust', 3: 'fear', 4: 'happiness', 5: 'sadness',
            6: 'surprise', 7: 'other'}
"""Codes of a frame in Aff-Wild2; 7 exists from the third ABAW challenge on."""

RAVDESS = {1: 'neutral', 2: 'calm', 3: 'happiness', 4: 'sadness', 5: 'anger', 6: 'fear',
           7: 'disgust', 8: 'surprise'}
"""Third number of a RAVDESS file name."""

RAFDB = {1: 'surprise', 2: 'fear', 3: 'disgust', 4: 'happiness', 5: 'sadness', 6: 'anger',
         7: 'neutral'}
"""Codes in RAF-DB's list of the basic expressions."""

AFFECTNET = {0: 'neutral', 1: 'happiness', 2: 'sadness', 3: 'surprise', 4: 'fear',
             5: 'disgust', 6: 'anger', 7: 'contempt'}
"""Codes of AffectNet's annotations that are expressions; 8 to 10 are none, uncertain, no face."""

CORPUS_CODES = {'ckplus': CKPLUS, 'mmi': MMI, 'dfew': DFEW, 'affwild2': AFFWILD2,
                'ravdess': RAVDESS, 'rafdb': RAFDB, 'affectnet': AFFECTNET}
"""Integer codes by corpus."""

COMPOUND = '_'
"""What joins the parts of a compound expression, such as ``anger_disgust``."""

CKPLUS_CLASSES = tuple(sorted(CKPLUS.values()))
"""Default class order of CK+: alphabetical."""


def canonical(name: str | int | float, corpus: str | None = None) -> str:
    """The canonical name of an expression.

    Args:
        name: A canonical name or an alias, in any case; with ``corpus`` also one of that
            corpus's codes, as a number or as text such as ``'3.0000000e+00'``.
        corpus: A key of ``CORPUS_CODES``.

    Raises:
        AnnotationError: if the name is unknown, or is a number and no corpus gives it a
            meaning.
    """
    if corpus is not None and corpus not in CORPUS_CODES:
        raise AnnotationError(
            f'no table of codes for corpus {corpus!r}; there is one for: '
            f'{", ".join(sorted(CORPUS_CODES))}')
    number = _as_number(name)
    if number is not None:
        if corpus is None:
            raise AnnotationError(
                f'label {name!r} is a number, and numbers mean different things in different '
                'places: write the name of the expression')
        codes = CORPUS_CODES[corpus]
        if number not in codes:
            known = ', '.join(f'{code} {label}' for code, label in codes.items())
            raise AnnotationError(f'label {name!r} is not a code of {corpus} ({known})')
        return codes[int(number)]
    key = str(name).strip().lower()
    key = ALIASES.get(key, key)
    if key not in EXPRESSIONS:
        near = difflib.get_close_matches(key, [*EXPRESSIONS, *ALIASES], n=1)
        hint = f'; did you mean {near[0]!r}?' if near else ''
        raise AnnotationError(
            f'unknown expression {name!r}{hint} (known: {", ".join(EXPRESSIONS)})')
    return key


def compound(name: str) -> str:
    """The canonical name of a compound expression: its parts in canonical order.

    ``'sadness_Anger'`` gives ``'anger_sadness'``; a single expression is a compound of one.

    Raises:
        AnnotationError: if a part is unknown or occurs twice.
    """
    parts = [canonical(part) for part in name.split(COMPOUND)]
    if len(set(parts)) != len(parts):
        raise AnnotationError(f'compound expression {name!r} names a part twice')
    return COMPOUND.join(sorted(parts, key=EXPRESSIONS.index))


def class_list(names: Iterable[str]) -> list[str]:
    """The distinct canonical names among ``names``, in canonical order.

    Compound expressions follow the single ones, those with fewer parts first.
    """
    found = {compound(name) for name in names}

    def place(name: str) -> tuple[int, list[int]]:
        parts = [EXPRESSIONS.index(part) for part in name.split(COMPOUND)]
        return len(parts), parts

    return sorted(found, key=place)


def _as_number(name: str | int | float) -> float | None:
    """``name`` as a number, or None for a word ('nan' and 'inf' are words)."""
    try:
        number = float(name)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
