import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS


@pytest.mark.parametrize('as_list', [True, False])
def test_each_sampled_frame_in_order(as_list):
    imgs = np.arange(3 * 4 * 5 * 3, dtype=np.uint8).reshape(3, 4, 5, 3)
    results = dict(imgs=list(imgs) if as_list else imgs, num_clips=1, clip_len=5,
                   frame_gather=np.array([0, 2, 2, 1, 0]))
    results = TRANSFORMS.build(dict(type='RepeatFrames'))(results)
    assert 'frame_gather' not in results
    assert np.array_equal(np.stack(results['imgs']), imgs[[0, 2, 2, 1, 0]])
    host = TRANSFORMS.build(dict(type='FormatShape', input_format='NCTHW'))(results)
    assert host['imgs'].shape == (1, 3, 5, 4, 5)
    assert np.array_equal(host['imgs'][0, :, 3], imgs[1].transpose(2, 0, 1))


def test_masked_frames_are_refused():
    with pytest.raises(ConfigError, match="policy='mask'.*needs an ExpressionRecognizer"):
        TRANSFORMS.build(dict(type='RepeatFrames'))(
            dict(imgs=[], frame_gather=np.array([]), frame_present=np.array([])))
