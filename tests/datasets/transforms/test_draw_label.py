from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from mmfer.datasets.randomness import seeded
from mmfer.errors import AnnotationError
from mmfer.registry import TRANSFORMS


def draw(shares: list[float], times: int) -> list[int]:
    transform = TRANSFORMS.build(dict(type='DrawLabel'))
    assert repr(transform) == 'DrawLabel()'
    distribution = np.array(shares, np.float32)
    return [transform(dict(label=0, label_distribution=distribution))['label']
            for _ in range(times)]


def test_draws_as_the_annotators_voted() -> None:
    with seeded(1):
        labels = draw([0.6, 0.0, 0.1, 0.3], 4000)
    counts = np.bincount(labels, minlength=4)
    assert counts[1] == 0
    assert chisquare(counts[[0, 2, 3]], [2400, 400, 1200]).pvalue > 0.001
    with seeded(1):
        assert draw([0.6, 0.0, 0.1, 0.3], 50) == labels[:50]


def test_one_voice_decides() -> None:
    # thirds in float32 do not sum to 1 exactly
    assert draw([0.0, 1.0], 20) == [1] * 20 and set(draw([1 / 3] * 3, 50)) == {0, 1, 2}


def test_needs_votes() -> None:
    with pytest.raises(AnnotationError, match="clip 'é' has no label_distribution"):
        TRANSFORMS.build(dict(type='DrawLabel'))(dict(label=0, clip='é'))
