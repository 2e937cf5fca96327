from __future__ import annotations

import pytest

from mmfer.datasets.transforms import UniformSample
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


def test_uniform_sample() -> None:
    transform = TRANSFORMS.build(dict(type='UniformSample', num_frames=3))
    assert isinstance(transform, UniformSample)  # not the host's
    results = transform(dict(total_frames=9, start_index=0))
    assert results['frame_inds'].tolist() == [1, 4, 7]
    assert (results['num_clips'], results['clip_len']) == (1, 3)
    assert 'num_frames=3' in repr(transform)
    with pytest.raises(ConfigError, match='num_frames'):
        UniformSample(0)
