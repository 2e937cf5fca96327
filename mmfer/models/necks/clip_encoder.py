"""CEFLNet's clip-based feature encoder: self-attention (SAL) and local-global relation (LRL).

Source: Liu et al., Clip-aware Expressive Feature Learning for Video-based Facial Expression
Recognition, Information Sciences 2022, section 3.2, Eq. (1)-(3).

Axes: S clips, K frames of a clip, D channels.
"""
from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmfer.errors import ConfigError
from mmfer.models.necks.masked_max_pool import MaskedMaxPool
from mmfer.models.packing import masked_softmax

PAIRS = ('raw', 'attended')
AGGREGATES = ('pairs', 'frames')


class SelfAttentionLearning(nn.Module):
    """SAL, Eq. (1): every frame of a clip looks at the frames of the same clip.

    f' = LayerNorm(v + MultiHead(v)), heads of D / num_heads channels each. With one head and
    ``residual=False`` it is Eq. (1) as printed: f' = softmax(Q K^T / sqrt(D)) V. The output
    projection of torch's module is then a factor of W^V, and adds nothing that W^V could not
    be.

    Args:
        channels: D.
        num_heads: Must divide D.
        residual: Add the input, then normalise the layer.
        dropout: On the attention weights in training.
    """

    def __init__(self, channels: int, num_heads: int = 4, residual: bool = True,
                 dropout: float = 0.1) -> None:
        super().__init__()
        if num_heads < 1 or channels % num_heads:
            raise ConfigError(f'SelfAttentionLearning: num_heads={num_heads} does not divide the '
                              f'{channels} channels of the frame vectors')
        self.attention = nn.MultiheadAttention(channels, num_heads, dropout=dropout,
                                               batch_first=True)
        self.residual = residual
        if residual:
            self.norm = nn.LayerNorm(channels)

    def forward(self, frames: Tensor, mask: Tensor | None = None) -> Tensor:
        """Maps (S, K, D) to (S, K, D).

        Args:
            frames: Frame vectors, finite where there is no frame too.
            mask: (S, K) bool, True where there is a frame, at least one per clip; None
                where that is everywhere.
        """
        attended, _ = self.attention(frames, frames, frames, need_weights=False,
                                     key_padding_mask=None if mask is None else ~mask)
        return self.norm(frames + attended) if self.residual else attended


class LocalGlobalRelation(nn.Module):
    """LRL, Eq. (2) and (3): frames weighed by their relation to the whole of the clip.

        g   = maxpool_k f'_k
        w_k = sigmoid(q0 . pair_k)                   Eq. (2)
        R   = q1 sum_k w_k x_k / sum_k w_k           Eq. (3)

    Args:
        channels: D.
        pair: pair_k; ``'raw'``: [v_k : g] with the frame as it was before SAL, as the
            released code does; ``'attended'``: [g : f'_k] of Eq. (2).
        aggregate: x_k; ``'pairs'``: pair_k, q1 of 2 D x D, as in the released code and the
            paper's Table 8; ``'frames'``: f'_k, q1 of D x D, as in Eq. (3).
        dropout: On the input of q0 in training.
    """

    def __init__(self, channels: int, pair: str = 'raw', aggregate: str = 'pairs',
                 dropout: float = 0.5) -> None:
        super().__init__()
        if pair not in PAIRS:
            raise ConfigError(f'LocalGlobalRelation: pair={pair!r} is not one of {PAIRS}')
        if aggregate not in AGGREGATES:
            raise ConfigError(f'LocalGlobalRelation: aggregate={aggregate!r} is not one of '
                              f'{AGGREGATES}')
        self.pair = pair
        self.aggregate = aggregate
        self.dropout = nn.Dropout(dropout)
        self.pool = MaskedMaxPool()
        self.relation = nn.Linear(2 * channels, 1)
        width = 2 * channels if aggregate == 'pairs' else channels
        self.project = nn.Linear(width, channels)

    def forward(self, raw: Tensor, attended: Tensor,
                mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encodes clips.

        Args:
            raw: (S, K, D) frame vectors v before SAL.
            attended: (S, K, D) frame vectors f' after it.
            mask: (S, K) bool, True where there is a frame, at least one per clip.

        Returns:
            R (S, D); w (S, K) in [0, 1]; w / sum w (S, K). Both are 0 where there is no
            frame. The quotient is taken as a softmax of log w, the same number, which stays
            finite where all w of a clip underflow.
        """
        whole = self.pool(attended, mask).unsqueeze(1).expand_as(raw)
        pairs = torch.cat([raw, whole] if self.pair == 'raw' else [whole, attended], dim=-1)
        scores = self.relation(self.dropout(pairs)).squeeze(-1)
        shares = masked_softmax(functional.logsigmoid(scores), mask)
        rows = pairs if self.aggregate == 'pairs' else attended
        clips = self.project(torch.einsum('sk,skd->sd', shares, rows))
        return clips, scores.sigmoid().masked_fill(~mask, 0.0), shares
