from __future__ import annotations

import numpy as np
import pytest
from mmaction.datasets.transforms import SampleFrames

from mmfer.datasets.transforms import MapFrameNumbers, MissingFaces


@pytest.mark.parametrize('start, frames', [(0, [1, 2, 4, 8, 1, 2]), (10, [11, 12, 14, 18, 11, 12])])
def test_host_sampler_meets_only_frames_that_exist(start: int, frames: list) -> None:
    results = dict(total_frames=4, start_index=start, frame_numbers=np.array([2, 3, 5, 9]))
    results = SampleFrames(clip_len=6, num_clips=1, test_mode=True)(results)
    assert MapFrameNumbers()(results)['frame_inds'].tolist() == frames


def test_without_gaps_nothing_changes() -> None:
    inds = np.array([3, 4])
    results = MapFrameNumbers()(dict(frame_inds=inds, start_index=1, frame_numbers=None))
    assert results['frame_inds'] is inds


def test_host_sampler_meets_frames_without_a_face() -> None:
    fields = dict(total_frames=2, start_index=1, frame_numbers=np.array([2, 5]))
    step = SampleFrames(clip_len=5, num_clips=1, test_mode=True)
    results = MapFrameNumbers()(step(MissingFaces('repeat')(dict(fields))))
    assert results['frame_inds'].tolist() == [2, 2, 2, 2, 5]
    assert results['video_frames'].tolist() == [1, 2, 3, 4, 5]
    results = MapFrameNumbers()(step(MissingFaces('mask')(dict(fields))))
    assert results['frame_present'].tolist() == [False, True, False, False, True]
