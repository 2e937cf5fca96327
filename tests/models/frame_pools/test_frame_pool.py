"""What a frame pool has where it says nothing, and what the recognizer makes of what it says."""
import pytest
import torch

from mmfer.models.frame_pools import FramePool
from mmfer.registry import MODELS
from mmfer.structures import SPATIAL_MAPS
from mmfer.testing.recognizers import make_recognizer, make_video


@MODELS.register_module()
class StrongestRegion(FramePool):
    """The least that a pool can be."""

    def forward(self, features):
        return features.amax(dim=(2, 3)), {SPATIAL_MAPS: features.mean(dim=1, keepdim=True)}


@MODELS.register_module()
class BothEnds(StrongestRegion):
    """Wider than the trunk, with a loss of its own."""

    def __init__(self, in_channels):
        super().__init__()
        self.out_channels = 2 * in_channels

    def forward(self, features):
        strongest, weights = super().forward(features)
        return torch.cat([strongest, features.amin(dim=(2, 3))], dim=1), weights

    def losses(self, weights):
        return {'loss_maps': weights[SPATIAL_MAPS].square().mean()}


def test_no_losses_and_the_width_of_the_trunk():
    pool = StrongestRegion()
    _, weights = pool(torch.randn(2, 3, 4, 4))
    assert pool.losses(weights) == {} and pool.losses({}) == {}
    assert pool.out_channels is None


@pytest.mark.parametrize('pool, width, losses', [('StrongestRegion', 5, 0), ('BothEnds', 10, 1)])
def test_recognizer_takes_width_and_losses_of_the_pool(pool, width, losses):
    model = make_recognizer(frame_pool=dict(type=pool))
    frames = model.extract_frames(make_video(4, [0, 0, 1, 3]))
    assert model.cls_head.in_channels == frames.feats.shape[-1] == width
    assert len(frames.losses) == losses
    for loss in frames.losses.values():  # of the sampled frames: one that came twice counts twice
        torch.testing.assert_close(loss, frames.weights[SPATIAL_MAPS].square().mean())
