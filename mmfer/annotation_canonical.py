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
        parts = [_with_key(field, _as_json(field, table.column(field).slice(start, _BLOCK)))
                 for field in table.fields]
        text, _ = text_bytes(pc.binary_join_element_wise(_text('},{'), *parts, _text('')))
        yield text[1 if start else 2:] + b'}'


def _with_key(field: str, values: pa.Array) -> pa.Array:
    """``"field":value``, empty where there is none.

    "clip" stands in every row: a field before it in order has a comma behind it, a field after
    it has one in front.
    """
    head = ',' * (field > 'clip') + encode_basestring_ascii(field) + ':'
    joined = pc.binary_join_element_wise(
        _text(head), values, _text(',' * (field < 'clip')), _text(''))
    return joined.fill_null(_text(''))


def _as_json(field: str, column: pa.Array) -> pa.Array:
    kind = TYPES.get(field)
    if kind is None:  # it is
        return column
    if kind == NUMBER:
        return _digits(column).cast(TEXT)
    if kind == NUMBERS:
        bounds = np.cumsum([0, *column.value_lengths().fill_null(0).to_pylist()], dtype=np.int32)
        lists = pa.ListArray.from_arrays(pa.array(bounds), _digits(column.flatten()))
        joined = pc.binary_join_element_wise(
            _text('['), pc.binary_join(lists, ',').cast(TEXT), _text(']'), _text(''))
        return pc.if_else(column.is_valid(), joined, pa.scalar(None, TEXT))
    text, _ = text_bytes(column)
    # JSON writes the characters of such a text as they are
    if text.isascii() and text.decode().isprintable() and b'"' not in text and b'\\' not in text:
        return pc.binary_join_element_wise(_text('"'), column, _text('"'), _text(''))
    return pa.array([None if value is None else encode_basestring_ascii(value)
                     for value in column.to_pylist()], TEXT)


def _digits(numbers: pa.Array) -> pa.Array:
    """Numbers as texts; few differ, so each is written once."""
    distinct = numbers.dictionary_encode()
    return distinct.dictionary.cast(pa.string()).take(distinct.indices)


def _text(value: str) -> pa.Scalar:
    return pa.scalar(value, TEXT)
