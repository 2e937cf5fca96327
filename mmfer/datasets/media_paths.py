"""Paths of media inside a root, checked for links out of it at little cost.

:func:`mmfer.annotations.resolve_inside` looks at every folder of a path. Clips share folders,
so here each folder is looked at once.
"""
from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache

from mmfer.annotation_rows import check_relative
from mmfer.annotations import resolve_inside

__all__ = ['check_paths', 'real_path']


@lru_cache(maxsize=4096)
def _real_folder(root: str, folder: str) -> str:
    return str(resolve_inside(root, folder)) if folder else os.path.realpath(root)


def real_path(root: str, relative: str) -> str:
    """What :func:`~mmfer.annotations.resolve_inside` gives, with its folder remembered.

    Raises:
        AnnotationError: As there.
    """
    folder, _, name = relative.rpartition('/')
    if name not in ('', '.') and not check_relative(relative):
        path = os.path.join(_real_folder(root, folder), name)
        if not os.path.islink(path):
            return path
    return str(resolve_inside(root, relative))


def check_paths(root: str, paths: Iterable[str]) -> None:
    """Checks that no path leads out of a root through a link; they need not exist.

    Each folder is listed once, which tells its links; only those are followed.

    Args:
        root: The root.
        paths: Relative to it, checked as texts.

    Raises:
        AnnotationError: One leads out of the root.
    """
    paths = list(paths)
    links: set[str] = set()
    for folder in {path.rpartition('/')[0] for path in paths}:
        try:
            entries = os.scandir(_real_folder(root, folder))
        except OSError:  # not there, or no folder: whoever reads a file in it says so
            continue
        with entries:
            # spelt as the paths are, "a//b" for one
            links.update(f'{folder}/{entry.name}' if folder else entry.name
                         for entry in entries if entry.is_symlink())
    for path in paths if links else ():
        if path in links:
            resolve_inside(root, path)
