"""The rows of an annotation file in columns, so that a million of them take about 100 MB.

A column is an Arrow array with nulls where a row lacks the field: text, a number, a list of
numbers, or, for slice columns and label distributions, whose values are of any type, the
canonical JSON of the value. A row becomes a dict when it is asked for.

Arrays lie outside of Python's heap: processes that are forked to load data share them, for
reading counts no references in them.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from json import loads
from operator import itemgetter
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmfer.jsonfile import canonical_json

Row = dict[str, Any]
Columns = dict[str, pa.Array]

TEXT, NUMBER, NUMBERS = pa.large_string(), pa.int32(), pa.large_list(pa.int32())
TYPES = {'clip': TEXT, 'frames': TEXT, 'num_frames': NUMBER, 'filename_tmpl': TEXT,
         'start_index': NUMBER, 'frame_numbers': NUMBERS, 'label': NUMBER,
         'frame_labels': NUMBERS, 'subject': TEXT, 'apex': NUMBERS, 'face_status': TEXT}
"""Fields that are not held as JSON."""
# rows that are made columns or dicts at a time
_BLOCK = 8192
_ABSENT = object()


def _convert(field: str, values: list[Any]) -> pa.Array:
    return pa.array(values if field in TYPES else json_texts(values), TYPES.get(field, TEXT))


def json_texts(values: list[Any]) -> list[str]:
    """Canonical JSON of each of some values."""
    if set(map(type, values)) <= {str, type(None), bool}:  # mostly the same few
        known = {value: canonical_json(value) for value in set(values)}
        return list(map(known.__getitem__, values))
    return list(map(canonical_json, values))


def to_columns(rows: Sequence[Row],
               convert: Callable[[str, list[Any]], pa.Array] = _convert) -> Columns:
    """The columns of the fields that occur, null where a row lacks one.

    Args:
        rows: Rows.
        convert: Makes an array of a field's values.
    """
    columns = {}
    fields: set[str] = set().union(*rows)
    for field in fields:
        try:
            columns[field] = convert(field, list(map(itemgetter(field), rows)))
        except KeyError:
            there = np.array([field in row for row in rows])
            found = convert(field, [row[field] for row in rows if field in row])
            places = np.cumsum(there) - 1
            columns[field] = found.take(pa.array(places, pa.int64(), mask=~there))
    return columns


def text_bytes(column: pa.Array) -> tuple[bytes, np.ndarray]:
    """UTF-8 of the texts of a column end to end, and the (len + 1,) bounds in it."""
    _, bounds, data = column.buffers()
    ends = np.frombuffer(bounds, np.int64)[column.offset:column.offset + len(column) + 1]
    text = b'' if data is None else bytes(memoryview(data)[ends[0]:ends[-1]])
    return text, ends - ends[0]


class RowTable(Sequence[Row]):
    """Rows of an annotation file, read-only; each access makes a new dict.

    Args:
        columns: Field to Arrow array, all equally long, of the types in the module's text.
        length: Number of rows.
    """

    def __init__(self, columns: Columns, length: int) -> None:
        self._columns = columns
        self._length = length

    @classmethod
    def build(cls, blocks: Iterable[tuple[int, Columns]]) -> RowTable:
        """The table of rows that come in blocks: their number, and their columns.

        The values must have been checked (:mod:`mmfer.annotation_screen`).
        """
        lengths: list[int] = []
        parts: dict[str, dict[int, pa.Array]] = {}
        for index, (length, columns) in enumerate(blocks):
            lengths.append(length)
            for field, column in columns.items():
                parts.setdefault(field, {})[index] = column
        table = {}
        for field in sorted(parts):
            found = parts.pop(field)
            kind = TYPES.get(field, TEXT)
            table[field] = pa.concat_arrays(
                [found[index] if index in found else pa.nulls(length, kind)
                 for index, length in enumerate(lengths)])
        return cls(table, sum(lengths))

    @classmethod
    def of(cls, rows: Iterable[Row]) -> RowTable:
        """The table of rows that have been checked; ``rows`` itself where it is one."""
        if isinstance(rows, cls):
            return rows
        remaining = iter(rows)
        blocks = iter(lambda: list(islice(remaining, _BLOCK)), [])
        return cls.build((len(block), to_columns(block)) for block in blocks)

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
        """A row as a dict whose lists of numbers are int64 arrays: made for single accesses."""
        place = self._place(index)
        row = {field: read(place) for field, read in self._readers.items()}
        return {field: value for field, value in row.items() if value is not _ABSENT}

    @cached_property
    def _readers(self) -> dict[str, Callable[[int], Any]]:
        return {field: _reader(field, column) for field, column in self._columns.items()}

    def __reduce__(self) -> tuple:
        """Without the readers, which each process makes for itself."""
        return RowTable, (self._columns, self._length)

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

    @property
    def fields(self) -> list[str]:
        """Fields that some rows have, sorted."""
        return sorted(self._columns)

    def find(self, clips: Sequence[str]) -> np.ndarray:
        """Where the rows of clips are, (n,) int64, -1 for a clip that has none.

        Raises:
            UnicodeEncodeError: A clip id is no Unicode.
        """
        found = pc.index_in(pa.array(clips, TEXT), value_set=self.column('clip'))
        return found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)

    def column(self, field: str) -> pa.Array:
        """The Arrow array of a field, all nulls where no row has it."""
        if field in self._columns:
            return self._columns[field]
        return pa.nulls(self._length, TYPES.get(field, TEXT))

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
        if column.type == NUMBERS:
            return np.full(self._length, -1)
        encoded = column.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        if field in TYPES:
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


def _reader(field: str, column: pa.Array) -> Callable[[int], Any]:
    """What gives single values of a column: several times faster than Arrow's scalars."""
    if column.type == NUMBER:
        numbers = column.fill_null(0).to_numpy(zero_copy_only=False)
        read: Callable[[int], Any] = numbers.item
    elif column.type == NUMBERS:
        flat, bounds = column.values.to_numpy(), column.offsets.to_numpy()

        def read(place: int) -> Any:
            return flat[bounds[place]:bounds[place + 1]].astype(np.int64)
    else:
        ends = np.frombuffer(column.buffers()[1], np.int64)[column.offset:].item
        data = memoryview(column.buffers()[2] or b'')
        decode = str if field in TYPES else _loads

        def read(place: int) -> Any:
            return decode(data[ends(place):ends(place + 1)], 'utf-8')
    if not column.null_count:
        return read
    there = column.is_valid().to_numpy(zero_copy_only=False).item
    return lambda place: read(place) if there(place) else _ABSENT


def _loads(text: memoryview, encoding: str) -> Any:
    return loads(str(text, encoding))


def _to_python(field: str, column: pa.Array) -> list[Any]:
    """The values, _ABSENT for null."""
    if column.type == NUMBERS:
        return _lists(column)
    if field in TYPES:
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
