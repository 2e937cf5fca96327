"""Grad-CAM on the frames of a video, on one scale for all of them."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mmfer.visualization.blocks import (
    Block,
    face_panel,
    number_panel,
    shown_of,
    stack_blocks,
    text_panel,
    thumbnail,
)

_CMAP = 'turbo'
OPACITY = .65
"""Of the highest value of a video; lower ones let more of the face through."""


@dataclass(frozen=True)
class ExplainedFrames:
    """One clip of the figure.

    Attributes:
        title: Above the frames.
        frames: Images (H, W, 3) uint8 RGB of the U' frames shown.
        shown: (U',) positions of these frames among the U distinct ones, ascending.
        frame_numbers: (U,) 1-based numbers of the distinct sampled frames, ascending.
        maps: (U, h, w), non-negative.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    frames: Sequence[np.ndarray]
    shown: np.ndarray
    frame_numbers: np.ndarray
    maps: np.ndarray
    correct: bool = True


def overlay(frame: np.ndarray, values: np.ndarray, highest: float) -> np.ndarray:
    """Lays a map on a frame, in colours.

    Args:
        frame: (H, W, 3) uint8.
        values: (h, w), non-negative, interpolated bilinearly.
        highest: Value that has the last colour and the full opacity; 0 leaves the frame.

    Returns:
        (H, W, 3) uint8.
    """
    if highest <= 0:
        return frame
    size = frame.shape[1], frame.shape[0]
    heat = cv2.resize((values / highest).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    colors = colormaps[_CMAP](heat)[..., :3] * 255
    alpha = OPACITY * heat[..., None]
    return (frame * (1 - alpha) + colors * alpha + .5).astype(np.uint8)


def draw_gradient_maps(clips: Sequence[ExplainedFrames], notes: Sequence[str] = ()) -> Figure:
    """Draws one block per clip: the frames, the frames under their maps, the shares.

    Colours refer to the highest value of the clip. Below each frame stands its share in the
    sum over all frames of the clip.

    Args:
        clips: The clips.
        notes: What a reader must know, in red at the bottom.
    """
    blocks = []
    for clip in clips:
        highest, totals = float(clip.maps.max()), clip.maps.sum((1, 2))
        shares = totals / totals.sum() if totals.sum() > 0 else totals
        faces = [thumbnail(frame) for frame in clip.frames]
        heated = [overlay(face, clip.maps[position], highest)
                  for face, position in zip(faces, clip.shown, strict=True)]
        blocks.append(Block(
            shown_of(clip.title, len(clip.shown), len(clip.frame_numbers)), len(clip.shown),
            [face_panel(clip.frames), face_panel(heated, 'Grad-CAM'),
             text_panel([f'{shares[position]:.0%}' for position in clip.shown]),
             number_panel(clip.frame_numbers[clip.shown].tolist())], clip.correct))
    palette = colormaps[_CMAP]
    legend: dict[str, Artist] = {
        'highest of the clip': Patch(color=palette(1.)), 'half of it': Patch(color=palette(.5)),
        '%: share of the frame in the sum over the clip': Patch(color='none')}
    return stack_blocks(blocks, legend, notes)
