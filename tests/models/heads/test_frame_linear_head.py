import numpy as np
import torch

from mmfer.models.heads import FrameLinearHead
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import VideoFeatures
from mmfer.testing import FLOAT64
from mmfer.testing.gaps import check_gaps


def test_each_frame_on_its_own():
    head = FrameLinearHead(4, 6).double()
    mask = lengths_to_mask((3, 1))
    feats = torch.randn(2, 3, 6, dtype=torch.float64)
    logits, weights = head(VideoFeatures(feats.masked_fill(~mask[..., None], np.nan), mask))
    weight, bias = head.fc.weight.detach().numpy(), head.fc.bias.detach().numpy()
    for i, length in enumerate((3, 1)):
        for t in range(length):
            np.testing.assert_allclose(logits[i, t].detach().numpy(),
                                       weight @ feats[i, t].numpy() + bias, **FLOAT64)
    assert weights == {} and sum(p.numel() for p in head.parameters()) == 4 * 7


def test_dropout_in_training_only():
    head = FrameLinearHead(2, 50, dropout=0.5)
    features = VideoFeatures(torch.ones(1, 2, 50), torch.ones(1, 2, dtype=torch.bool))
    torch.manual_seed(0)
    frames = head(features)[0][0]
    assert not torch.equal(frames[0], frames[1])
    frames = head.eval()(features)[0][0]
    torch.testing.assert_close(frames[0], frames[1])


def test_frames_without_a_face_count_as_left_out():
    head = FrameLinearHead(4, 6).double()

    def part(feats, mask, clips):
        logits, weights = head(VideoFeatures(feats, mask, clips=clips))
        return VideoFeatures(logits, mask, weights)

    check_gaps(part, 6)
