"""Frames that are in memory already, in the place of files."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import MediaError

__all__ = ['MemoryFrames', 'check_image']


def check_image(image: Any, name: str) -> NDArray[np.uint8]:
    """The image, where it is one.

    Raises:
        MediaError: It is not (H, W, 3) uint8 with at least one pixel; names it as ``name``.
    """
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise MediaError(f'{name} is {array.dtype} {array.shape}; frames in memory are uint8 '
                         '(H, W, 3), RGB')
    return array


class MemoryFrames:
    """The frames of a clip by what a sampler's ``frame_inds`` name them with.

    A sample holds it as ``memory_frames`` beside ``start_index=0``, and ``LoadFrames`` then
    looks frames up here. Transforms get copies where they could change an image in place, so
    the frames stay what they are; a deep copy of a sample shares them.

    Args:
        images: T images (H, W, 3) uint8 RGB, or one array (T, H, W, 3).
        numbers: (T,) their 1-based frame numbers, ascending; 1 to T where None.

    Raises:
        MediaError: There is no image, one is not uint8 (H, W, 3), or the numbers do not fit.
    """

    def __init__(self, images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
                 numbers: Sequence[int] | NDArray[np.int64] | None = None) -> None:
        self._images = [check_image(image, f'frame {place} of a clip')
                        for place, image in enumerate(images, start=1)]
        if not self._images:
            raise MediaError('a clip in memory has no frame')
        given = np.arange(1, len(self._images) + 1) if numbers is None else np.asarray(numbers)
        if given.shape != (len(self._images), ) or given[0] < 1 or (np.diff(given) < 1).any():
            raise MediaError(f'{len(self._images)} frames in memory have the numbers '
                             f'{given.tolist()[:8]}; give each one, from 1 and ascending')
        self.numbers = given.astype(np.int64)
        self._place = {number - 1: place for place, number in enumerate(self.numbers.tolist())}

    def __len__(self) -> int:
        """T."""
        return len(self._images)

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """The frame whose number is ``index + 1``."""
        return self._images[self._place[index]]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """The frames in order."""
        return iter(self._images)

    def __deepcopy__(self, memo: dict[int, Any]) -> MemoryFrames:
        """The same object: nothing changes it."""
        return self
