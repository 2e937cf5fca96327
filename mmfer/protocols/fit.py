"""Whether a split fits an annotation file, for all its clips at once."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pyarrow.compute as pc

from mmfer.annotations import Annotations

# paths that may be spelt in two ways
_DETOUR = r'//|/\.|/$|^\./'


class FitScreen:
    """Finds splits good by the rules of :mod:`mmfer.protocols.leaks`, quickly.

    It is only ever sure that a split is good; where it is not, the rules say what is wrong.

    Args:
        annotations: The annotation file.
    """

    def __init__(self, annotations: Annotations) -> None:
        self._table = annotations.table
        self._labelled = self._table.labelled()
        self._codes = cache(self._table.codes)
        paths = self._table.column('frames')
        self._detours = pc.any(pc.match_substring_regex(paths, _DETOUR)).as_py()

    def fits(self, parts: Mapping[str, Sequence[str]],
             apart: Sequence[tuple[str, Sequence[str]]]) -> bool:
        """Whether each clip is there and labelled, in one part, once, and columns are apart.

        Args:
            parts: Clip ids by part.
            apart: Columns that every clip has, and the parts no two of which share a value.

        Returns:
            False means only that this may not be so.
        """
        try:
            places = self._table.find([clip for clips in parts.values() for clip in clips])
        except UnicodeEncodeError:
            return False
        if self._detours or (places < 0).any() or not self._labelled[places].all():
            return False
        if np.bincount(places, minlength=1).max() > 1:
            return False
        ends = np.cumsum([len(clips) for clips in parts.values()])
        rows = dict(zip(parts, np.split(places, ends[:-1])))
        return all(self._are_apart(column, [rows[part] for part in names])
                   for column, names in apart)

    def _are_apart(self, column: str, parts: Sequence[np.ndarray]) -> bool:
        codes = self._codes(column)
        seen = np.zeros(codes.max(initial=-1) + 1, bool)
        for rows in parts:
            found = codes[rows]
            if (found < 0).any() or seen[found].any():
                return False
            seen[found] = True
        return True
