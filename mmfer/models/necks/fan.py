"""Frame attention network: frame vectors to one vector per video.

Source: Meng et al., Frame Attention Networks for Facial Expression Recognition in
Videos, ICIP 2019, Eq. (1)-(4).
"""
from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn import functional

from mmfer.errors import ConfigError
from mmfer.models.packing import full_precision, masked_softmax
from mmfer.registry import MODELS
from mmfer.structures import (
    FRAME_WEIGHTS,
    RELATION_WEIGHTS,
    SELF_WEIGHTS,
    ClipLayout,
    VideoFeatures,
)

EVALUATIONS = ('paper', 'code')


def weighted_sum(shares: Tensor, rows: Tensor) -> Tensor:
    """sum_i shares_i rows_i: (N, T) and (N, T, D) to (N, D)."""
    return torch.einsum('nt,ntd->nd', shares, rows)


@MODELS.register_module()
class FANNeck(BaseModule):
    """Frame attention network, Eq. (1)-(4).

    Maps frame vectors f (N, T, D) of videos of different lengths to one vector per video:

        alpha_i = sigmoid(q0 . f_i)                                           Eq. (1)
        f'_v    = sum_i alpha_i f_i / sum_i alpha_i                           Eq. (2)
        beta_i  = sigmoid(q1 . [f_i : f'_v])                                  Eq. (3)
        f_v     = sum_i alpha_i beta_i [f_i : f'_v] / sum_i alpha_i beta_i    Eq. (4)

    q0 and q1 have a bias, as in the released code. The quotients are taken as a softmax
    of log(alpha) and log(alpha beta), which is the same number and stays finite where all
    weights are so small that their sum underflows. Frames where the mask is False weigh
    nothing and receive no gradient, whatever they hold. Sums run in float32 (or float64
    where the input is) under autocast too.

    The FC layers keep torch's initialisation, U(-1/sqrt(fan_in), 1/sqrt(fan_in)), as in
    the released code: the weights start near one half, close to plain averaging.

    Args:
        in_channels: D of the frame vectors.
        relation: Use Eq. (3) and (4); without, the video's vector is f'_v.
        dropout: On the input of both FC layers in training (the released code: 0.5).
        evaluation: ``'paper'`` uses Eq. (4) in training and test. ``'code'`` reproduces
            what the released code computes in test: alpha alone in the numerator of
            Eq. (4), alpha beta in its denominator.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 in_channels: int,
                 relation: bool = True,
                 dropout: float = 0.0,
                 evaluation: str = 'paper',
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        if evaluation not in EVALUATIONS:
            raise ConfigError(f'FANNeck: evaluation={evaluation!r} is not one of {EVALUATIONS}')
        self.in_channels = in_channels
        self.relation = relation
        self.evaluation = evaluation
        self.dropout = nn.Dropout(dropout)
        self.alpha = nn.Linear(in_channels, 1)
        if relation:
            self.beta = nn.Linear(2 * in_channels, 1)

    @property
    def out_channels(self) -> int:
        """Width of the video's vector: 2 D with relation attention, D without."""
        return 2 * self.in_channels if self.relation else self.in_channels

    def forward(self, feats: Tensor, mask: Tensor, clips: ClipLayout = ()) -> VideoFeatures:
        """Aggregates.

        Args:
            feats: (N, T, D) frame vectors, padded.
            mask: (N, T) bool, True where there is a frame; at least one per video.
            clips: Not used: a video is one sequence here.

        Returns:
            ``feats`` (N, 2 D) or (N, D); ``weights``, each (N, T) and 0 where there is
            no frame: SELF_WEIGHTS alpha, RELATION_WEIGHTS beta (with relation),
            FRAME_WEIGHTS the share that sums to 1 over a video: of alpha beta, or of
            alpha without relation and in the code's evaluation.
        """
        if feats.shape[-1] != self.in_channels:
            raise ConfigError(f'FANNeck: in_channels={self.in_channels}, but the frame vectors '
                              f'have {feats.shape[-1]} channels')
        with full_precision(feats):
            feats = feats.to(self.alpha.weight.dtype).masked_fill(~mask.unsqueeze(-1), 0.0)
            alpha = self.alpha(self.dropout(feats)).squeeze(-1)
            log_alpha = functional.logsigmoid(alpha)
            shares = masked_softmax(log_alpha, mask)
            video = weighted_sum(shares, feats)
            weights = {SELF_WEIGHTS: alpha.sigmoid().masked_fill(~mask, 0.0)}
            if self.relation:
                pairs = torch.cat([feats, video.unsqueeze(1).expand_as(feats)], dim=-1)
                beta = self.beta(self.dropout(pairs)).squeeze(-1)
                weights[RELATION_WEIGHTS] = beta.sigmoid().masked_fill(~mask, 0.0)
                if self.training or self.evaluation == 'paper':
                    shares = masked_softmax(log_alpha + functional.logsigmoid(beta), mask)
                    video = weighted_sum(shares, pairs)
                else:
                    # shares are alpha_i / sum alpha: what remains is the quotient of sums
                    relative = weighted_sum(shares, weights[RELATION_WEIGHTS].unsqueeze(-1))
                    video = weighted_sum(shares, pairs) / relative
        return VideoFeatures(video, mask, weights | {FRAME_WEIGHTS: shares})
