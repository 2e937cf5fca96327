from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import RandomRotate
from mmfer.datasets.transforms.random_rotate import rotate
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

# a ramp from left to right: its slope shows the angle
RAMP = np.repeat(np.arange(0, 252, 4, dtype=np.uint8)[None], 63, axis=0)[..., None].repeat(3, 2)


def angle_of(img: np.ndarray) -> float:
    """Degrees, clockwise, by which the ramp was turned, from its slopes at the centre."""
    part = img[16:47, 16:47, 0].astype(float)
    down, right = (np.mean(np.diff(part, axis=axis)) for axis in (0, 1))
    return float(np.degrees(np.arctan2(down, right)))


def test_quarter_turn_is_exact() -> None:
    turned = rotate([RAMP], 90)[0]
    assert np.array_equal(turned, np.rot90(RAMP, -1))


@pytest.mark.parametrize('angle', [-30.0, 0.0, 12.0])
def test_angle_and_borders(angle: float) -> None:
    turned = rotate(np.stack([RAMP, RAMP]), angle)
    assert [img.shape for img in turned] == [RAMP.shape] * 2
    assert turned[0].dtype == np.uint8
    assert angle_of(turned[0]) == pytest.approx(angle, abs=0.5)
    # repeated border: no value outside the ramp, and no black corner on its bright side
    assert turned[0][:, -1].min() > 100


def test_one_angle_for_a_clip_drawn_from_the_range() -> None:
    transform = TRANSFORMS.build(dict(type='RandomRotate', degrees=20))
    angles = []
    for seed in range(60):
        with seeded(seed):
            first, second = transform(dict(imgs=[RAMP.copy(), RAMP.copy()]))['imgs']
        assert np.array_equal(first, second)
        angles.append(angle_of(first))
        with seeded(seed):
            again = transform(dict(imgs=np.stack([RAMP, RAMP])))['imgs']
        assert np.array_equal(again[0], first)
    assert -20.5 <= min(angles) < -14 and 14 < max(angles) <= 20.5
    assert np.array_equal(RandomRotate(0)(dict(imgs=[RAMP]))['imgs'][0], RAMP)


def test_wrong_range() -> None:
    with pytest.raises(ConfigError, match='degrees'):
        RandomRotate(-1)
