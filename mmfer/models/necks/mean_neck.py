"""The plainest neck: the mean of the frame vectors."""
from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.models.packing import full_precision, uniform_weights
from mmfer.registry import MODELS
from mmfer.structures import FRAME_WEIGHTS, ClipLayout, VideoFeatures


@MODELS.register_module()
class MeanNeck(BaseModule):
    """Maps frame vectors f (N, T, D) to 1/T sum_i f_i, (N, D): the baseline of every attention.

    It has no parameters. With a linear head this is the mean of the frames' logits, where
    score fusion takes the mean of their probabilities.

    Args:
        in_channels: D of the frame vectors.
        init_cfg: MMEngine's initialisation.
    """

    def __init__(self, in_channels: int,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        self.in_channels = self.out_channels = in_channels

    def forward(self, feats: Tensor, mask: Tensor, clips: ClipLayout = ()) -> VideoFeatures:
        """Averages, in float32 at least.

        Args:
            feats: (N, T, D) frame vectors, padded.
            mask: (N, T) bool, True where there is a frame; at least one per video.
            clips: Not used: a video is one sequence here.

        Returns:
            ``feats`` (N, D); FRAME_WEIGHTS (N, T), 1/T for every frame.
        """
        if feats.shape[-1] != self.in_channels:
            raise ConfigError(f'MeanNeck: in_channels={self.in_channels}, but the frame vectors '
                              f'have {feats.shape[-1]} channels')
        with full_precision(feats):
            feats = feats.to(torch.promote_types(feats.dtype, torch.float32))
            shares = uniform_weights(mask, feats)
            feats = feats.masked_fill(~mask.unsqueeze(-1), 0.0)
            video = torch.einsum('nt,ntd->nd', shares, feats)
        return VideoFeatures(video, mask, {FRAME_WEIGHTS: shares})
