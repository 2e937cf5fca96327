import pytest
import torch

from mmfer.structures import VideoFeatures
from mmfer.testing.gaps import check_gaps


def mean(feats, mask, clips):
    shares = mask / mask.sum(1, keepdim=True)
    return VideoFeatures(torch.einsum('nt,ntd->nd', shares.to(feats), feats.nan_to_num()), mask,
                         {'frame_weights': shares})


def mean_of_all(feats, mask, clips):
    return VideoFeatures(feats.nan_to_num().mean(1), mask)


def weights_to_all(feats, mask, clips):
    return VideoFeatures(mean(feats, mask, clips).feats, mask,
                         {'frame_weights': torch.ones(mask.shape)})


def each_its_place(feats, mask, clips):
    places = torch.arange(feats.shape[1]).view(1, -1, 1)
    return VideoFeatures(feats.nan_to_num() + places, mask)


def test_parts_that_leave_frames_out_pass():
    check_gaps(mean, 3)
    check_gaps(lambda feats, mask, clips: VideoFeatures(feats.nan_to_num() * 2, mask), 3)


@pytest.mark.parametrize('part', [mean_of_all, weights_to_all, each_its_place])
def test_parts_that_do_not_fail(part):
    with pytest.raises(AssertionError):
        check_gaps(part, 3)
