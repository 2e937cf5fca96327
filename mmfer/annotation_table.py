"""The rows of an annotation file in columns, so that a million of them take about 100 MB.

A column is an Arrow array with nulls where a row lacks the field: text, a number, a list of
numbers, or, for slice columns and label distributions, whose values are of any type, the
canonical JSON of the value. A row becomes a dict when it is asked for.

Arrays lie outside of Python's heap: processes that are forked to load data share them, for
reading counts no references in them.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, repeat
from json import loads
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Any, NamedTuple, overload

import numpy as np
import pyarrow as pa

from mmfer.jsonfile import canonical_json

Row = dict[str, Any]

_TEXT, _NUMBER, _NUMBERS = pa.large_string(), pa.int32(), pa.large_list(pa.int32())
_TYPES = {'clip': _TEXT, 'frames': _TEXT, 'num_frames': _NUMBER, 'filename_tmpl': _TEXT,
          'start_index': _NUMBER, 'frame_numbers': _NUMBERS, 'label': _NUMBER,
          'frame_labels': _NUMBERS, 'subject': _TEXT, 'apex': _NUMBERS}
# rows that are made dicts or JSON at a time
_BLOCK = 8192
_ABSENT = object()


class Column(NamedTuple):
    """The values of one field in some rows.

    Attributes:
        values: Of the rows that have it, in order.
        where: (rows,) bool, which ones have it; ``None`` for all.
    """

    values: list[Any]
    where: np.ndarray | None


def split_columns(rows: Sequence[Row]) -> dict[str, Column]:
    """The columns of the fields that occur."""
    counts: Counter[str] = Counter()
    for fields, count in Counter(map(tuple, rows)).items():  # few sets of fields make up all
        counts.update(dict.fromkeys(fields, count))
    return {field: Column(list(map(itemgetter(field), rows)), None) if count == len(rows) else
            Column([row[field] for row in rows if field in row],
                   np.array([field in row for row in rows]))
            for field, count in counts.items()}


class RowTable(Sequence[Row]):
    """Rows of an annotation file, read-only; each access makes a new dict.

    Args:
        columns: Field to Arrow array, all equally long, of the types in the module's text.
        length: Number of rows.
    """

    def __init__(self, columns: dict[str, pa.Array], length: int) -> None:
        self._columns = columns
        self._length = length

    @classmethod
    def build(cls, blocks: Iterable[tuple[int, dict[str, Column]]]) -> RowTable:
        """The table of rows that come in blocks: their number, and their columns.

        The values must have been checked (:mod:`mmfer.annotation_screen`).
        """
        lengths: list[int] = []
        parts: dict[str, dict[int, pa.Array]] = {}
        for index, (length, columns) in enumerate(blocks):
            lengths.append(length)
            for field, column in columns.items():
                parts.setdefault(field, {})[index] = _to_arrow(field, column)
        table = {}
        for field in sorted(parts):
            found = parts.pop(field)
            kind = _TYPES.get(field, _TEXT)
            table[field] = pa.concat_arrays(
                [found[index] if index in found else pa.nulls(length, kind)
                 for index, length in enumerate(lengths)])
        return cls(table, sum(lengths))

    def __len__(self) -> int:
        """Number of rows."""
        return self._length

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> RowTable: ...

    def __getitem__(self, index: int | slice) -> Row | RowTable:
        """A row as a dict, or a table of some of them."""
        if isinstance(index, slice):
            return self.take(np.arange(self._length)[index])
        place = self._place(index)
        return next(self._dicts(place, place + 1))

    def arrays(self, index: int) -> Row:
        """A row as a dict whose lists of numbers are int64 arrays: quicker for long clips."""
        place = self._place(index)
        row: Row = {}
        for field, column in self._columns.items():
            value = column[place]
            if value.is_valid:
                if column.type == _NUMBERS:
                    row[field] = value.values.to_numpy().astype(np.int64)
                else:
                    row[field] = value.as_py() if field in _TYPES else loads(value.as_py())
        return row

    def __iter__(self) -> Iterator[Row]:
        """The rows as dicts."""
        for start in range(0, self._length, _BLOCK):
            yield from self._dicts(start, start + _BLOCK)

    def __eq__(self, other: object) -> bool:
        """Whether another sequence has the same rows in the same order."""
        if not isinstance(other, (RowTable, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other))

    __hash__ = None  # type: ignore[assignment]

    def take(self, indices: np.ndarray) -> RowTable:
        """The rows at ``indices`` (n,), or where a mask (len,) bool is true, in that order."""
        if indices.dtype == bool:
            indices = np.flatnonzero(indices)
        places = pa.array(indices, pa.int64())
        return RowTable({field: column.take(places) for field, column in self._columns.items()},
                        len(indices))

    def column(self, field: str) -> pa.Array:
        """The Arrow array of a field, all nulls where no row has it."""
        if field in self._columns:
            return self._columns[field]
        return pa.nulls(self._length, _TYPES.get(field, _TEXT))

    def present(self, field: str) -> np.ndarray:
        """Which rows have a field, (len,) bool."""
        return self.column(field).is_valid().to_numpy(zero_copy_only=False)

    def numbers(self, field: str) -> np.ndarray:
        """A field of numbers, (len,) int64, -1 where a row lacks it."""
        return self.column(field).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)

    def codes(self, field: str) -> np.ndarray:
        """(len,) equal where a field reads equal as text (1 and "1" do), -1 where it is absent.

        All -1 for lists of numbers.
        """
        column = self.column(field)
        if column.type == _NUMBERS:
            return np.full(self._length, -1)
        encoded = column.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        if field in _TYPES:
            return codes
        texts = [str(loads(text)) for text in encoded.dictionary.to_pylist()]
        first = {text: place for place, text in enumerate(texts)}
        return np.array([*map(first.__getitem__, texts), -1])[codes]

    def lists(self, field: str) -> tuple[np.ndarray, np.ndarray]:
        """Lists of numbers: all end to end, int32, and (len + 1,) bounds; absent ones are empty."""
        column = self.column(field)
        return column.values.to_numpy(), column.offsets.to_numpy()

    def labelled(self) -> np.ndarray:
        """Rows with a label or at least one frame label that counts, (len,) bool."""
        labels, bounds = self.lists('frame_labels')
        counted = np.concatenate([[0], np.cumsum(labels >= 0)])
        return self.present('label') | (counted[bounds[1:]] > counted[bounds[:-1]])

    def canonical_json(self) -> Iterator[str]:
        """Canonical JSON of the rows, comma-separated, in pieces."""
        for start in range(0, self._length, _BLOCK):
            # "clip" stands in every row: what comes before it in order ends with a comma, and
            # what comes after it begins with one
            fields = sorted(self._columns)
            parts = [part for field in fields
                     for part in _json_parts(field, self._columns[field].slice(start, _BLOCK))]
            text = ''.join(chain.from_iterable(zip(repeat('},{'), *parts)))
            yield text[1 if start else 2:] + '}'

    def _place(self, index: int) -> int:
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(f'row {index} of {self._length}')
        return place

    def _dicts(self, start: int, stop: int) -> Iterator[Row]:
        columns = {field: column.slice(start, stop - start)
                   for field, column in self._columns.items()}
        columns = {field: column for field, column in columns.items()
                   if column.null_count < len(column)}
        gaps = any(column.null_count for column in columns.values())
        for values in zip(*(_to_python(field, column) for field, column in columns.items())):
            row = dict(zip(columns, values))
            if gaps:
                row = {field: value for field, value in row.items() if value is not _ABSENT}
            yield row


def _to_arrow(field: str, column: Column) -> pa.Array:
    values = column.values if field in _TYPES else _json_texts(column.values)
    array = pa.array(values, _TYPES.get(field, _TEXT))
    if column.where is None:
        return array
    places = np.cumsum(column.where) - 1
    return array.take(pa.array(places, pa.int64(), mask=~column.where))


def _json_texts(values: list[Any]) -> list[str]:
    if set(map(type, values)) <= {str, type(None), bool}:  # mostly the same few
        known = {value: canonical_json(value) for value in set(values)}
        return [known[value] for value in values]
    return list(map(canonical_json, values))


def _to_python(field: str, column: pa.Array) -> list[Any]:
    """The values, _ABSENT for null."""
    if column.type == _NUMBERS:
        return _lists(column)
    if field in _TYPES:
        values = column.to_pylist()
    else:
        texts = column.fill_null('null').to_pylist()
        known = {text: loads(text) for text in set(texts)}
        values = [known[text] for text in texts]
    if column.null_count:
        valid = column.is_valid().to_pylist()
        return [value if there else _ABSENT for value, there in zip(values, valid)]
    return values


def _lists(column: pa.Array) -> list[Any]:
    numbers = column.flatten().tolist()
    ends = np.cumsum(column.value_lengths().fill_null(0).to_numpy())
    values = [_ABSENT] * len(column)
    start = 0
    for place in np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False)).tolist():
        values[place], start = numbers[start:ends[place]], ends[place]
    return values


def _json_parts(field: str, column: pa.Array) -> list[Iterable[str]]:
    """Pieces that make up ``"field":value`` of each row, or nothing where it lacks the field.

    A comma stands behind it if the field comes before "clip" in order, else in front of it.
    """
    values = column.to_pylist() if column.type != _NUMBERS else _to_python(field, column)
    head, tail = f'{encode_basestring_ascii(field)}:', ','
    if field >= 'clip':
        head, tail = ',' * (field > 'clip') + head, ''
    encode: Callable[[Any], str] = str  # of numbers, and of what is JSON already
    if column.type == _NUMBERS:
        encode = _json_of_numbers
    elif field in _TYPES and column.type == _TEXT:
        encode = encode_basestring_ascii
    if column.null_count:
        return [['' if value is None or value is _ABSENT else head + encode(value) + tail
                 for value in values]]
    if encode is encode_basestring_ascii and _is_plain(''.join(values)):
        return [repeat(head + '"'), values, repeat('"' + tail)]
    return [repeat(head), map(encode, values), repeat(tail)]


def _json_of_numbers(numbers: list[int]) -> str:
    return str(numbers).replace(' ', '')


def _is_plain(text: str) -> bool:
    """Whether JSON writes the characters of a text as they are."""
    return text.isascii() and text.isprintable() and '"' not in text and '\\' not in text
