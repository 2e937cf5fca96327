"""Frames with drawn faces, at known places."""
from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from mmfer.faces.structures import VideoFrame
from mmfer.synthetic import render_face, sample_identity


@cache
def drawn_face(seed: int, size_px: int = 200) -> np.ndarray:
    """(size_px, size_px, 3); the face itself is a bit more than half as wide."""
    return render_face(sample_identity(np.random.default_rng(seed)), {}, size_px)


def make_frame(*places: tuple[int, int], shape: tuple[int, int] = (200, 200), number: int = 1,
               size_px: int = 200) -> VideoFrame:
    """A grey frame with one drawn face per place, (x, y) of its top left corner."""
    image = np.full((*shape, 3), 90, np.uint8)
    for seed, (x, y) in enumerate(places):
        face = drawn_face(seed + number, size_px)
        image[y:y + size_px, x:x + size_px] = face[:shape[0] - y, :shape[1] - x]
    return VideoFrame(image, number, number / 25)


@pytest.fixture
def one_face() -> VideoFrame:
    return make_frame((0, 0))
