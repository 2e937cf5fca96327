"""The frames that a prediction was made of, read from where the corpus is."""
from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from mmfer.annotations import resolve_inside
from mmfer.datasets.media import read_image, read_video
from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.storage import FILES, is_pack, open_store


def read_frames(row: ClipPrediction, root: str | os.PathLike[str],
                numbers: Sequence[int]) -> list[np.ndarray]:
    """Reads frames of a predicted clip.

    Args:
        row: Says where the frames are.
        root: Folder that the row's paths are relative to, or a pack of it.
        numbers: 1-based frame numbers, in any order, with repetitions.

    Returns:
        For each number an (H, W, 3) uint8 RGB image.

    Raises:
        AnnotationError: The path leaves ``root``.
        MediaError: A file is missing or unreadable.
        StorageError: A pack is damaged.
        PredictionError: The row's path or template of file names is unusable.
    """
    if not row.frames or os.path.isabs(row.frames):
        raise PredictionError(f'clip {row.clip!r}: frames are at {row.frames!r}, not below a data '
                              'root; set annotation.root and test again')
    store = open_store(root) if is_pack(root) else FILES
    distinct = sorted({int(number) for number in numbers})
    positions = [number - 1 + row.start_index for number in distinct]
    if row.filename_tmpl is None:
        images = list(read_video(str(resolve_inside(root, row.frames)), positions, store=store))
    else:
        # resolved with the name, because a template may hold folders as well
        folder = '' if row.frames == '.' else f'{row.frames}/'
        images = [
            read_image(str(resolve_inside(root, folder + _file_name(row, position))), store)
            for position in positions
        ]
    found = dict(zip(distinct, images, strict=True))
    return [found[int(number)] for number in numbers]


def _file_name(row: ClipPrediction, position: int) -> str:
    try:
        return str(row.filename_tmpl).format(position)
    except (ValueError, LookupError, AttributeError) as error:
        raise PredictionError(f'clip {row.clip!r}: filename_tmpl {row.filename_tmpl!r} is no '
                              'template of file names with one number') from error
