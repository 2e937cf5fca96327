"""Videos some of whose frames have no face, and what parts must make of them."""
from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mmfer.structures import GappedLayout, VideoFeatures
from mmfer.testing.tolerances import FLOAT64

PRESENT = ([0, 1, 0, 1, 1], [1], [1, 1, 0, 0, 1, 1], [1, 0, 0, 0], [1, 1, 1])
"""Frames with a face of five videos: gaps at the start, between, at the end, and none."""

Part = Callable[[Tensor, Tensor, tuple[tuple[int, int], ...]], VideoFeatures]


def gapped_videos(width: int, poison: float = float('nan')) -> tuple[Tensor, Tensor, GappedLayout]:
    """Frame vectors (5, 6, width) float64 of :data:`PRESENT`, mask (5, 6), and their layout.

    Frames without a face, and padding, hold ``poison``.
    """
    longest = max(map(len, PRESENT))
    mask = torch.tensor([[*map(bool, row), *[False] * (longest - len(row))] for row in PRESENT])
    feats = torch.randn(*mask.shape, width, dtype=torch.float64,
                        generator=torch.Generator().manual_seed(7))
    return (feats.masked_fill(~mask.unsqueeze(-1), poison), mask,
            GappedLayout((1, len(row)) for row in PRESENT))


def check_gaps(part: Part, width: int) -> None:
    """Asserts that frames without a face count as if they had been left out.

    Each video of the batch must give what it gives alone without those frames: the same
    vectors, weights and gradients; and neither a weight nor a gradient for those frames,
    which hold NaN.

    Args:
        part: A neck or head in float64, from vectors, mask and layout to features.
        width: D of the vectors.
    """
    feats, mask, clips = gapped_videos(width)
    feats.requires_grad_()
    together = part(feats, mask, clips)
    together.feats[_answers(together.feats, mask)].cos().sum().backward()
    gradients = feats.grad
    assert gradients is not None and bool((gradients[~mask] == 0).all())
    for i, row in enumerate(mask):
        alone = feats.detach()[i:i + 1, row].requires_grad_()
        count = int(row.sum())
        out = part(alone, torch.ones(1, count, dtype=torch.bool), ((1, count), ))
        out.feats.cos().sum().backward()
        per_frame = out.feats.ndim == 3
        _assert_close(together.feats[i][row] if per_frame else together.feats[i], out.feats[0])
        assert alone.grad is not None
        _assert_close(gradients[i, row], alone.grad[0])
        assert set(together.weights) == set(out.weights)
        for name, weight in out.weights.items():
            got = together.weights[name][i]
            _assert_close(got[row], weight[0])
            assert bool((got[~row] == 0).all()), name


def _assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=FLOAT64['rtol'], atol=FLOAT64['atol'])


def _answers(feats: Tensor, mask: Tensor) -> Tensor:
    """What of the vectors answers: all of them, or those of the frames with a face."""
    return mask if feats.ndim == 3 else torch.ones(len(feats), dtype=torch.bool)
