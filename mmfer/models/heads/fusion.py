"""From answers per frame to one answer per video."""
from __future__ import annotations

from torch import Tensor

from mmfer.models.packing import uniform_weights

__all__ = ['mean_probability']


def mean_probability(logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Log of the mean over the frames of a video of the frames' class probabilities.

    Args:
        logits: (N, T, C); those of padding may be anything finite.
        mask: (N, T) bool, True where there is a frame; at least one per video.

    Returns:
        Logits (N, C), whose softmax is the mean itself, and the shares (N, T), 1/T each.
    """
    weights = uniform_weights(mask, logits)
    # log of a mean of probabilities; the weight of padding is log 0
    joint = logits.log_softmax(dim=-1) + weights.unsqueeze(-1).log()
    return joint.logsumexp(dim=1), weights
