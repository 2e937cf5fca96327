"""Example of a neck: the frames with the highest scores, averaged."""
from __future__ import annotations

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmfer.models.packing import masked_softmax
from mmfer.registry import MODELS
from mmfer.structures import FRAME_WEIGHTS, ClipLayout, VideoFeatures


def top_k_mask(scores: Tensor, mask: Tensor, k: int) -> Tensor:
    """True at the k highest scores of each video, or at all of its frames if fewer.

    Args:
        scores: (N, T).
        mask: (N, T) bool, True where there is a frame.
        k: At least 1.
    """
    ranked = scores.masked_fill(~mask, float('-inf'))
    best = ranked.topk(min(k, scores.shape[1]), dim=1).indices
    return torch.zeros_like(mask).scatter(1, best, True) & mask


@MODELS.register_module()
class TopKNeck(BaseModule):
    """Average of the k highest-scoring frames, weighted by a softmax of their scores.

        s_i = w . f_i + b,    f_v = sum_{i in top k} softmax(s)_i f_i

    Args:
        in_channels: D of the frame vectors.
        k: Frames that count; videos with fewer use all.
    """

    def __init__(self, in_channels: int, k: int = 3) -> None:
        super().__init__()
        self.k = k
        self.score = nn.Linear(in_channels, 1)
        # read by the recognizer where the head's config does not give its in_channels
        self.out_channels = in_channels

    def forward(self, feats: Tensor, mask: Tensor, clips: ClipLayout = ()) -> VideoFeatures:
        """Frame vectors (N, T, D) and mask (N, T) to video vectors (N, D).

        ``clips`` says how the frames divide into clips; this neck takes them as one sequence.
        ``FRAME_WEIGHTS`` (N, T) are the shares: evaluation and figures use them as they
        use those of every other neck.
        """
        feats = feats.masked_fill(~mask.unsqueeze(-1), 0.0)
        scores = self.score(feats).squeeze(-1)
        shares = masked_softmax(scores, top_k_mask(scores, mask, self.k))
        return VideoFeatures(torch.einsum('nt,ntd->nd', shares, feats), mask,
                             {FRAME_WEIGHTS: shares})
