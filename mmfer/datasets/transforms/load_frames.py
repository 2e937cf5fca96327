"""Decoding the sampled frames of a clip."""
from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.media import choose_video_backend, read_image, read_video
from mmfer.errors import ConfigError, MediaError, StorageError
from mmfer.registry import TRANSFORMS
from mmfer.storage import FILES, open_store

__all__ = ['LoadFrames', 'fit_into', 'frame_paths']

_INTERPOLATIONS = {'cv2': ('nearest', 'bilinear', 'bicubic', 'area', 'lanczos'),
                   'pillow': ('nearest', 'bilinear', 'bicubic', 'box', 'lanczos', 'hamming')}


def frame_paths(frame_dir: str, template: str, inds: Iterable[int]) -> list[str]:
    """Paths of frames by the numbers in their names."""
    folder = os.path.join(frame_dir, '')
    return [folder + template.format(index) for index in inds]


def distinct_rows(inds: list[int]) -> tuple[list[int], np.ndarray]:
    """The distinct indices, ascending, and for each index its row among them, (T,) int64."""
    distinct = sorted(set(inds))
    row = {index: place for place, index in enumerate(distinct)}
    return distinct, np.array([row[index] for index in inds], dtype=np.int64)


def fit_into(frame: np.ndarray, place: np.ndarray, interpolation: str,
             library: str = 'cv2') -> None:
    """Writes an (H, W, 3) frame into ``place`` (h, w, 3), resized where sizes differ."""
    if frame.shape == place.shape:
        place[:] = frame
    elif library == 'cv2':
        mmcv.imresize(frame, place.shape[1::-1], interpolation=interpolation, out=place,
                      backend=library)
    else:
        place[:] = mmcv.imresize(frame, place.shape[1::-1], interpolation=interpolation,
                                 backend=library)


@TRANSFORMS.register_module()
class LoadFrames(BaseTransform):
    """Decodes each distinct sampled frame once.

    Needs ``frame_inds`` and either ``frame_dir`` and ``filename_tmpl``, or ``filename`` of
    a video, or ``memory_frames``, a :class:`~mmfer.datasets.memory_frames.MemoryFrames` with
    the frames themselves; ``storage``, where it is set, is the pack of frames (tar shards or
    LMDB, see :mod:`mmfer.storage`) that these paths lie in. Sets ``imgs``, U (H, W, 3) uint8
    RGB images (a list, or one array where ``size`` is given); ``frame_gather`` (T,), the row
    in ``imgs`` of each sampled frame; ``original_shape`` (of the first frame as decoded) and
    ``img_shape``, each (height, width). Sampled frames that ``frame_blank`` (T,) names, where
    it is set, become black pictures, one more image.

    Args:
        backend: What decodes videos: ``'decord'``, ``'pyav'``, or ``'auto'`` for the first
            that is installed.
        size: Width and height to bring each frame to as soon as it is decoded. It does what
            ``Resize(scale=size, keep_ratio=False)`` would, but faster; a long clip is never
            in memory at its original size; and frames of different sizes may share a clip,
            which is an error otherwise.
        interpolation: For ``size``; ``'nearest'``, ``'bilinear'``, ``'bicubic'``,
            ``'lanczos'``, or ``'area'`` of OpenCV, ``'box'`` or ``'hamming'`` of Pillow.
        resize_library: What resizes, ``'cv2'`` or ``'pillow'``. They differ where a frame
            becomes smaller: Pillow widens the filter, so that nothing aliases, which OpenCV
            does for ``'area'`` alone. Released code that resizes by torchvision used Pillow.

    Raises:
        MediaError: A frame or video is missing, truncated or unreadable, or the frames of
            a clip differ in size; names the clip and the file.
        StorageError: The same of a damaged pack.
    """

    def __init__(self, backend: str = 'auto', size: tuple[int, int] | None = None,
                 interpolation: str = 'bilinear', resize_library: str = 'cv2') -> None:
        if backend != 'auto':
            choose_video_backend(backend)
        if resize_library not in _INTERPOLATIONS:
            raise ConfigError(f'LoadFrames: resize_library {resize_library!r} does not exist; '
                              f'choose one of {", ".join(_INTERPOLATIONS)}')
        if interpolation not in _INTERPOLATIONS[resize_library]:
            raise ConfigError(f'LoadFrames: interpolation {interpolation!r} does not exist; '
                              f'choose one of {", ".join(_INTERPOLATIONS[resize_library])}')
        if size is not None and (len(size) != 2 or min(size) < 1):
            raise ConfigError(f'LoadFrames: size is {size}; give (width, height) in pixels')
        self.backend = backend
        self.size = None if size is None else (int(size[0]), int(size[1]))
        self.interpolation = interpolation
        self.resize_library = resize_library

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Loads the frames of one sample."""
        inds = np.asarray(results['frame_inds']).ravel()
        blank = np.asarray(results.get('frame_blank', np.zeros(len(inds), bool)))
        distinct, gather = distinct_rows(inds[~blank].tolist())
        imgs: list[np.ndarray] = []
        block = None if self.size is None else np.zeros(
            (len(distinct) + blank.any(), self.size[1], self.size[0], 3), dtype=np.uint8)
        shape, count = None, 0
        try:
            for frame in self._decode(results, distinct):
                shape = shape or frame.shape[:2]
                if block is not None:
                    fit_into(frame, block[count], self.interpolation, self.resize_library)
                elif frame.shape[:2] == shape:
                    imgs.append(frame)
                else:
                    raise MediaError(
                        f'it is {frame.shape[1]}x{frame.shape[0]} pixels and the first one '
                        f'{shape[1]}x{shape[0]}; set LoadFrames(size=(w, h))')
                count += 1
        except (MediaError, StorageError) as error:
            number = distinct[min(count, len(distinct) - 1)] - results.get('start_index', 1) + 1
            raise type(error)(
                f'clip {results.get("clip", "?")!r}, frame {number}: {error}') from error
        if blank.any() and block is None:
            imgs.append(np.zeros_like(imgs[0]))
        results['imgs'] = imgs if block is None else block
        results['frame_gather'] = np.full(len(inds), len(distinct))
        results['frame_gather'][~blank] = gather
        results['original_shape'] = shape
        results['img_shape'] = results['imgs'][0].shape[:2]
        return results

    def _decode(self, results: dict[str, Any], inds: list[int]) -> Iterable[np.ndarray]:
        if 'memory_frames' in results:
            # copied, unless what follows writes into the block: steps change images in place
            copy = np.array if self.size is None else np.asarray
            return (copy(results['memory_frames'][index]) for index in inds)
        store = open_store(results['storage']) if results.get('storage') else FILES
        if results.get('filename'):
            return read_video(results['filename'], inds, self.backend, store)
        paths = frame_paths(results['frame_dir'], results['filename_tmpl'], inds)
        return (read_image(path, store) for path in paths)

    def __repr__(self) -> str:
        """The transform as it is built."""
        return (f'LoadFrames(backend={self.backend!r}, size={self.size}, '
                f'interpolation={self.interpolation!r}, resize_library={self.resize_library!r})')
