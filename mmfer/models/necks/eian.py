"""CEFLNet's emotional intensity activation network (EIAN): which clips are rich in emotion.

Source: Liu et al., Clip-aware Expressive Feature Learning for Video-based Facial Expression
Recognition, Information Sciences 2022, section 3.3, Eq. (5)-(8).
"""
from __future__ import annotations

from torch import Tensor, nn

from mmfer.models.necks.masked_max_pool import MaskedMaxPool
from mmfer.models.packing import masked_softmax


class EmotionalIntensityActivation(nn.Module):
    """Scores the clips of a video, and takes of each channel what the strongest clip gives.

        A = softmax_i(W . R_i)        Eq. (5), emotional intensity scores, over the clips
        M = A_i R_i                   Eq. (7), the emotional activation map
        V = maxpool_i M               Eq. (8), the emotion-rich vector

    W is a one-dimensional convolution of length 1 without bias, which the softmax would
    cancel. One A serves all classes; the y^c of the paper's Eq. (5) would need the class that
    is to be found.

    Args:
        channels: D.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.intensity = nn.Conv1d(channels, 1, kernel_size=1, bias=False)
        self.pool = MaskedMaxPool()

    def forward(self, clips: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Aggregates the clips of N videos.

        Args:
            clips: (N, n, D) clip vectors R, finite where there is no clip too.
            mask: (N, n) bool, True where there is a clip, at least one per video.

        Returns:
            V (N, D); A (N, n), which sums to 1; M (N, n, D). A and M are 0 where there is
            no clip.
        """
        scores = masked_softmax(self.intensity(clips.transpose(1, 2)).squeeze(1), mask)
        activation = scores.unsqueeze(-1) * clips
        return self.pool(activation, mask), scores, activation
