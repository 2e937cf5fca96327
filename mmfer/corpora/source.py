"""Where a corpus lies and how closely to look: what every converter is given."""
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmfer.annotations import VIDEO_SUFFIXES, Row, make_metainfo
from mmfer.corpora.clip_media import find_media
from mmfer.corpora.face_ledger import START_INDEX, FaceLedger
from mmfer.corpora.report import Conversion, Report, summary_counts
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.protocols import Division

MAX_LINES = 20
"""Lines of a report in an error; a copy that is wrong throughout has thousands."""


@dataclass(frozen=True)
class Source:
    """A user's copy of a corpus.

    Attributes:
        root: Folder of the corpus: labels, lists, and media unless ``frames`` is given.
        frames: Folder of own face crops, in which each clip has the path that it has below
            the corpus's own media folder; a video's crops are a folder of its name without
            the suffix.
        verify: Whether to look into each image for truncation.
        listing: Only list: no video is opened, and rows of videos count as one frame. Such
            rows serve to check a copy and are never written.
        faces: The ledger of the crops, where they are of an extraction: those of ``frames`` or,
            of a corpus whose media are crops, those of ``root``.
        progress: Called with the number of clips looked at so far, after each.
        report: Grows by whatever is odd.
    """

    root: Path
    frames: Path | None = None
    verify: bool = True
    listing: bool = False
    faces: FaceLedger | None = None
    progress: Callable[[int], None] | None = None
    report: Report = field(default_factory=Report)

    def folder(self, relative: str, hint: str) -> Path:
        """A folder that the corpus must have.

        Raises:
            CorpusError: it is not there; the message ends with ``hint``.
        """
        path = self.root / relative
        if not path.is_dir():
            raise CorpusError(f'{path}: no such folder; {hint}')
        return path

    def media(self, inner: str = '', gaps: bool = True) -> Media:
        """The clips below ``root``/``inner``, or below ``frames`` where that is given."""
        if self.frames is not None:
            if not self.frames.is_dir():
                raise CorpusError(f'{self.frames}: no such folder of face crops')
            return Media(self, self.frames, '', gaps=False)
        return Media(self, self.root, f'{inner}/' if inner else '', gaps)


class Media:
    """Reads clips, one by one, of one folder of media.

    Args:
        source: Where the corpus lies.
        root: The root that the rows' paths are relative to.
        prefix: Path of the media below it, '' or ending in '/'.
        gaps: Whether numbers that are missing between the frames of a folder are odd; they
            are not in a corpus that leaves out the frames without a face.
    """

    def __init__(self, source: Source, root: Path, prefix: str, gaps: bool = True) -> None:
        self.source, self.root, self.prefix, self.gaps = source, root, prefix, gaps
        self._looked_at = 0

    def clip(self, name: str, start_index: int | None = None) -> Row | None:
        """The fields ``frames``, ``num_frames``, ... of one clip, without its id.

        Args:
            name: Path below the media; the suffix of a video or image may be left out, and
                is where own crops are read.
            start_index: Number in the file name of frame 1; the lowest one by default. Say
                1 where crops leave out frames without a face.

        Returns:
            None where there is nothing usable, which is reported as left out. Where own
            crops are read the clip then has ``num_frames`` 0: no face was found in it.
        """
        self._looked_at += 1
        if self.source.progress is not None:
            self.source.progress(self._looked_at)
        if self.source.frames is not None:
            return self._crops(name, start_index)
        try:
            return self._read(self.prefix + name, start_index)
        except (AnnotationError, CorpusError) as error:
            self.source.report.add(self.prefix + name, f'{error}; left out')
            return None

    def _crops(self, name: str, start_index: int | None) -> Row:
        source = self.source
        try:
            row = read_crops(source, name, start_index, self.root, self.gaps)
            del row['clip']
        except (AnnotationError, CorpusError) as error:
            source.report.add(crop_folder(self.root, name),
                              f'{error}; kept as a clip without a face')
            row = {'frames': os.path.splitext(name)[0], 'num_frames': 0}
        return row if source.faces is None else source.faces.add_to(row, source.report)

    def _read(self, relative: str, start_index: int | None) -> Row:
        row = read_media(self.source, relative, start_index, self.root, self.gaps)
        del row['clip']
        return row


def read_media(source: Source, name: str, start_index: int | None = None,
               root: Path | None = None, gaps: bool = True) -> Row:
    """:func:`find_media` as closely as a source says, below its root or another one.

    Raises:
        AnnotationError: for a path that leaves the root.
        CorpusError: where there is no such medium, or it has no usable frame.
    """
    return find_media(source.root if root is None else root, name, source.report,
                      source.verify, start_index, not source.listing, gaps)


def read_crops(source: Source, name: str, start_index: int | None = None,
               root: Path | None = None, gaps: bool = True) -> Row:
    """A clip of face crops as :func:`read_media` reads it; a video's are in a folder of its stem.

    One that the ledger of the crops knows, but that has none, has ``num_frames`` 0.
    """
    root = source.root if root is None else root
    faces, folder = source.faces, crop_folder(root, name)
    try:
        return read_media(source, folder, START_INDEX if faces else start_index, root, gaps)
    except CorpusError:
        if faces is None or not faces.knows(folder):
            raise
        source.report.add(folder, f'no crop, {faces.path.name} knows it; kept as a clip without a '
                                  'face')
        return {'clip': folder, 'frames': folder, 'num_frames': 0}


def crop_folder(root: Path, name: str) -> str:
    """Path of a clip's crops below ``root``, given that of its media."""
    return name if (root / name).exists() else os.path.splitext(name)[0]


def conclude(source: Source, corpus: str, classes: Sequence[str], rows: list[Row],
             counts: Mapping[str, int] | None = None, known: Mapping[str, int] | None = None,
             divisions: Mapping[str, tuple[Division, ...]] | None = None) -> Conversion:
    """The conversion that rows make.

    Args:
        source: Where they were read.
        corpus: Its name.
        classes: Names of the labels.
        rows: Of the annotation file.
        counts: What was counted beside the counts that every corpus has.
        known: Published counts.
        divisions: Published splits, by the stem of their protocol file.

    Raises:
        CorpusError: no row has a frame; the message has the report.
    """
    if not any(row['num_frames'] for row in rows):
        lines = source.report.lines()
        if len(lines) > MAX_LINES:
            lines[MAX_LINES:] = [f'  ... and {len(lines) - MAX_LINES} more']
        raise CorpusError('\n'.join([f'{source.root}: nothing could be converted', *lines]))
    return Conversion(make_metainfo(corpus, classes, rows), rows, source.report,
                      {**summary_counts(rows, list(classes)), **(counts or {})},
                      dict(known or {}), dict(divisions or {}))


def is_video(name: str) -> bool:
    """Whether a file's name is a video's, by its suffix."""
    return os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES


def clip_stem(name: str) -> str:
    """A clip's name without the suffix of a video."""
    return os.path.splitext(name)[0] if is_video(name) else name


def list_clips(folder: Path, report: Report) -> list[str]:
    """Names of the clips in a folder, sorted: its sub-folders, and its videos.

    Other files are reported. A video beside a folder of the same stem (its frames) counts
    once, as the folder.

    Raises:
        CorpusError: where the folder cannot be listed.
    """
    folders, files = list_folder(folder, report)
    names = list(folders)
    for name in files:
        if not is_video(name):
            report.add(f'{folder.name}/{name}', 'neither a folder nor a video; left out')
        elif os.path.splitext(name)[0] not in folders:
            names.append(name)
    return sorted(names)
