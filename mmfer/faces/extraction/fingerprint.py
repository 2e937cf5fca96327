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
        modified_ns: When one of them, or the folder, was last changed.
        sha256: Of the file, or of the names and contents of the images.
    """

    files: int
    size: int
    modified_ns: int
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
        paths, size, modified_ns = _state(clip)
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
    return Fingerprint(len(paths), size, modified_ns, digest.hexdigest())


def is_untouched(clip: Clip, known: Mapping[str, Any]) -> bool:
    """Whether number, size and time of a clip's files are those of a fingerprint."""
    try:
        paths, size, modified_ns = _state(clip)
    except OSError:
        return False
    return (len(paths), size, modified_ns) == tuple(
        known.get(name) for name in ('files', 'size', 'modified_ns'))


def is_same(clip: Clip, known: Mapping[str, Any]) -> bool:
    """Whether a clip's content is that of a fingerprint; read only where its time differs.

    Raises:
        MediaError: It cannot be read.
    """
    return is_untouched(clip, known) or fingerprint(clip).sha256 == known.get('sha256')


def _state(clip: Clip) -> tuple[list[str], int, int]:
    """Paths, bytes and latest change of a clip's files."""
    if clip.kind != 'folder':
        found = os.stat(clip.path)
        return [clip.path], found.st_size, found.st_mtime_ns
    with os.scandir(clip.path) as entries:
        images = {entry.path: entry.stat() for entry in entries
                  if os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES
                  and not entry.name.startswith('.')}
    times = [os.stat(clip.path).st_mtime_ns, *(found.st_mtime_ns for found in images.values())]
    return sorted(images), sum(found.st_size for found in images.values()), max(times)
