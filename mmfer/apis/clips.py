"""Face crops of one person as a clip: in memory, in a folder, or in a video of crops."""
from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.annotations import VIDEO_SUFFIXES
from mmfer.corpora.media import count_video_frames
from mmfer.corpora.report import Report
from mmfer.corpora.traversal import read_frame_folder
from mmfer.datasets.memory_frames import MemoryFrames
from mmfer.errors import CorpusError, MediaError

__all__ = ['CropClip', 'open_crops']


@dataclass(frozen=True)
class CropClip:
    """The crops of one person.

    Attributes:
        name: Of the clip.
        numbers: (T,) int64 1-based frame numbers, ascending.
        fields: Where the crops are, in the keys that ``LoadFrames`` reads.
        face_status: How the face was found on the frames 1..N of the video, where that is
            known; see :mod:`mmfer.faces.status_runs`. A pipeline's ``MissingFaces`` reads it.
    """

    name: str
    numbers: NDArray[np.int64]
    fields: dict[str, Any]
    face_status: str | None = None

    def __len__(self) -> int:
        """T."""
        return len(self.numbers)

    @classmethod
    def of_images(cls, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
                  name: str = 'array', numbers: Sequence[int] | NDArray[np.int64] | None = None,
                  face_status: str | None = None) -> CropClip:
        """Crops in memory, (H, W, 3) uint8 RGB each.

        Raises:
            MediaError: There is none, or they are something else.
        """
        frames = MemoryFrames(images, numbers)
        return cls(name, frames.numbers, dict(memory_frames=frames, start_index=0), face_status)

    def sample(self) -> dict[str, Any]:
        """The clip as a dataset hands it to the pipeline, without labels."""
        whole = self.numbers[-1] == len(self.numbers)
        status = {} if self.face_status is None else dict(face_status=self.face_status)
        return dict(
            clip=self.name, frames=self.name, subject=None, apex=None,
            frame_numbers=None if whole else self.numbers, total_frames=len(self.numbers),
            modality='RGB', offset=0, **status, **self.fields)


def open_crops(source: str | os.PathLike[str] | NDArray[np.uint8] | Iterable[NDArray[np.uint8]]
               | CropClip, name: str | None = None) -> CropClip:
    """Crops of one person from wherever they are; files are read when they are needed.

    Args:
        source: A folder of images, whose numbers in the file names are the frame numbers; a
            video; an array (T, H, W, 3) or an iterable of images (H, W, 3), uint8 RGB.
        name: Of the clip; the path by default.

    Raises:
        MediaError: There is no such folder or video, it has no readable frame, or the images
            are no images.
    """
    if isinstance(source, CropClip):
        return source
    if not isinstance(source, str | os.PathLike):
        return CropClip.of_images(
            source if isinstance(source, np.ndarray) else list(source), name or 'array')
    path = Path(source)
    if path.is_dir():
        return _folder(path, name or str(path))
    if not path.is_file():
        raise MediaError(f'{path} does not exist; give a folder of crops, a video, or an array')
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise MediaError(f'{path} is neither a folder of crops nor a video '
                         f'({", ".join(VIDEO_SUFFIXES)})')
    count = count_video_frames(path)
    return CropClip(name or str(path), np.arange(1, count + 1),
                    dict(filename=str(path), start_index=0))


def _folder(path: Path, name: str) -> CropClip:
    report = Report()
    try:
        folder = read_frame_folder(path, '.', report, gaps=False)
    except CorpusError as error:
        raise MediaError(f'{path}: {error}') from error
    if report.problems:
        entry, problem = report.problems[0]
        warnings.warn(f'{path}: {len(report.problems)} odd entries; {entry}: {problem}',
                      stacklevel=3)
    # numbers are those of the names, as extraction writes them: a video that begins without
    # a face has crops from a later number on. Names that begin with 0 are counted from 1.
    ahead = max(folder.start_index - 1, 0)
    return CropClip(name, np.asarray(folder.numbers, np.int64) + ahead, dict(
        frame_dir=str(path), filename_tmpl=folder.filename_tmpl,
        start_index=folder.start_index - ahead))
