"""Frame attention of the SA/CA/FA network: weighted frame vectors side by side.

Source: Zhi et al., Multi-Attention Module for Dynamic Facial Emotion Recognition, Information
13(5), 207, 2022, section 3.3, Eq. (3)-(4), Fig. 4.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional

from mmfer.errors import ConfigError
from mmfer.models.packing import full_precision, masked_softmax
from mmfer.registry import MODELS
from mmfer.structures import FRAME_WEIGHTS, ClipLayout, VideoFeatures

__all__ = ['POSITIVE', 'FrameAttentionNeck', 'log_softplus']


def log_softplus(scores: Tensor) -> Tensor:
    """log(log(1 + exp(x))), finite where softplus itself underflows to 0."""
    # softplus(x) -> exp(x) for x -> -inf; the clamp keeps NaN out of the other branch's gradient
    return torch.where(scores < -20, scores, functional.softplus(scores.clamp(min=-20)).log())


POSITIVE: dict[str, Callable[[Tensor], Tensor]] = {
    'sigmoid': functional.logsigmoid, 'exp': lambda scores: scores, 'softplus': log_softplus}
"""How M_f's output becomes positive, by name; each function gives the logarithm."""


@MODELS.register_module()
class FrameAttentionNeck(BaseModule):
    """Vectors of exactly T frames, each under its weight, concatenated to one.

        f_i  = W x_i + b                        512 -> 256
        a'_i = M_f(f_i) > 0                     Eq. (3), M_f shared by the frames
        a_i  = a'_i / sum_j a'_j                Eq. (4), which is typeset as a sum of ratios
        v    = [a_1 f_1 : ... : a_T f_T]        (T * 256)

    M_f is Linear(256, hidden) - ReLU - Linear(hidden, 1) - positive. The quotient is taken as
    a softmax of log(a'), the same number, which stays finite where all a' are tiny. It runs
    in float32 (or float64 where the input is) under autocast too. Layers keep torch's
    initialisation.

    The vector has a place for each frame, so all videos must have ``num_frames`` frames:
    sample them with ``UniformSample(num_frames=16)``, which repeats frames of shorter clips.
    Masked frames keep their places, which hold zeros.

    Args:
        in_channels: D of the frame vectors x.
        num_frames: T; the paper samples 16, evenly.
        embed_channels: Width of f.
        attention: Weigh the frames. Without, v = [f_1 : ... : f_T], the paper's baseline.
        hidden_channels: Of M_f; the paper gives no width.
        positive: ``'sigmoid'``, as the other two attentions of the paper end (default),
            ``'exp'``, which makes a a softmax, or ``'softplus'``; the paper does not say.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 in_channels: int,
                 num_frames: int = 16,
                 embed_channels: int = 256,
                 attention: bool = True,
                 hidden_channels: int = 64,
                 positive: str = 'sigmoid',
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        if num_frames < 1:
            raise ConfigError(f'FrameAttentionNeck: num_frames={num_frames}; give at least 1')
        if positive not in POSITIVE:
            raise ConfigError(f'FrameAttentionNeck: positive={positive!r} is not one of '
                              f'{tuple(POSITIVE)}')
        self.in_channels = in_channels
        self.num_frames = num_frames
        self.out_channels = num_frames * embed_channels
        self.positive = positive
        self.embed = nn.Linear(in_channels, embed_channels)
        self.mlp: nn.Sequential | None = None
        if attention:
            self.mlp = nn.Sequential(nn.Linear(embed_channels, hidden_channels), nn.ReLU(),
                                     nn.Linear(hidden_channels, 1))

    def forward(self, feats: Tensor, mask: Tensor, clips: ClipLayout = ()) -> VideoFeatures:
        """Weighs and concatenates.

        Args:
            feats: (N, T, D) frame vectors.
            mask: (N, T) bool, True where there is a frame; at least one per video. The places
                of the others hold zeros.
            clips: Not used: a video is one sequence here.

        Returns:
            ``feats`` (N, T * embed_channels); ``weights``: FRAME_WEIGHTS a (N, T), summing
            to 1 over a video, or none without attention.

        Raises:
            ConfigError: A video has another number of frames than ``num_frames``.
        """
        self._check(feats, mask, clips)
        with full_precision(feats):
            absent = ~mask.unsqueeze(-1)
            feats = feats.to(self.embed.weight.dtype).masked_fill(absent, 0.0)
            vectors = self.embed(feats)
            if self.mlp is None:
                return VideoFeatures(vectors.masked_fill(absent, 0.0).flatten(1), mask)
            shares = masked_softmax(POSITIVE[self.positive](self.mlp(vectors).squeeze(-1)), mask)
            video = (shares.unsqueeze(-1) * vectors).flatten(1)
        return VideoFeatures(video, mask, {FRAME_WEIGHTS: shares})

    def _check(self, feats: Tensor, mask: Tensor, clips: ClipLayout) -> None:
        if feats.shape[-1] != self.in_channels:
            raise ConfigError(f'FrameAttentionNeck: in_channels={self.in_channels}, but the frame '
                              f'vectors have {feats.shape[-1]} channels')
        # the layout is known on the host; the mask would have to be fetched from the device
        lengths = ([count * length for count, length in clips] or mask.sum(dim=1).tolist())
        if set(lengths) != {self.num_frames}:
            other = next(n for n in lengths if n != self.num_frames)
            raise ConfigError(
                f'FrameAttentionNeck: a video has {other} frames instead of num_frames='
                f'{self.num_frames}, one place of the vector for each; sample with '
                f'UniformSample(num_frames={self.num_frames}) in training and test')
