"""The canonical JSON of many rows, put together column by column."""
from __future__ import annotations

from collections.abc import Iterator
from json.encoder import encode_basestring_ascii

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmfer.annotation_table import NUMBER, NUMBERS, TEXT, TYPES, RowTable, text_bytes

_BLOCK = 32768


def canonical_rows(table: RowTable) -> Iterator[bytes]:
    """JSON of rows, comma-separated, in pieces: sorted keys, no spaces, ASCII."""
    for start in range(0, len(table), _BLOCK):
        parts = [part for field in table.fields
                 for part in _with_key(field, table.column(field).slice(start, _BLOCK))]
        text, _ = text_bytes(_joined(_text('},{'), *parts))
        yield text[1 if start else 2:] + b'}'


def _with_key(field: str, column: pa.Array) -> list[pa.Array | pa.Scalar]:
    """Parts of ``"field":value``, empty where there is none.

    "clip" stands in every row: a field before it in order has a comma behind it, a field after
    it has one in front.
    """
    head = ',' * (field > 'clip') + encode_basestring_ascii(field) + ':'
    tail = ',' * (field < 'clip')
    kind = TYPES.get(field)
    if kind == TEXT and _is_plain(column):
        head, tail, values = head + '"', '"' + tail, column
    else:
        values = _as_json(kind, column)
    parts = [_text(head), values, _text(tail)]
    return [_joined(*parts).fill_null(_text(''))] if column.null_count else parts


def _as_json(kind: pa.DataType | None, column: pa.Array) -> pa.Array:
    if kind is None:  # it is
        return column
    if kind == NUMBER:
        return _digits(column).cast(TEXT)
    if kind == NUMBERS:
        bounds = np.cumsum([0, *column.value_lengths().fill_null(0).to_pylist()], dtype=np.int32)
        lists = pa.ListArray.from_arrays(pa.array(bounds), _digits(column.flatten()))
        joined = _joined(_text('['), pc.binary_join(lists, ',').cast(TEXT), _text(']'))
        return pc.if_else(column.is_valid(), joined, pa.scalar(None, TEXT))
    return pa.array([None if value is None else encode_basestring_ascii(value)
                     for value in column.to_pylist()], TEXT)


def _is_plain(column: pa.Array) -> bool:
    """Whether JSON writes the characters of some texts as they are."""
    text, _ = text_bytes(column)
    return (text.isascii() and text.decode().isprintable() and b'"' not in text
            and b'\\' not in text)


def _joined(*parts: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(*parts, _text(''))


def _digits(numbers: pa.Array) -> pa.Array:
    """Numbers as texts; few differ, so each is written once."""
    distinct = numbers.dictionary_encode()
    return distinct.dictionary.cast(pa.string()).take(distinct.indices)


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, TEXT)
