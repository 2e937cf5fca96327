from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import ColorJitter
from mmfer.datasets.transforms.color_jitter import shift_hue
from mmfer.registry import TRANSFORMS

IMAGE = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize('factor', [-0.4, -0.1, 0.1, 0.4])
def test_hue_turns_both_ways(factor: float) -> None:
    hue = cv2.cvtColor(IMAGE, cv2.COLOR_RGB2HSV)[..., 0].astype(int)
    expected = cv2.cvtColor(IMAGE, cv2.COLOR_RGB2HSV)
    expected[..., 0] = (hue + int(factor * 255)) % 180
    expected = cv2.cvtColor(expected, cv2.COLOR_HSV2RGB)
    assert np.array_equal(shift_hue(IMAGE.astype(np.float32), factor), expected)


def test_same_for_all_frames_and_drawn_per_sample() -> None:
    transform = TRANSFORMS.build(dict(type='ColorJitter', hue=0.5))
    assert isinstance(transform, ColorJitter)
    outputs, orders = [], []
    for seed in range(8):
        with seeded(seed):
            first, second = transform(dict(imgs=[IMAGE.copy(), IMAGE.copy()]))['imgs']
        assert np.array_equal(first, second) and first.dtype == np.uint8
        outputs.append(first.tobytes())
        orders.append(tuple(transform.fn_idx))
    assert len(set(outputs)) == 8 and len(set(orders)) > 1
    other = ColorJitter(hue=0.5)
    with seeded(7):
        assert other(dict(imgs=[IMAGE.copy()]))['imgs'][0].tobytes() == outputs[7]
