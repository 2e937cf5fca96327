"""Which names a pack may hold, and which roots are places on this machine.

A pack is data. What is in it is images and videos under plain relative paths, so that neither
unpacking it nor reading it by another tool can write elsewhere, follow a link, run a command
or unpickle an object.
"""
from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote

from mmfer.annotation_rows import check_relative
from mmfer.annotations import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from mmfer.errors import ConfigError

MEDIA_SUFFIXES = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES)
MAX_KEY_BYTES = 511
"""Longest key that LMDB takes as it is usually built."""

_ADDRESS = re.compile(r'pipe:|[a-z][a-z0-9+.-]*://', re.IGNORECASE)
# every printable ASCII character but "%", so that ASCII names are their own keys
_PLAIN = ''.join(map(chr, range(0x20, 0x7f))).replace('%', '')


def member_problem(name: str) -> str:
    """Why a file of this name may not be in a pack, or ''."""
    problem = check_relative(name)
    if problem:
        return problem
    if posixpath.normpath(name) != name:
        return f'is not written as {posixpath.normpath(name)!r}'
    suffix = posixpath.splitext(name)[1].lower()
    if suffix not in MEDIA_SUFFIXES:
        return f'is no image or video: its suffix is not one of {" ".join(MEDIA_SUFFIXES)}'
    return ''


def check_address(root: str) -> None:
    """Refuses addresses and commands where a folder is expected.

    Raises:
        ConfigError: ``root`` is a URL, or a command as WebDataset's ``pipe:`` runs it.
    """
    if _ADDRESS.match(root):
        raise ConfigError(f'{root!r} is an address or a command, not a folder: frames are read '
                          'from folders of this machine only; copy them here, and set '
                          'annotation.root to the copy')


def lmdb_key(name: str) -> str:
    """The key of a file in LMDB: its name, with what is not ASCII (and "%") as %XX of UTF-8.

    MMEngine's back end takes ASCII keys only.
    """
    return name if name.isascii() and name.isprintable() and '%' not in name else quote(
        name, safe=_PLAIN)


def lmdb_name(key: str) -> str:
    """The name of the file under a key; undoes :func:`lmdb_key`."""
    return unquote(key)
