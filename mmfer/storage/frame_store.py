"""The interface through which frames are read, and its simplest case, a folder."""
from __future__ import annotations

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator

from mmengine.fileio import LocalBackend

from mmfer.annotations import resolve_inside
from mmfer.errors import MediaError


class FrameStore(ABC):
    """Encoded frames and videos by their paths.

    A path is relative to the root, with "/", or begins with the root, as a sample's does.

    Args:
        root: Folder of the store; '' takes paths as they are.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._prefix = os.path.join(root, '') if root else ''

    def name(self, path: str) -> str:
        """The path relative to the root."""
        return path.removeprefix(self._prefix) if self._prefix else path

    @abstractmethod
    def read(self, path: str) -> bytes:
        """Content of one file.

        Raises:
            MediaError: There is no such file, or it cannot be read; names it.
        """

    @abstractmethod
    def exists(self, path: str) -> bool:
        """Whether there is such a file."""

    @abstractmethod
    def list(self, folder: str = '') -> Iterator[str]:
        """Names of all files below a folder, relative to the root, in ascending order."""

    @abstractmethod
    def stamp(self, path: str) -> tuple[int, str]:
        """Size of a file in bytes, and a text that changes when its content does.

        Raises:
            MediaError: There is no such file, or it is not a regular one.
        """

    @abstractmethod
    def close(self) -> None:
        """Gives back what is open; the store is not to be used afterwards."""


class FolderStore(FrameStore):
    """Files in a folder, read by MMEngine's local back end."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self._backend = LocalBackend()

    def read(self, path: str) -> bytes:
        """See :class:`FrameStore`."""
        path = os.path.join(self.root, path)
        try:
            return self._backend.get(path)
        except OSError as error:
            raise MediaError(
                f'{path} cannot be read ({error.strerror}); put the file back, or list the '
                'frames that exist in the field frame_numbers of the annotation file'
            ) from error

    def exists(self, path: str) -> bool:
        """See :class:`FrameStore`."""
        return self._backend.isfile(os.path.join(self.root, path))

    def list(self, folder: str = '') -> Iterator[str]:
        """See :class:`FrameStore`."""
        names = self._backend.list_dir_or_file(
            os.path.join(self.root, folder), list_dir=False, recursive=True)
        for name in sorted(name.replace(os.sep, '/') for name in names):
            yield f'{folder}/{name}' if folder else name

    def stamp(self, path: str) -> tuple[int, str]:
        """See :class:`FrameStore`; a link must stay inside the root."""
        full = os.path.join(self.root, path)
        try:
            found = os.lstat(full)
            if stat.S_ISLNK(found.st_mode):
                found = os.stat(resolve_inside(self.root, path))
        except OSError as error:
            raise MediaError(f'{full} cannot be read ({error.strerror}); put the file back, or '
                             'correct the annotation file') from error
        if not stat.S_ISREG(found.st_mode):
            raise MediaError(f'{full} is not a regular file')
        return found.st_size, str(found.st_mtime_ns)

    def close(self) -> None:
        """See :class:`FrameStore`."""


FILES = FolderStore('')
"""Files by the paths that the file system knows them by."""
