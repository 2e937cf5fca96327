"""Small recognizers of each kind, and videos for them."""
import torch
from torch import nn

from mmfer.models import ExpressionRecognizer
from mmfer.models.preprocessor import pack_frames
from mmfer.registry import MODELS
from mmfer.structures import PackedFrames
from mmfer.testing import fill_parameters, make_batch


@MODELS.register_module()
class TinyTrunk(nn.Module):
    """One convolution with a stride, so that maps have 32 / stride regions a side."""

    def __init__(self, channels=5, stride=8):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, stride, stride)

    def forward(self, frames):
        return self.conv(frames).tanh()


def build(neck=None, head=None, frozen=(), backbone=None, double=True, **parts):
    """A recognizer of three classes whose weights follow from their names."""
    model = ExpressionRecognizer(
        backbone=backbone or dict(type='TinyTrunk'), neck=neck, frozen=frozen,
        cls_head=dict(head or dict(type='LinearHead'), num_classes=3), **parts)
    fill_parameters(model, std=.5)
    return model.double() if double else model


def video(length=4, gather=None, clips=None, seed=0):
    """One packed video of ``length`` distinct frames of 32 px."""
    packed = pack_frames(make_batch([length], seed=seed)['inputs'])
    if gather is not None:
        packed = PackedFrames(packed.frames, torch.tensor(gather), (len(gather), ))
    if clips is not None:
        packed.clips = (clips, )
    return packed
