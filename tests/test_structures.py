"""Frame numbers out of what the decoders took, and defaults that are nobody else's."""
import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.structures import VideoFeatures, counted_frames, frame_numbers, video_frames


def sample(**facts):
    return ActionDataSample(metainfo=facts)


@pytest.mark.parametrize(('facts', 'numbers'), [
    (dict(start_index=1, frame_inds=[1, 4, 9]), [1, 4, 9]),  # numbers in file names
    (dict(start_index=0, frame_inds=[0, 3, 8]), [1, 4, 9]),  # positions in a video
    (dict(start_index=10, frame_inds=[10, 13, 18]), [1, 4, 9]),
    (dict(frame_inds=[1, 4, 9]), [1, 4, 9]),
    (dict(start_index=0, frame_inds=np.array([[2, 0], [1, 1]], np.int32)), [3, 1, 2, 2]),
    (dict(start_index=1, frame_inds=7), [7]),
])
def test_frame_numbers_count_from_one(facts, numbers):
    found = frame_numbers(sample(**facts))
    assert found.tolist() == numbers
    assert found.dtype == np.int64


def test_frame_numbers_leave_the_sample_as_it_is():
    inds = np.array([0, 1])
    frame_numbers(sample(start_index=0, frame_inds=inds))[:] = 5
    assert inds.tolist() == [0, 1]


def test_features_of_two_videos_share_no_weights():
    feats, mask = torch.zeros(1, 2), torch.ones(1, 1, dtype=torch.bool)
    first, second = VideoFeatures(feats, mask), VideoFeatures(feats, mask)
    first.weights['frame_weights'] = feats
    first.losses['loss'] = feats
    assert second.weights == second.losses == {}


def test_frames_that_show_other_pictures_keep_their_numbers():
    shown = sample(start_index=1, frame_inds=[2, 2, 3], video_frames=np.array([1, 2, 3]))
    assert frame_numbers(shown).tolist() == [2, 2, 3]
    assert video_frames(shown).tolist() == [1, 2, 3]
    assert video_frames(sample(start_index=0, frame_inds=[0, 4])).tolist() == [1, 5]


def test_one_frame_counts_at_least():
    present = np.array([False, True, False])
    assert counted_frames(present).tolist() == [False, True, False]
    assert counted_frames(np.zeros(3, bool)).tolist() == [True, False, False]
    assert present.tolist() == [False, True, False]
