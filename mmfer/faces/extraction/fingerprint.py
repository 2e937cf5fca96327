"""Whether an input is still the one that its crops were made from."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mmfer.annotations import IMAGE_SUFFIXES
from mmfer.errors import MediaError
from mmfer.faces.extraction.plan import Clip

__all__ = ['Fingerprint', 'fingerprint', 'is_same', 'is_untouched']

_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Fingerprint:
    """What a ledger remembers of its input.

    Attributes:
        files: Number of files: 1 of a video, that of the images of a folder.
        size: Their bytes.
        stamp: SHA-256 of their names, sizes and times of last change, which is quick to tell.
        sha256: Of the file, or of the names and contents of the images.
    """

    files: int
    size: int
    stamp: str
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def fingerprint(clip: Clip) -> Fingerprint:
    """Reads a clip's media once, whole.

    Raises:
        MediaError: They cannot be read.
    """
    try:
        paths, size, stamp = _state(clip)
        digest = hashlib.sha256()
        for path in paths:
            if clip.kind == 'folder':
                name = os.fsencode(os.path.basename(path))
                digest.update(b'%b\0%d\0' % (name, os.path.getsize(path)))
            with open(path, 'rb') as file:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
    except OSError as error:
        raise MediaError(f'{error.filename or clip.path} cannot be read ({error.strerror}); put '
                         'it back, or give yourself the right to read it') from error
    return Fingerprint(len(paths), size, stamp, digest.hexdigest())


def is_untouched(clip: Clip, known: Mapping[str, Any]) -> bool:
    """Whether number, size and time of a clip's files are those of a fingerprint."""
    try:
        paths, size, stamp = _state(clip)
    except OSError:
        return False
    return (len(paths), size, stamp) == tuple(
        known.get(name) for name in ('files', 'size', 'stamp'))


def is_same(clip: Clip, known: Mapping[str, Any]) -> bool:
    """Whether a clip's content is that of a fingerprint; read only where its time differs.

    Raises:
        MediaError: It cannot be read.
    """
    return is_untouched(clip, known) or fingerprint(clip).sha256 == known.get('sha256')


def _state(clip: Clip) -> tuple[list[str], int, str]:
    """Paths, bytes and stamp of a clip's files."""
    if clip.kind == 'folder':
        with os.scandir(clip.path) as entries:
            found = {entry.path: entry.stat() for entry in entries
                     if os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES
                     and not entry.name.startswith('.') and entry.is_file()}
    else:
        found = {clip.path: os.stat(clip.path)}
    stamp = hashlib.sha256()
    for path in sorted(found):
        stamp.update(b'%b\0%d\0%d\0' % (os.fsencode(os.path.basename(path)),
                                         found[path].st_size, found[path].st_mtime_ns))
    return sorted(found), sum(state.st_size for state in found.values()), stamp.hexdigest()
