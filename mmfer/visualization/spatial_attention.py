"""Spatial attention as a soft mask on the frames.

After Fig. 9 of Aminbeidokhti et al. (spatial, channel and frame attention) and Fig. 2b of
their paper on temporal softmax pooling. Reads SPATIAL_MAPS, and FRAME_WEIGHTS where there
are any, so that every method that weighs regions gets the figure.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.structures import SPATIAL_MAPS
from mmfer.visualization.blocks import (
    Block,
    Panel,
    face_panel,
    number_panel,
    shown_of,
    stack_blocks,
    text_panel,
    thumbnail,
)
from mmfer.visualization.distinct import DistinctFrames

FLOOR = .12
"""Brightness that a region without attention keeps, so that the face stays recognisable."""


@dataclass(frozen=True)
class MaskedFrames:
    """One clip of the figure.

    Attributes:
        title: Above the frames.
        frames: Images (H, W, 3) uint8 RGB of the U' frames shown.
        shown: (U',) positions of these frames among the U distinct ones, ascending.
        frame_numbers: (U,) 1-based numbers of the distinct sampled frames, ascending.
        maps: (U, heads, h, w), non-negative.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    frames: Sequence[np.ndarray]
    shown: np.ndarray
    frame_numbers: np.ndarray
    maps: np.ndarray
    correct: bool = True


def spatial_maps(row: ClipPrediction) -> NDArray[np.float64]:
    """Maps (U, heads, h, w) of the distinct frames of a clip.

    Raises:
        PredictionError: The predictions hold no spatial maps, or not one per sampled frame.
    """
    maps = row.attention.get(SPATIAL_MAPS)
    if maps is None:
        known = ', '.join(sorted(row.attention)) or 'no attention at all'
        raise PredictionError(f'clip {row.clip!r}: the predictions hold no {SPATIAL_MAPS} (but '
                              f'{known}), so there is no mask to lay on its frames')
    if maps.ndim != 4 or len(maps) != len(row.frame_numbers) or maps.min() < 0:
        raise PredictionError(
            f'clip {row.clip!r}: {SPATIAL_MAPS} of shape {list(maps.shape)} for '
            f'{len(row.frame_numbers)} sampled frames; they are (T, heads, h, w), not negative')
    return DistinctFrames.of(row.frame_numbers).mean(maps)


def soft_mask(frame: np.ndarray, weights: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """Darkens a frame where its map is low.

    Args:
        frame: (H, W, 3) uint8.
        weights: (h, w), non-negative; interpolated bilinearly between the centres of the
            regions. The heaviest region keeps its brightness; a map without any weight
            darkens all.
        floor: Share of the brightness that a region of weight 0 keeps.

    Returns:
        (H, W, 3) uint8.
    """
    height, width = frame.shape[:2]
    peak = weights.max()
    scaled = (weights / peak if peak > 0 else weights).astype(np.float32)
    mask = cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR)
    return (frame * (floor + (1 - floor) * mask[..., None]) + .5).astype(np.uint8)


def draw_spatial_attention(clips: Sequence[MaskedFrames], notes: Sequence[str] = ()) -> Figure:
    """Draws one block per clip: the frames, then the masked frames, a row for each head.

    Brightness is relative to the heaviest region of the same frame and head, whose share is
    printed below it; an even map leaves the frame as it is. At the left stands how many
    regions a frame has.

    Args:
        clips: The clips.
        notes: What a reader must know of the predictions, in red at the bottom.
    """
    blocks = [
        Block(shown_of(clip.title, len(clip.shown), len(clip.frame_numbers)), len(clip.shown),
              [face_panel(clip.frames), *_head_panels(clip)], clip.correct)
        for clip in clips
    ]
    legend: dict[str, Artist] = {
        'heaviest region of the frame (%: its share)': Patch(facecolor='white', edgecolor='black',
                                                             linewidth=.6),
        'no attention': Patch(color='black'),
    }
    return stack_blocks(blocks, legend, notes)


def _head_panels(clip: MaskedFrames) -> list[Panel]:
    maps = clip.maps[clip.shown]
    _, heads, height, width = maps.shape
    faces = [thumbnail(frame) for frame in clip.frames]
    panels = []
    for head in range(heads):
        masked = [soft_mask(face, frame_maps[head]) for face, frame_maps in zip(faces, maps)]
        label = 'mask' if heads == 1 else f'head {head + 1}'
        panels += [face_panel(masked, f'{label}\n{height} × {width}'),
                   text_panel(_peaks(maps[:, head]))]
    panels.append(number_panel(clip.frame_numbers[clip.shown].tolist()))
    return panels


def _peaks(maps: np.ndarray) -> list[str]:
    """Share of the heaviest region in each map of (U', h, w)."""
    totals = maps.sum((1, 2))
    shares = np.divide(maps.max((1, 2)), totals, out=np.zeros(len(maps)), where=totals > 0)
    return [f'{share:.0%}' for share in shares]
