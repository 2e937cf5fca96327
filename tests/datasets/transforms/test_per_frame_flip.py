from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import PerFrameFlip
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

IMAGE = np.arange(2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3)


def flipped(imgs: list[np.ndarray]) -> list[bool]:
    for img in imgs:
        assert np.array_equal(img, IMAGE) or np.array_equal(img, IMAGE[:, ::-1])
    return [not np.array_equal(img, IMAGE) for img in imgs]


def sample(count: int) -> dict:
    return dict(imgs=[IMAGE.copy() for _ in range(count)], img_shape=(2, 4), modality='RGB')


def test_each_frame_on_its_own() -> None:
    transform = TRANSFORMS.build(dict(type='PerFrameFlip', flip_ratio=0.3))
    with seeded(1):
        flips = flipped(transform(sample(500))['imgs'])
    assert 110 < sum(flips) < 190
    with seeded(1):
        assert flipped(transform(sample(500))['imgs']) == flips
    assert not any(flipped(PerFrameFlip(0)(sample(9))['imgs']))
    assert all(flipped(PerFrameFlip(1)(sample(9))['imgs']))


def test_host_flip_agrees_over_a_clip() -> None:
    transform = TRANSFORMS.build(dict(type='Flip', flip_ratio=0.5))
    clips = []
    for seed in range(20):
        with seeded(seed):
            clips.append(flipped(transform(sample(5))['imgs']))
    assert {tuple(set(clip)) for clip in clips} == {(True,), (False,)}


def test_wrong_ratio() -> None:
    with pytest.raises(ConfigError, match='flip_ratio'):
        PerFrameFlip(1.5)
