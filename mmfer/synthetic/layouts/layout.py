"""What the command line knows of a corpus that can be written synthetically."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mmfer.corpora.corpus import Option
from mmfer.synthetic.corpus import Layout


@dataclass(frozen=True)
class Maker:
    """Makes the layout of one corpus.

    Attributes:
        name: What the command line calls it.
        title: Its name.
        counted: What its size is given in, 'subjects' or 'clips'.
        count: How many by default.
        make: ``make(seed, count, max_frames, **options) -> Layout``; the frames of a clip
            never exceed ``max_frames``. Raises ValueError for a setting out of range.
        options: Of the layout, such as which of several namings.
    """

    name: str
    title: str
    counted: str
    count: int
    make: Callable[..., Layout]
    options: tuple[Option, ...] = ()
