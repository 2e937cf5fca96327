"""Which rows the samples of a dataset are of, in arrays that forked processes share."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, overload

import numpy as np

from mmfer.annotation_table import Row, RowTable

__all__ = ['Entry', 'SampleTable']


class Entry(NamedTuple):
    """A sample: the row of its clip, and which of the clip's repeats it is.

    Attributes:
        row: Of the annotation file, its lists of numbers as int64 arrays.
        repeat_index: From 0.
        repeat_count: Samples of this clip, those left out by ``indices`` included.
    """

    row: Row
    repeat_index: int
    repeat_count: int


class SampleTable(Sequence[Entry]):
    """Samples as indices into a table of clips: 12 bytes each, however long the clips are.

    Args:
        rows: The clips, R of them.
        clips: (n,) Index of each sample's clip.
        repeats: (n,) Which of its clip's repeats each sample is.
        counts: (n,) How many repeats its clip has.
    """

    def __init__(self, rows: RowTable, clips: np.ndarray, repeats: np.ndarray,
                 counts: np.ndarray) -> None:
        self.rows = rows
        self.clips = clips.astype(np.int32)
        self.repeats = repeats.astype(np.int32)
        self.counts = counts.astype(np.int32)

    @classmethod
    def of(cls, rows: RowTable, counts: np.ndarray) -> SampleTable:
        """All samples, clip by clip, of which clip i has ``counts[i]``."""
        first = np.repeat(np.cumsum(counts) - counts, counts)
        return cls(rows, np.repeat(np.arange(len(rows)), counts),
                   np.arange(len(first)) - first, np.repeat(counts, counts))

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.clips)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> SampleTable: ...

    def __getitem__(self, index: int | slice) -> Entry | SampleTable:
        """A sample, or a table of some."""
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        return Entry(self.rows.arrays(int(self.clips[index])), int(self.repeats[index]),
                     int(self.counts[index]))

    def take(self, indices: np.ndarray) -> SampleTable:
        """The samples at ``indices`` (m,), in that order."""
        return SampleTable(self.rows, self.clips[indices], self.repeats[indices],
                           self.counts[indices])
