"""Multi-head attention over the regions of a frame.

Source: Aminbeidokhti et al., Emotion Recognition with Spatial Attention and Temporal
Softmax Pooling, ICIAR 2019, section 3.2, Eq. (2)-(4).
"""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmfer.errors import ConfigError
from mmfer.models.frame_pools.frame_pool import FramePool
from mmfer.models.packing import full_precision
from mmfer.registry import MODELS
from mmfer.structures import SPATIAL_MAPS

__all__ = ['SpatialAttentionPool', 'diversity_penalty']


def diversity_penalty(attention: Tensor) -> Tensor:
    """||A A^T - I||_F of each frame, not squared: (M, heads, L) to (M,).

    Its gradient is 0 where the norm is, as with one head on one region.
    """
    gram = attention @ attention.transpose(1, 2)
    identity = torch.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    return torch.linalg.vector_norm(gram - identity, dim=(1, 2))


@MODELS.register_module()
class SpatialAttentionPool(FramePool):
    """Weighs the L = h w regions R (L x D) of a frame by several heads.

        A = softmax_L(Ws2 tanh(Ws1 R^T)),  v = A R                           Eq. (4), (2)

    Ws1 is U x D and Ws2 heads x U, both without a bias, written as 1 x 1 convolutions. The
    rows of v, one per head, are laid back to back. With ``shifting`` each row v_r becomes
    (s_r v_r + t_r) / (sqrt(heads) ||s_r v_r + t_r||_2) with learned scalars s_r and t_r:
    the shifting operation of Attention Clusters (Long et al., CVPR 2018), drawn first from
    N(0, 1 / sqrt(heads)) as in its authors' code.

    Attention and sums run in float32 (or float64 where the weights are) under autocast
    too. The layers keep torch's initialisation, U(-1/sqrt(fan_in), 1/sqrt(fan_in)).

    Args:
        in_channels: D of the feature maps; the recognizer fills it in.
        heads: Rows of A.
        hidden_channels: U. The paper does not give it; 350 is that of the structured
            self-attention which it builds on (Lin et al., ICLR 2017).
        penalty: Weight of ``loss_diversity``, the mean over the sampled frames of the
            batch of ||A A^T - I||_F; at 0 there is no such loss.
        shifting: Scale, shift and normalise what each head gives.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 in_channels: int,
                 heads: int = 2,
                 hidden_channels: int = 350,
                 penalty: float = 0.1,
                 shifting: bool = False,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        if heads < 1 or hidden_channels < 1 or penalty < 0:
            raise ConfigError(f'SpatialAttentionPool: heads={heads}, hidden_channels='
                              f'{hidden_channels} and penalty={penalty}: give at least 1, 1, 0')
        self.in_channels = in_channels
        self.out_channels = heads * in_channels
        self.heads = heads
        self.penalty = penalty
        self.shifting = shifting
        self.hidden = nn.Conv2d(in_channels, hidden_channels, 1, bias=False)
        self.scores = nn.Conv2d(hidden_channels, heads, 1, bias=False)
        if shifting:
            self.scale = nn.Parameter(torch.randn(heads) * heads**-0.25)
            self.shift = nn.Parameter(torch.randn(heads) * heads**-0.25)

    def forward(self, features: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Pools.

        Args:
            features: (M, D, h, w) maps of M frames.

        Returns:
            (M, heads D) vectors; SPATIAL_MAPS (M, heads, h, w), each summing to 1.

        Raises:
            ConfigError: The trunk gives vectors, or maps of another width.
        """
        if features.ndim != 4:
            raise ConfigError(
                f'SpatialAttentionPool: needs feature maps (M, D, h, w), but the trunk gives '
                f'{tuple(features.shape)}; let it give maps (mmpretrain transformers: '
                "out_type='featmap', timm: global_pool=''), or use GlobalAveragePool")
        if features.shape[1] != self.in_channels:
            raise ConfigError(f'SpatialAttentionPool: in_channels={self.in_channels}, but the '
                              f'feature maps have {features.shape[1]} channels')
        with full_precision(features):
            features = features.to(self.hidden.weight.dtype)
            scores = self.scores(self.hidden(features).tanh())
            maps = scores.flatten(2).softmax(dim=-1).unflatten(2, scores.shape[2:])
            rows = torch.einsum('mrhw,mdhw->mrd', maps, features)
            if self.shifting:
                rows = self.scale.unsqueeze(-1) * rows + self.shift.unsqueeze(-1)
                rows = functional.normalize(rows, dim=-1) * self.heads**-0.5
        return rows.flatten(1), {SPATIAL_MAPS: maps}

    def losses(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """``loss_diversity`` of the maps of S sampled frames, unless ``penalty`` is 0."""
        if not self.penalty:
            return {}
        maps = weights[SPATIAL_MAPS]
        with full_precision(maps):
            return dict(loss_diversity=self.penalty * diversity_penalty(maps.flatten(2)).mean())
