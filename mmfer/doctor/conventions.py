"""Orders in which public code numbers expressions, and signs that one was taken for another.

Integers mean different things in different repositories, so mmfer never takes a number
without its corpus's table. A copy whose lists were numbered anew gives itself away: by codes
that start elsewhere, or by counts per class that are the published ones in another order.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from mmfer.labels import CORPUS_CODES

CONVENTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    'alphabetical, seven with neutral': (
        'anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise'),
    'alphabetical, seven with contempt': (
        'anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'),
    'alphabetical, six': ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'),
    "FAN's released code, AFEW": (
        'happiness', 'anger', 'disgust', 'fear', 'sadness', 'neutral', 'surprise'),
    "FAN's released code, CK+": (
        'happiness', 'anger', 'disgust', 'fear', 'sadness', 'contempt', 'surprise'),
    'DFEW, from 0': (
        'happiness', 'sadness', 'neutral', 'anger', 'surprise', 'disgust', 'fear'),
    'RAF-DB, from 0': (
        'surprise', 'fear', 'disgust', 'happiness', 'sadness', 'anger', 'neutral'),
    'FER2013': ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'neutral'),
    'AffectNet, seven': (
        'neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust', 'anger'),
    'AffectNet, eight': (
        'neutral', 'happiness', 'sadness', 'surprise', 'fear', 'disgust', 'anger', 'contempt'),
    'Aff-Wild2': (
        'neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'),
})
"""Meaning of the codes 0, 1, ... in each convention."""


def exchanged_classes(found: Mapping[str, int], known: Mapping[str, int]) -> list[str]:
    """Says which classes have each other's published counts.

    Args:
        found: Clips per class.
        known: Published ones, of the same classes or some of them.

    Returns:
        A sentence for each class, where the counts are the published ones in another order
        and each count leaves no doubt; nothing otherwise.
    """
    names = [name for name in known if name in found]
    if Counter(found[name] for name in names) != Counter(known[name] for name in names):
        return []
    if len({known[name] for name in names}) < len(names):
        return []
    owner = {known[name]: name for name in names}
    return [f'{name}: {found[name]} clips, the published count of {owner[found[name]]}'
            for name in names if owner[found[name]] != name]


def shifted_codes(corpus: str, refused: Counter[str], per_class: Mapping[str, int]) -> list[str]:
    """Says where a corpus's codes seem to start one too low or too high.

    Args:
        corpus: Its name.
        refused: How often each label was refused as no code of the corpus.
        per_class: Clips per class that were converted.
    """
    codes = CORPUS_CODES.get(corpus)
    if codes is None:
        return []
    low, high = min(codes), max(codes)
    found = []
    for extra, unused, how in ((low - 1, high, 'too low'), (high + 1, low, 'too high')):
        if refused[str(extra)] and not per_class.get(codes[unused], 0):
            found.append(
                f'label {extra} occurs {refused[str(extra)]} times and {unused} ({codes[unused]}) '
                f'never: the codes of these lists seem to be one {how} (they are {low} to {high} '
                'as published), so every label above is wrong; restore the published lists')
    return found


def readings(codes: Counter[str]) -> list[str]:
    """What numbers in a list of one's own could mean.

    Args:
        codes: How often each label occurs that is a number.

    Returns:
        A line for each convention that all of them fit, with the counts that it would give.
    """
    lines = []
    for name, order in CONVENTIONS.items():
        if all(code.isdecimal() and int(code) < len(order) for code in codes):
            counts = ', '.join(f'{code} {order[int(code)]} ({codes[code]})'
                               for code in sorted(codes, key=int))
            lines.append(f'as {name}: {counts}')
    return lines
