"""Reading JSON that may be damaged, and hashing what it says."""
from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NoReturn

from mmfer.errors import MMFERError


def read_json(path: Path, error_type: type[MMFERError]) -> Any:
    """Content of a UTF-8 JSON file; whatever is wrong with it raises ``error_type``."""
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f'{constant} is not JSON')

    try:
        return json.loads(path.read_bytes().decode('utf-8'), parse_constant=refuse)
    except OSError as error:
        raise error_type(f'{path}: cannot be read: {error.strerror}') from error
    except (ValueError, RecursionError) as error:
        raise error_type(f'{path}: not valid JSON, it may be truncated: {error}') from error


def json_hash(content: Any) -> str:
    """SHA-256 of the canonical JSON of ``content``: sorted keys, no spaces, ASCII."""
    text = json.dumps(content, sort_keys=True, separators=(',', ':'), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
