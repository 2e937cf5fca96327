"""Emotional activation over a video, with the clip that the method selected.

After Fig. 6 of Liu et al., "Clip-aware expressive feature learning for video-based facial
expression recognition", Information Sciences 2022. Reads CLIP_SCORES, and FRAME_WEIGHTS where
there are any, so that every method that weighs clips gets the figure.

Shape legend: T sampled frames as K clips of T / K, U distinct frames.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.structures import CLIP_SCORES, FRAME_WEIGHTS
from mmfer.visualization.blocks import (
    Block,
    Panel,
    bare,
    face_panel,
    label_frames,
    shade_apex,
    shown_of,
    stack_blocks,
)
from mmfer.visualization.distinct import DistinctFrames
from mmfer.visualization.style import GREEN, GREY, ORANGE

_SHADE_IN, _LANE_IN = .16, .17
_CMAP = 'Blues'


@dataclass(frozen=True)
class Activation:
    """The activation of one video.

    Attributes:
        clip_scores: (K,) share of each clip in the answer, summing to 1.
        spans: (K, 2) first and last frame number of each clip.
        frame_numbers: (U,) 1-based numbers of the distinct sampled frames, ascending.
        weights: (U,) share of each frame in the answer, summing to 1.
    """

    clip_scores: np.ndarray
    spans: np.ndarray
    frame_numbers: np.ndarray
    weights: np.ndarray

    @property
    def selected(self) -> int:
        """The clip with the highest score (the first one of a tie)."""
        return int(self.clip_scores.argmax())


@dataclass(frozen=True)
class ActivatedFrames:
    """One video of the figure.

    Attributes:
        title: Above the frames.
        frames: Images (H, W, 3) uint8 RGB of the U' frames shown.
        shown: (U',) positions of these frames among the U distinct ones, ascending.
        activation: What is drawn under them.
        apex: First and last frame number of the apex, where known.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    frames: Sequence[np.ndarray]
    shown: np.ndarray
    activation: Activation
    apex: tuple[int, int] | None = None
    correct: bool = True


def emotional_activation(row: ClipPrediction) -> Activation:
    """The activation of a video.

    A frame's weight is its FRAME_WEIGHTS, summed over the clips that it was sampled for;
    without these every frame of a clip has an equal share of the clip's score.

    Raises:
        PredictionError: There are no scores of clips, or the sampled frames are not clips
            of one length.
    """
    scores, sampled = row.attention.get(CLIP_SCORES), len(row.frame_numbers)
    if scores is None:
        known = ', '.join(sorted(row.attention)) or 'no attention at all'
        raise PredictionError(f'clip {row.clip!r}: the predictions hold no {CLIP_SCORES} (but '
                              f'{known}): the method does not weigh clips of the video')
    if (scores.ndim != 1 or not scores.size or sampled % scores.size or scores.min() < 0
            or not scores.sum() > 0):
        raise PredictionError(f'clip {row.clip!r}: {CLIP_SCORES} of shape {list(scores.shape)} '
                              f'for {sampled} sampled frames; they are one non-negative score '
                              'for each of the clips, which are equally long')
    clips, shares = scores.size, scores.astype(np.float64) / float(scores.sum())
    frames = DistinctFrames.of(row.frame_numbers)
    entries = row.attention.get(FRAME_WEIGHTS, np.repeat(shares, sampled // clips))
    weights = frames.total(entries)
    numbers = row.frame_numbers.reshape(clips, -1)
    return Activation(shares, np.stack([numbers.min(1), numbers.max(1)], 1), frames.numbers,
                      weights / weights.sum())


def frame_positions(numbers: np.ndarray, shown: np.ndarray) -> NDArray[np.float64]:
    """Places (U,) of all distinct frames where those shown stand at 0, 1, 2, ...

    Frames between two that are shown are placed in proportion to their number; those before
    the first and after the last (which are shown as a rule) stand with it.
    """
    return np.interp(numbers, numbers[shown], np.arange(len(shown)))


def assign_lanes(spans: np.ndarray) -> list[int]:
    """For each of K spans (first, last) the lowest lane where it overlaps no earlier one."""
    ends: list[int] = []
    lanes = [0] * len(spans)
    for clip in sorted(range(len(spans)), key=lambda clip: tuple(spans[clip])):
        first, last = spans[clip]
        free = [lane for lane, end in enumerate(ends) if end < first]
        lane = free[0] if free else len(ends)
        if not free:
            ends.append(0)
        ends[lane] = int(last)
        lanes[clip] = lane
    return lanes


def draw_emotional_activation(videos: Sequence[ActivatedFrames],
                              notes: Sequence[str] = ()) -> Figure:
    """Draws one block per video: frames, their weights as shades, the clips with scores.

    The selected clip has an orange box, round its frames and round its span below. Clips
    that overlap stand in several lanes.

    Args:
        videos: The videos.
        notes: What a reader must know of the predictions, in red at the bottom.
    """
    blocks = [
        Block(shown_of(video.title, len(video.shown), len(video.activation.frame_numbers)),
              len(video.shown), [_boxed_faces(video), _shade_panel(video), _clip_panel(video)],
              video.correct) for video in videos
    ]
    legend: dict[str, Artist] = {
        'selected clip': Patch(facecolor='none', edgecolor=ORANGE, linewidth=1.5),
        'heaviest frame or clip of the video': Patch(color=colormaps[_CMAP](1.)),
        'weight 0': Patch(facecolor=colormaps[_CMAP](0.), edgecolor=GREY, linewidth=.5),
    }
    if any(video.apex is not None for video in videos):
        legend['apex'] = Patch(color=GREEN)
    return stack_blocks(blocks, legend, notes)


def _boxed_faces(video: ActivatedFrames) -> Panel:
    plain = face_panel(video.frames)
    first, last = video.activation.spans[video.activation.selected]
    numbers = video.activation.frame_numbers[video.shown]
    inside = np.flatnonzero((numbers >= first) & (numbers <= last))

    def draw(axes: Axes) -> None:
        plain.draw(axes)
        if len(inside):
            axes.add_patch(Rectangle((inside[0] - .49, -.01), np.ptp(inside) + .98, 1.02,
                                     fill=False, edgecolor=ORANGE, linewidth=2, clip_on=False,
                                     zorder=4))

    return Panel(plain.height_in, draw, plain.above_in)


def _shade_panel(video: ActivatedFrames) -> Panel:
    activation = video.activation

    def draw(axes: Axes) -> None:
        places = frame_positions(activation.frame_numbers, video.shown)
        inner = (places[1:] + places[:-1]) / 2
        edges = np.concatenate([[-.5], inner, [len(video.shown) - .5]])
        axes.pcolormesh(edges, [0, 1], activation.weights[None], cmap=_CMAP, vmin=0,
                        vmax=activation.weights.max())
        label_frames(axes, activation.frame_numbers[video.shown].tolist())
        axes.set_yticks([])
        axes.set_ylabel('frames', fontsize=6.5, rotation=0, ha='right', va='center')

    return Panel(_SHADE_IN, draw, .06)


def _clip_panel(video: ActivatedFrames) -> Panel:
    activation = video.activation
    lanes = assign_lanes(activation.spans)

    def draw(axes: Axes) -> None:
        numbers = activation.frame_numbers
        shade_apex(axes, numbers[video.shown], video.apex)
        places = dict(zip(numbers.tolist(), frame_positions(numbers, video.shown)))
        highest = activation.clip_scores.max()
        for clip, (first, last) in enumerate(activation.spans.tolist()):
            score, chosen = activation.clip_scores[clip], clip == activation.selected
            left, right = places[first] - .46, places[last] + .46
            axes.add_patch(Rectangle(
                (left, lanes[clip] + .1), right - left, .8, zorder=3 if chosen else 2,
                facecolor=colormaps[_CMAP](score / highest), linewidth=1.5 if chosen else .5,
                edgecolor=ORANGE if chosen else GREY))
            axes.text((left + right) / 2, lanes[clip] + .5, f'{score:.2f}', fontsize=6,
                      ha='center', va='center', zorder=4,
                      color='white' if score > .6 * highest else 'black')
        axes.set_ylim(max(lanes) + 1, 0)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel('clips', fontsize=6.5, rotation=0, ha='right', va='center')
        bare(axes)
        for side in ('left', 'bottom'):
            axes.spines[side].set_visible(False)

    return Panel(_LANE_IN * (max(lanes) + 1), draw, .2)
