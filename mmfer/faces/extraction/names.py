"""What clips are called: each has an id of its own, and none's files lie among another's."""
from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmfer.errors import ConfigError
from mmfer.faces.extraction.layout import DESKTOP_PREFIX, Layout

if TYPE_CHECKING:
    from mmfer.faces.extraction.plan import Clip

__all__ = ['check_names', 'check_names_beside', 'is_text', 'name_problem']

# a clip's ledger has a suffix, and another clip may lie in a folder of such a name
_SUFFIXES = ('', '.parquet')
# of one part of a path, on the usual file systems
_LONGEST_BYTES = 255


def check_names(clips: Sequence[Clip]) -> None:
    """Refuses clips that would have their output in one place.

    Raises:
        ConfigError: Two have the same id, or one's crops would lie among another's.
    """
    by_name: dict[str, Clip] = {}
    for clip in clips:
        other = by_name.setdefault(clip.name, clip)
        if other is not clip:
            raise ConfigError(f'{other.path} and {clip.path} are both clip {clip.name!r}; rename '
                              'one, or extract them into different folders (--out)')
    for inner, outer in _nested(by_name):
        raise ConfigError(
            f'{by_name[outer].path} and {by_name[inner].path}: the crops of clip {inner!r} would '
            f'lie among those of clip {outer!r}; rename one, or extract them into different '
            'folders (--out)')


def check_names_beside(clips: Iterable[Clip], layout: Layout) -> None:
    """Refuses clips whose crops would lie among those of others that are finished, or around them.

    Raises:
        ConfigError: They would; names both.
    """
    planned = {clip.name: clip for clip in clips}
    for inner, outer in _nested({*planned, *(name for name, _ in layout.finished())}):
        new, old = (inner, outer) if inner in planned else (outer, inner)
        if new in planned:  # else both were extracted before, and are no business of these clips
            raise ConfigError(
                f'{planned[new].path} and {layout.crops(old)}, which was extracted before: the '
                f'crops of clip {inner!r} would lie among those of clip {outer!r}; rename the '
                'input, or extract it into another folder (--out)')


def name_problem(name: str) -> str:
    """Why a clip cannot be extracted under its name, or ''."""
    for part in Layout(Path()).ledger(name).parts:
        if len(os.fsencode(part)) > _LONGEST_BYTES:
            return (f'its name is too long: {part!r} takes more than {_LONGEST_BYTES} bytes as '
                    'the name of a file; rename it')
    if name.rpartition('/')[2].startswith(DESKTOP_PREFIX):
        return (f'its name begins with {DESKTOP_PREFIX!r}, as what desktops leave beside files '
                'does; rename it, if it is a clip')
    return ''


def is_text(name: str) -> bool:
    """Whether a name is UTF-8 without control characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return not any(unicodedata.category(character) == 'Cc' for character in name)


def _nested(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names of which the first lies below the second, or a file of it."""
    names = sorted(names)
    taken = {f'{name}{suffix}': name for name in names for suffix in _SUFFIXES}
    for name in names:
        folder = name.rpartition('/')[0]
        while folder:
            if folder in taken:
                yield name, taken[folder]
            folder = folder.rpartition('/')[0]
