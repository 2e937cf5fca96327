"""Which slice of the test set each clip is in: by a column of the annotation, length, coverage.

A slice is named by the value of a text column, or by a range of a number. Clips whose value
is missing are a slice of their own, :data:`UNKNOWN`.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mmfer.annotation_rows import KNOWN
from mmfer.annotations import Annotations
from mmfer.errors import AnnotationError, PredictionError
from mmfer.faces.status_runs import parse_runs, seen_share

__all__ = ['COMPUTED', 'MOST_VALUES', 'QUANTILES', 'UNKNOWN', 'Slices', 'check_annotations',
           'column_values', 'coverage', 'parse_column', 'slice_values']

UNKNOWN = 'unknown'
CLIP_LENGTH, COVERAGE = 'clip_length', 'coverage'
COMPUTED = (CLIP_LENGTH, COVERAGE)
"""Columns that are computed where the annotation has none of that name."""
QUANTILES = 4
MOST_VALUES = 10
"""A numeric column with more distinct values than this is cut at its quantiles."""

Value: TypeAlias = str | int | float | None


@dataclass(frozen=True)
class Slices:
    """The slices of a column.

    Attributes:
        names: In order; :data:`UNKNOWN` last.
        of_clip: Name of the slice by clip.
        kind: ``'values'``, ``'quantiles'`` or ``'edges'``.
    """

    names: tuple[str, ...]
    of_clip: dict[str, str]
    kind: str


def check_annotations(metadata: Mapping[str, Any], annotations: Annotations) -> None:
    """Refuses an annotation file that the predictions were not made with.

    Raises:
        PredictionError: The hashes differ; names both.
    """
    if metadata['annotation_hash'] != annotations.hash:
        raise PredictionError(
            f'{annotations.path}: its hash is {annotations.hash}, but the predictions of '
            f'{metadata["config_name"]} were made with the annotation file of hash '
            f'{metadata["annotation_hash"]}; give that one, or test again with this one')


def coverage(row: Mapping[str, Any]) -> float:
    """Share of a video's frames on which the face was seen, in [0, 1].

    That is what a row's ``coverage`` says, or the statuses found and tracked of its
    ``face_status``. Without them it is the share of frames that are present, and a clip has as
    many frames as it has labels of frames, or else as the number of its last present frame says:
    frames without a face after that one are not known of.
    """
    if type(row.get('coverage')) in (int, float):
        return row['coverage']
    if 'face_status' in row:
        return seen_share(parse_runs(row['face_status']))
    numbers = row.get('frame_numbers')
    last = row['num_frames'] if numbers is None else max(numbers, default=0)
    total = max(last, len(row.get('frame_labels', ())))
    return row['num_frames'] / total if total else 0.


def parse_column(text: str, annotations: Annotations) -> tuple[str, list[float] | None]:
    """``sex``, or ``age=18,30,60`` with edges, as a column and its edges.

    Raises:
        AnnotationError: The edges are not ascending numbers.
    """
    name, sign, edges = text.partition('=')
    if not sign or any(text in row for row in annotations.rows):
        return text, None
    try:
        values = [float(edge) for edge in edges.split(',')]
    except ValueError:
        values = []
    if not values or not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise AnnotationError(f'{text!r}: after "=" come ascending numbers, such as '
                              f'{name}=18,30,60')
    return name, values


def column_values(annotations: Annotations, column: str) -> dict[str, Value]:
    """Value of a column by clip, None where it is missing.

    Raises:
        AnnotationError: There is no such column; names those that there are.
    """
    rows = annotations.rows
    if column == COVERAGE and any('face_status' in row for row in rows):
        return {row['clip']: coverage(row) for row in rows}
    if column not in KNOWN and any(column in row for row in rows):
        return {row['clip']: None if row.get(column) == '' else row.get(column) for row in rows}
    if column == CLIP_LENGTH:
        return {row['clip']: row['num_frames'] for row in rows}
    if column == COVERAGE:
        return {row['clip']: coverage(row) for row in rows}
    if column == 'subject' and any(column in row for row in rows):
        return {row['clip']: row.get('subject') for row in rows}
    known = sorted({field for row in rows for field in row} - KNOWN | set(COMPUTED))
    raise AnnotationError(f'{annotations.path}: no column {column!r} to slice by; there are '
                          f'{", ".join(known)}')


def slice_values(values: Mapping[str, Value], quantiles: int = QUANTILES,
                 edges: Sequence[float] | None = None) -> Slices:
    """Sorts clips into slices.

    Args:
        values: Value of each clip; text, a number or None.
        quantiles: Slices of a numeric column with more than :data:`MOST_VALUES` values: of
            equally many clips, as far as equal values, which stay together, allow.
        edges: Cut a numeric column here instead; a value at an edge is above it.

    Raises:
        AnnotationError: Edges are given for a column that holds text.
    """
    known = {clip: value for clip, value in values.items() if value is not None}
    numeric = all(isinstance(value, (int, float)) and not isinstance(value, bool)
                  for value in known.values())
    if edges is not None and not numeric:
        text = next(value for value in known.values() if isinstance(value, (str, bool)))
        raise AnnotationError(f'edges need a column of numbers, and this one holds {text!r}')
    if edges is not None:
        names, place = _edge_names(edges), np.searchsorted(edges, _array(known), side='right')
        of_clip = {clip: names[index] for clip, index in zip(known, place, strict=True)}
        kind = 'edges'
    elif numeric and len(set(known.values())) > MOST_VALUES:
        names, of_clip = _at_quantiles(known, quantiles)
        kind = 'quantiles'
    else:
        ordered = sorted(set(known.values()), key=_rank)
        names, kind = [_named(value) for value in ordered], 'values'
        of_clip = {clip: _named(value) for clip, value in known.items()}
    of_clip |= {clip: UNKNOWN for clip, value in values.items() if value is None}
    used = set(of_clip.values())
    in_order = [name for name in dict.fromkeys(names) if name in used and name != UNKNOWN]
    return Slices((*in_order, *([UNKNOWN] if UNKNOWN in used else [])), of_clip, kind)


def _array(known: Mapping[str, Value]) -> np.ndarray:
    return np.array(list(known.values()), np.float64)


def _rank(value: Value) -> tuple[bool, float, str]:
    """Numbers before text, each in its order."""
    if isinstance(value, str):
        return True, 0., value
    return False, float(value or 0), ''


def _named(value: Value) -> str:
    return f'{value:g}' if isinstance(value, float) else str(value)


def _edge_names(edges: Sequence[float]) -> list[str]:
    texts = [f'{edge:.12g}' for edge in edges]
    middle = [f'{low} to < {high}' for low, high in zip(texts, texts[1:])]
    return [f'< {texts[0]}', *middle, f'>= {texts[-1]}']


def _at_quantiles(known: Mapping[str, Value],
                  quantiles: int) -> tuple[list[str], dict[str, str]]:
    """Slices named by the lowest and highest value that is in them."""
    values = _array(known)
    inner = np.unique(np.quantile(values, np.linspace(0, 1, quantiles + 1)[1:-1]))
    place = np.searchsorted(inner, values, side='left')
    spans = [(values[place == index].min(), values[place == index].max())
             for index in range(len(inner) + 1) if (place == index).any()]
    names: list[str] = []
    for digits in (4, 17):  # as short as it tells them apart
        names = [f'{low:.{digits}g} to {high:.{digits}g}' if low < high else f'{low:.{digits}g}'
                 for low, high in spans]
        if len(set(names)) == len(names):
            break
    ranks = np.unique(place, return_inverse=True)[1]
    return names, {clip: names[rank] for clip, rank in zip(known, ranks.tolist(), strict=True)}
