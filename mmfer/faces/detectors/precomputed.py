"""Boxes and landmarks that another program found, out of files."""
from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmfer.annotations import VIDEO_SUFFIXES, resolve_inside
from mmfer.errors import AnnotationError, ConfigError, DetectorError
from mmfer.faces.detector import FaceDetector
from mmfer.faces.detectors.checks import check_numbers
from mmfer.faces.detectors.readers import READERS, FaceRow, FaceTable, build_tables
from mmfer.faces.detectors.weights import file_sha256
from mmfer.faces.structures import SCHEMES, FaceDetections, VideoFrame
from mmfer.registry import FACE_DETECTORS


@FACE_DETECTORS.register_module(name='precomputed')
class PrecomputedDetector(FaceDetector):
    """Gives what a file says of a frame; a frame that it does not name has no face.

    Args:
        path: A folder with one file per clip, ``<clip>.csv`` and so on, or a single file. That is
            either of several clips, by id, or of the one clip that is named like it.
        format: A key of :data:`mmfer.faces.detectors.readers.READERS`.
        scheme: What the landmarks of ``'csv'`` and ``'json'`` are, a key of
            :data:`mmfer.faces.structures.SCHEMES`; None where there are boxes alone. The other
            formats know it.
        min_score: Leave out faces with a lower score.

    Raises:
        ConfigError: A setting is out of range.
        DetectorError: The path does not exist, or the single file is malformed.
    """

    def __init__(self, path: str | os.PathLike[str], format: str = 'csv',
                 scheme: str | None = None, min_score: float | None = None) -> None:
        if format not in READERS:
            raise ConfigError(f'format is {format!r}; choose one of {", ".join(READERS)}')
        self._reader = READERS[format]
        if scheme is not None and not self._reader.own:
            raise ConfigError(f'scheme is given, but the landmarks of {format} are known: leave '
                              'it out')
        if scheme is not None and scheme not in SCHEMES:
            raise ConfigError(f'scheme is {scheme!r}; choose one of {", ".join(SCHEMES)}')
        check_numbers(min_score=min_score)
        self.scheme = scheme or self._reader.scheme
        self._root = Path(path)
        self._settings = dict(format=format, scheme=self.scheme, min_score=min_score)
        self._min_score = min_score
        self._faces: FaceTable | None = None
        self._files: list[Path] = []
        if not self._root.is_dir():
            if not self._root.is_file():
                raise DetectorError(f'{self._root} does not exist; give the file of boxes, or '
                                    'the folder with one file per clip')
            self._files = [self._root]
            self._tables = self._read(self._files)

    def for_clip(self, clip: str) -> PrecomputedDetector:
        """The detector for one clip, by its id, or the name of its video with the suffix.

        Raises:
            DetectorError: There is no file or row of the clip, its file is malformed, or its id
                leads out of the folder.
        """
        bound = copy.copy(self)
        name, suffix = os.path.splitext(clip)
        clip = name if suffix.lower() in VIDEO_SUFFIXES else clip
        empty = build_tables([FaceRow(None, None)], self.scheme)[None]
        if self._root.is_dir():
            bound._files = self._clip_files(clip)
            tables = self._read(bound._files)
            if set(tables) - {None, clip}:
                raise DetectorError(f'{bound._files[0]} has faces of other clips than {clip!r}; '
                                    'give the file itself as path, or split it')
            bound._faces = tables.get(clip, tables.get(None, empty))
        elif None in self._tables or not self._tables:
            if clip.rpartition('/')[2] != self._root.stem:
                raise DetectorError(f'{self._root} names no clips, so it is of the clip '
                                    f'{self._root.stem!r}, not of {clip!r}; give a folder with '
                                    'one file per clip, or a file that names them')
            bound._faces = self._tables.get(None, empty)
        elif clip in self._tables:
            bound._faces = self._tables[clip]
        else:
            raise DetectorError(f'{self._root} has nothing of the clip {clip!r}; list a clip '
                                'without faces too (docs/faces.md says how)')
        return bound

    def _clip_files(self, clip: str) -> list[Path]:
        path = self._inside(clip + self._reader.suffix)
        if path.is_file():
            return [path]
        folder = self._inside(clip)
        if self._reader.folders and folder.is_dir():
            names = sorted(file.name for file in folder.glob(f'*{self._reader.suffix}'))
            return [self._inside(f'{clip}/{name}') for name in names]
        raise DetectorError(f'{path} does not exist; make it, with no row after the header or '
                            'no frame in it if the clip has no face')

    def _inside(self, relative: str) -> Path:
        try:
            return resolve_inside(self._root, relative)
        except AnnotationError as error:
            raise DetectorError(str(error)) from error

    def _read(self, files: Sequence[Path]) -> dict[str | None, FaceTable]:
        return build_tables((row for file in files
                             for row in self._reader.read(file, self.scheme)),
                            self.scheme, self._min_score)

    def detect(self, frames: Sequence[VideoFrame]) -> list[FaceDetections]:
        """The faces on frames of the clip, by their numbers; the images do not matter.

        Raises:
            DetectorError: It was not said which clip the frames are of.
        """
        if self._faces is None:
            raise DetectorError(f'{self._root}: boxes belong to clips; call for_clip with the '
                                'id of the clip first')
        return [self._faces.at(frame.number) for frame in frames]

    def identity(self) -> dict[str, Any]:
        """Settings, and the SHA-256 of the clip's file.

        Of a folder before a clip is chosen that of all its files: names and SHA-256, sorted.
        """
        identity = dict(name='precomputed', **self._settings)
        if len(self._files) == 1:
            return identity | dict(sha256=file_sha256(self._files[0]))
        files = self._files or [file for file in self._root.rglob(f'*{self._reader.suffix}')
                                if file.is_file()]
        names = {os.path.relpath(file, self._root.resolve() if self._files else self._root): file
                 for file in files}
        listing = ''.join(f'{file_sha256(names[name])}  {name}\n' for name in sorted(names))
        return identity | dict(sha256=hashlib.sha256(listing.encode()).hexdigest())
