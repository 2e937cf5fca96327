from __future__ import annotations

import numpy as np
import pytest

from mmfer.datasets.randomness import seeded
from mmfer.datasets.transforms import SegmentSample
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


def draw(transform: SegmentSample, total: int = 30, **facts) -> list[int]:
    return transform(dict(total_frames=total, start_index=1, **facts))['frame_inds'].tolist()


def test_paper_draws_anew_from_the_global_generator() -> None:
    transform = TRANSFORMS.build(dict(type='SegmentSample', num_segments=5))
    with seeded(1, 2):
        first, second = draw(transform), draw(transform)
    with seeded(1, 2):
        assert draw(transform) == first != second
    assert [(frame - 1) // 6 for frame in first] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize('variant', ['code_ckplus', 'code_afew'])
def test_code_draws_once_per_seed_and_sample(variant: str) -> None:
    transform = SegmentSample(3, variant)
    triples = {tuple(draw(transform, 300, sample_idx=i, seed=s)) for i in range(5) for s in (0, 1)}
    assert len(triples) == 10
    with seeded(9):
        assert tuple(draw(transform, 300, sample_idx=4, seed=1)) in triples
    before = np.random.get_state()[1].copy()
    draw(transform)
    assert np.array_equal(before, np.random.get_state()[1])


def test_short_clips_start_with_their_own_frame() -> None:
    transform = SegmentSample(3, 'code_ckplus')
    firsts = [draw(transform, 4, sample_idx=i, repeat_index=i)[0] for i in range(4)]
    assert firsts == [1, 2, 3, 4]


@pytest.mark.parametrize('kwargs', [dict(num_segments=0), dict(variant='code')])
def test_wrong_options(kwargs: dict) -> None:
    with pytest.raises(ConfigError, match='SegmentSample'):
        SegmentSample(**kwargs)
