"""A quick look at many rows of an annotation file at once.

It knows the rules of :func:`mmfer.annotation_rows.check_row` in a form that goes through the
values of one field in one call, many times faster. It is only ever sure that rows are good;
where it is not, each is checked by the rules themselves, which say what is wrong.

Arrow finds the common type of values by itself, and never takes truth values, texts or
fractions for whole numbers: a column of another type than expected is in doubt.
"""
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from json import loads
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmfer.annotation_faces import face_problem
from mmfer.annotation_rows import KNOWN, MAX_NUMBER, TEMPLATE, check_distribution, check_row
from mmfer.annotation_table import (
    NUMBERS,
    TEXT,
    TYPES,
    Columns,
    json_texts,
    text_bytes,
    to_columns,
)

_DOUBTS = (pa.ArrowException, TypeError, ValueError, OverflowError)
"""What Arrow raises on values that have no common type, or do not fit it."""


class RowScreen:
    """Checks blocks of rows and divides them into columns.

    Args:
        num_classes: Number of classes that labels index.
    """

    def __init__(self, num_classes: int) -> None:
        self.num_classes = num_classes
        self._templates: set[str] = set()

    def columns(self, rows: Sequence[Any]) -> tuple[Columns, str, int]:
        """The columns of good rows, or what is wrong with the first bad one and its place.

        Returns:
            Columns, ``''`` and -1; or nothing, the fault and the row's index.
        """
        columns = good_columns(rows, self.num_classes)
        if columns is not None:
            return columns, '', -1
        for index, row in enumerate(rows):
            fault = check_row(row, self.num_classes, self._templates)
            if fault:
                return {}, fault, index
        return to_columns(rows), '', -1


def good_columns(rows: Sequence[Any], num_classes: int) -> Columns | None:
    """The columns of rows all of which are good for certain; None means that some may not be.

    Args:
        rows: As a JSON file holds them.
        num_classes: Number of classes that labels index.
    """
    if not set(map(type, rows)) <= {dict}:
        return None
    try:
        columns = to_columns(rows, lambda field, values: _convert(field, values, num_classes))
    except _DOUBTS:
        return None
    if rows and not _are_good(columns, len(rows), num_classes):
        return None
    return columns


def _convert(field: str, values: list[Any], num_classes: int) -> pa.Array:
    """Values of one field as an array; raises one of _DOUBTS."""
    kind = TYPES.get(field)
    if field == 'label_distribution':
        good = not any(check_distribution(shares, num_classes) for shares in values)
    elif kind is None:
        good = _good_column(values)
    elif kind != TEXT:
        array = pa.array(values)
        inner = array
        if kind == NUMBERS and pa.types.is_list(array.type):
            inner = array.values
        good = not inner.null_count and (inner.type == pa.int64() or (
            kind == NUMBERS and pa.types.is_null(inner.type) and inner is not array))
    else:
        array, good = pa.array(values, TEXT), True
    if not good:
        raise ValueError(field)
    if kind is None:
        return pa.array(json_texts(values), TEXT)
    if array.null_count:
        raise ValueError(field)
    return array.cast(kind)  # raises beyond 32 bits


def _good_column(values: list[Any]) -> bool:
    types = set(map(type, values))
    if not types <= {str, int, bool, float, type(None)}:
        return False
    texts = values if types == {str} else [value for value in values if type(value) is str]
    encoded = ''.join(texts).encode()  # raises where that is impossible
    return b'\0' not in encoded and all(
        math.isfinite(value) for value in values if type(value) is float)


def _are_good(columns: Columns, count: int, num_classes: int) -> bool:
    absent = pa.nulls(count)
    valid = {field: columns.get(field, absent).is_valid().to_numpy(zero_copy_only=False)
             for field in KNOWN}
    if not all(valid[field].all() for field in ('clip', 'frames', 'num_frames')):
        return False
    texts = ('clip', 'frames', 'subject', 'filename_tmpl', 'face_status')
    if not all(_good_texts(columns[field]) for field in texts if field in columns):
        return False
    if not _good_paths(columns['frames']):
        return False
    if not all(TEMPLATE.fullmatch(template) for template in
               pc.unique(columns.get('filename_tmpl', absent).drop_null()).to_pylist()):
        return False
    return (_in_range(columns['num_frames'], 0, MAX_NUMBER)
            and _in_range(columns.get('start_index', absent), 0, MAX_NUMBER)
            and _good_frames(columns, valid) and _good_labels(columns, valid, num_classes))


def _good_texts(column: pa.Array) -> bool:
    """Not empty, without the character that ends a path; Arrow takes none but valid UTF-8."""
    text, bounds = text_bytes(column)
    empty = bounds[1:] == bounds[:-1]
    return b'\0' not in text and int(empty.sum()) == column.null_count


def _good_paths(column: pa.Array) -> bool:
    text, bounds = text_bytes(column)
    first = np.frombuffer(text, np.uint8)[bounds[:-1]]
    return (not any(part in text for part in (b':', b'\\', b'..'))
            and not (first == ord('/')).any())


def _in_range(column: pa.Array, lowest: int, highest: int) -> bool:
    if column.null_count == len(column):
        return True
    found = pc.min_max(column).as_py()
    return found['min'] >= lowest and found['max'] <= highest


def _good_frames(columns: Columns, valid: Mapping[str, np.ndarray]) -> bool:
    """Frame numbers ascend and are counted, the other fields stay within them."""
    last = columns['num_frames'].to_numpy().copy()
    if 'frame_numbers' in columns:
        numbers, bounds = _numbers(columns['frame_numbers'])
        there, sizes = valid['frame_numbers'], np.diff(bounds)
        rises = np.diff(numbers, prepend=0) > 0
        rises[bounds[:-1][sizes > 0]] = True  # a list's first number follows none
        if not rises.all() or (numbers < 1).any() or (sizes != last)[there].any():
            return False
        last[sizes > 0] = numbers[bounds[1:][sizes > 0] - 1]
    if 'face_status' in columns and not _good_faces(columns, valid['face_status'], last):
        return False
    if 'frame_labels' in columns:
        sizes = np.diff(_numbers(columns['frame_labels'])[1])
        if (sizes < last)[valid['frame_labels']].any():
            return False
    if 'apex' in columns:
        numbers, bounds = _numbers(columns['apex'])
        if (np.diff(bounds)[valid['apex']] != 2).any():
            return False
        first, end = numbers.reshape(-1, 2).T
        return bool((first >= 1).all() and (first <= end).all()
                    and (end <= last[valid['apex']]).all())
    return True


def _good_faces(columns: Columns, there: np.ndarray, last: np.ndarray) -> bool:
    """Statuses fit the frames present; ``last`` becomes the last frame of the video."""
    texts, counts = columns['face_status'].to_pylist(), columns['num_frames'].to_pylist()
    none = [None] * len(texts)
    coverage = columns['coverage'].to_pylist() if 'coverage' in columns else none
    numbers: list[int] = []
    bounds, listed = [0] * (len(texts) + 1), none
    if 'frame_numbers' in columns:
        flat, ends = _numbers(columns['frame_numbers'])
        numbers, bounds = flat.tolist(), ends.tolist()
        listed = columns['frame_numbers'].is_valid().to_pylist()
    for place in np.flatnonzero(there).tolist():
        given = [] if coverage[place] is None else [loads(coverage[place])]
        present = numbers[bounds[place]:bounds[place + 1]] if listed[place] else None
        problem, last[place] = face_problem(texts[place], counts[place], present, *given)
        if problem:
            return False
    return True


def _good_labels(columns: Columns, valid: Mapping[str, np.ndarray], num_classes: int) -> bool:
    """Labels name classes; a row has one kind of them; votes stand beside a label."""
    if ((valid['label'] & valid['frame_labels']).any()
            or (valid['label_distribution'] & ~valid['label']).any()):
        return False
    if 'label' in columns and not _in_range(columns['label'], 0, num_classes - 1):
        return False
    return 'frame_labels' not in columns or _in_range(
        columns['frame_labels'].flatten(), -1, num_classes - 1)


def _numbers(column: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    return column.values.to_numpy(), column.offsets.to_numpy()
