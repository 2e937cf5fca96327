"""Protocols from splits that a corpus's own lists give."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Division:
    """One published split, as a converter reads it from the user's copy.

    Attributes:
        name: Of the split.
        train: Clip ids.
        test: Clip ids.
        selection: Clip ids of a published validation part; empty where there is none.
    """

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    selection: tuple[str, ...] = ()
