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

CORPUS_CODES = {'ckplus': CKPLUS}
"""Integer codes by corpus."""

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


def class_list(names: Iterable[str]) -> list[str]:
    """The distinct canonical names among ``names``, in canonical order."""
    found = {canonical(name) for name in names}
    return [name for name in EXPRESSIONS if name in found]


def _as_number(name: str | int | float) -> float | None:
    """``name`` as a number, or None for a word ('nan' and 'inf' are words)."""
    try:
        number = float(name)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
