from __future__ import annotations

from mmfer.datasets.transforms import AllFrames


def test_all_frames() -> None:
    results = AllFrames()(dict(total_frames=3, start_index=1, frame_numbers=[2, 3, 7]))
    assert results['frame_inds'].tolist() == [2, 3, 7]
    assert (results['num_clips'], results['clip_len']) == (1, 3)
