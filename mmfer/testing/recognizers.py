"""Recognizers of any method on a trunk of one layer, and packed videos for them."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmfer.models import ExpressionRecognizer
from mmfer.models.preprocessor import pack_frames
from mmfer.registry import MODELS
from mmfer.structures import PackedFrames
from mmfer.testing.batches import make_batch
from mmfer.testing.initialization import fill_parameters


@MODELS.register_module()
class TinyTrunk(nn.Module):
    """One convolution with a stride as wide as itself: maps of H / stride x W / stride.

    Args:
        channels: D of the maps.
        stride: Height and width of a region in pixels.
    """

    def __init__(self, channels: int = 5, stride: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, stride, stride)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (M, 3, H, W) to maps (M, D, h, w) in [-1, 1]."""
        return self.conv(frames).tanh()


def make_recognizer(neck: dict[str, Any] | None = None, head: dict[str, Any] | None = None,
                    backbone: dict[str, Any] | None = None, num_classes: int = 3,
                    dtype: torch.dtype = torch.float64, **parts: Any) -> ExpressionRecognizer:
    """A recognizer whose weights follow from their names alone.

    Args:
        neck: Config; none by default.
        head: Config without its classes; ``LinearHead`` by default.
        backbone: Config; :class:`TinyTrunk` by default.
        num_classes: C.
        dtype: Of all parameters.
        **parts: Further arguments of ExpressionRecognizer.
    """
    model = ExpressionRecognizer(
        backbone=backbone or dict(type='TinyTrunk'), neck=neck,
        cls_head=dict(head or dict(type='LinearHead'), num_classes=num_classes), **parts)
    # large enough for the answers of different frames to differ well
    fill_parameters(model, std=.5)
    return model.to(dtype)


def make_video(frames: int = 4, gather: Sequence[int] | None = None,
               clips: tuple[int, int] | None = None, seed: int = 0) -> PackedFrames:
    """One packed video of 32 px.

    Args:
        frames: Distinct frames.
        gather: Which of them each sampled frame is; by default each once, in order.
        clips: num_clips and clip_len; by default one clip.
        seed: Of the draw.
    """
    packed = pack_frames(make_batch([frames], seed=seed)['inputs'])
    rows = packed.gather if gather is None else torch.tensor(gather)
    return PackedFrames(packed.frames, rows, (len(rows), ), (clips, ) if clips else ())
