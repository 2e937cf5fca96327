"""JSON: reading files that may be damaged or large, writing them whole, hashing what they say."""
from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import msgspec

from mmfer.errors import MMFERError
from mmfer.fileio import atomic_write

# small enough that the objects of one block are nothing beside all of them
_BLOCK_BYTES = 2**20
# the end of an object that is not the last of its list, at the end of a line; a line break
# inside a text is an escape in JSON, so this is never part of one
_BETWEEN = b'},\n'


class OtherLayoutError(ValueError):
    """A file does not hold one object of a list a line, or is no JSON at all."""


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} is not JSON')


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def read_json(path: Path, error_type: type[MMFERError]) -> Any:
    """Content of a UTF-8 JSON file; whatever is wrong with it raises ``error_type``."""
    try:
        return _DECODER.decode(path.read_bytes().decode('utf-8'))
    except OSError as error:
        raise error_type(f'{path}: cannot be read: {error.strerror}') from error
    except (ValueError, RecursionError) as error:
        raise error_type(f'{path}: not valid JSON, it may be truncated: {error}') from error


def write_json(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Writes a UTF-8 JSON file whole.

    Raises:
        ValueError: A number is not finite, which JSON cannot tell.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    with atomic_write(path) as temporary:
        temporary.write_text(text + '\n', encoding='utf-8')


def read_json_blocks(file: BinaryIO, field: str) -> Iterator[Any]:
    """A JSON object whose last field is a long list of objects, one a line, piece by piece.

    Yields the object with that list empty, then the list's elements in lists of some
    thousand. Put together they are exactly what :func:`read_json` gives, for each piece is
    parsed as JSON by itself.

    Args:
        file: UTF-8 JSON.
        field: Name of the last field.

    Raises:
        OtherLayoutError: The content is laid out otherwise, or damaged: read it whole.
    """
    block = file.read(_BLOCK_BYTES)
    start = re.search(rb'"%b"\s*:\s*\[' % re.escape(field.encode()), block)
    if start is None:
        raise OtherLayoutError(f'no list {field!r} near the beginning')
    head = _parse(block[:start.end()] + b']}')
    if not isinstance(head, dict) or head.get(field) != []:
        raise OtherLayoutError(f'{field!r} is not a field of the object')
    yield head
    rest, first = block[start.end():], True
    while block:
        end = rest.rfind(_BETWEEN)
        if end >= 0:
            yield _parse(b'[' + rest[:end + 1] + b']')
            rest, first = rest[end + len(_BETWEEN):], False
        block = file.read(max(_BLOCK_BYTES, len(rest)))  # a long line is not joined too often
        rest += block
    tail = re.search(rb'\]\s*\}\s*\Z', rest[-1024:])
    if tail is None:
        raise OtherLayoutError('the list and the object do not end')
    last = _parse(b'[' + rest[:len(rest) - len(tail[0])] + b']')
    if not last and not first:
        raise OtherLayoutError('a comma stands behind the last element')
    yield last


def _parse(content: bytes) -> Any:
    """JSON as the standard library reads it, in half the time where it is sound."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass  # damaged, or one of a few things that only the standard library takes
    try:
        return _DECODER.decode(content.decode('utf-8'))
    except (ValueError, RecursionError) as error:
        raise OtherLayoutError(str(error)) from error


def json_hash(content: Any) -> str:
    """SHA-256 of the canonical JSON of ``content``: sorted keys, no spaces, ASCII."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def canonical_json(content: Any) -> str:
    """JSON with sorted keys, no spaces, ASCII."""
    return json.dumps(content, sort_keys=True, separators=(',', ':'), allow_nan=False)
