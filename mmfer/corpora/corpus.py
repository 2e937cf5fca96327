"""What the tools know of a corpus: how to convert it, and its protocols."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmfer.annotations import Annotations
from mmfer.corpora.report import Conversion
from mmfer.protocols import Protocol


@dataclass(frozen=True)
class Option:
    """A setting of one corpus's conversion, as the command line shows it.

    Attributes:
        flag: Such as ``--keep-unlabelled``; the converter's argument is ``keep_unlabelled``.
        settings: Keyword arguments of :meth:`argparse.ArgumentParser.add_argument`.
    """

    flag: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Corpus:
    """A corpus that can be prepared, checked, and written synthetically.

    Attributes:
        name: What the command line calls it.
        title: Its name and source.
        root_help: What the root folder holds.
        convert: ``convert(source, **options) -> Conversion``.
        protocols: ``protocols(annotations, conversion, seed)``: the protocols that go with
            it, by the stem of their file.
        options: Of its conversion.
        known_tests: Published number of test clips of each split, by stem of the protocol.
        takes_frames: Whether own face crops can take the place of its media.
    """

    name: str
    title: str
    root_help: str
    convert: Callable[..., Conversion]
    protocols: Callable[[Annotations, Conversion, int], dict[str, Protocol]]
    options: tuple[Option, ...] = ()
    known_tests: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    takes_frames: bool = True
