"""The last frames of one person, in memory that is taken once.

Axes: D channels.
"""
from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from mmfer.apis.encoder import EncodedFrames

__all__ = ['FrameRing']


class FrameRing:
    """Keeps what was encoded of the last ``window`` frames, under their numbers.

    Args:
        window: Numbers that are kept at most: with frame n, those above n - window.
        like: One encoded frame (1, D) of the shape and device to keep.
    """

    def __init__(self, window: int, like: EncodedFrames) -> None:
        self.window = window
        self.newest = 0
        self._numbers = np.zeros(window, np.int64)
        self._filled = np.zeros(window, bool)
        self._kept = EncodedFrames(
            like.vectors.new_zeros(window, *like.vectors.shape[1:]),
            {name: weight.new_zeros(window, *weight.shape[1:])
             for name, weight in like.weights.items()})

    def put(self, number: int, encoded: EncodedFrames) -> None:
        """Keeps one frame, whose number is higher than those before it."""
        slot = number % self.window
        self._kept.vectors[slot] = encoded.vectors[0]
        for name, weight in encoded.weights.items():
            self._kept.weights[name][slot] = weight[0]
        self._numbers[slot], self._filled[slot] = number, True
        self.newest = number

    def numbers(self, newest: int) -> NDArray[np.int64]:
        """Numbers of the kept frames of the window that ends with ``newest``, ascending."""
        kept = self._numbers[self._filled & (self._numbers > newest - self.window)]
        return np.sort(kept)

    def take(self, numbers: NDArray[np.int64]) -> EncodedFrames:
        """The frames of these numbers, which are kept, in their order."""
        slots = torch.from_numpy(numbers % self.window)
        return self._kept.take(slots.to(self._kept.vectors.device))
