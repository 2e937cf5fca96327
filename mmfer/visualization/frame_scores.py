"""Class probabilities of each frame, and its importance for the clip's answer.

After Fig. 2c and 2d of Aminbeidokhti et al., "Emotion Recognition with Spatial Attention and
Temporal Softmax Pooling", ICIAR 2019. Reads FRAME_SCORES, and FRAME_WEIGHTS where there are
any, so that every method that answers for single frames gets the figure.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS
from mmfer.visualization.blocks import (
    Block,
    Panel,
    bare,
    draw_uniform,
    face_panel,
    label_frames,
    shade_apex,
    shown_of,
    stack_blocks,
    uniform_mark,
)
from mmfer.visualization.distinct import DistinctFrames
from mmfer.visualization.style import BLUE, GREEN, GREY, ORANGE, RED, printable

_CLASS_IN, _IMPORTANCE_IN = .135, .5
_NAME_LETTERS = 14
_LEFT_IN = 1.05  # room for the names of the classes
_BAR = .84  # length of a bar of probability 1, in columns


@dataclass(frozen=True)
class ScoredFrames:
    """One clip of the figure.

    Attributes:
        title: Above the frames.
        frames: Images (H, W, 3) uint8 RGB of the U' frames shown.
        shown: (U',) positions of these frames among the U distinct ones, ascending.
        frame_numbers: (U,) 1-based numbers of the distinct sampled frames, ascending.
        scores: (U, C) probabilities of the classes.
        classes: C names.
        given: Class that the method gave the clip.
        importance: (U,) share of each frame in the answer, where known.
        uniform: (U,) share of each if all sampled frames weighed the same.
        apex: First and last frame number of the apex, where known.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    frames: Sequence[np.ndarray]
    shown: np.ndarray
    frame_numbers: np.ndarray
    scores: np.ndarray
    classes: Sequence[str]
    given: int
    importance: np.ndarray | None
    uniform: np.ndarray
    apex: tuple[int, int] | None = None
    correct: bool = True


def frame_scores(row: ClipPrediction) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Probabilities (U, C) of the distinct frames, and their importance (U,) where known.

    Of a frame that was sampled several times the probabilities are averaged and the shares
    summed.

    Raises:
        PredictionError: The predictions hold no scores of single frames, or not of each.
    """
    scores, frames = row.attention.get(FRAME_SCORES), DistinctFrames.of(row.frame_numbers)
    if scores is None:
        known = ', '.join(sorted(row.attention)) or 'no attention at all'
        raise PredictionError(f'clip {row.clip!r}: the predictions hold no {FRAME_SCORES} (but '
                              f'{known}): the method does not answer for single frames')
    if scores.shape != (len(row.frame_numbers), len(row.scores)):
        raise PredictionError(f'clip {row.clip!r}: {FRAME_SCORES} of shape {list(scores.shape)} '
                              f'for {len(row.frame_numbers)} sampled frames and '
                              f'{len(row.scores)} classes')
    weights = row.attention.get(FRAME_WEIGHTS)
    importance = None if weights is None else frames.total(weights) / float(weights.sum())
    return frames.mean(scores), importance


def draw_frame_scores(clips: Sequence[ScoredFrames], notes: Sequence[str] = ()) -> Figure:
    """Draws one block per clip: the frames, a bar per class under each, the importance.

    A full bar is a probability of 1. The importance is in percent of the heaviest sampled
    frame's, whether that one is shown or not.

    Args:
        clips: The clips.
        notes: What a reader must know of the predictions, in red at the bottom.
    """
    blocks = []
    for clip in clips:
        panels = [face_panel(clip.frames), _score_panel(clip)]
        if clip.importance is not None:
            panels.append(_importance_panel(clip))
        blocks.append(Block(shown_of(clip.title, len(clip.shown), len(clip.frame_numbers)),
                            len(clip.shown), panels, clip.correct))
    legend: dict[str, Artist] = {"class of the clip's answer": Patch(color=RED),
                                 'other classes': Patch(color=BLUE)}
    if any(clip.importance is not None for clip in clips):
        legend['importance'] = Patch(color=ORANGE)
        legend['uniform'] = uniform_mark()
    if any(clip.apex is not None for clip in clips):
        legend['apex'] = Patch(color=GREEN)
    return stack_blocks(blocks, legend, notes, _LEFT_IN)


def _score_panel(clip: ScoredFrames) -> Panel:
    count = len(clip.classes)
    numbers = clip.frame_numbers[clip.shown]

    def draw(axes: Axes) -> None:
        shade_apex(axes, numbers, clip.apex)
        for column, scores in enumerate(clip.scores[clip.shown]):
            colors = [RED if label == clip.given else BLUE for label in range(count)]
            axes.barh(np.arange(count), scores * _BAR, .72, left=column - _BAR / 2,
                      color=colors, zorder=2)
            axes.plot([column - _BAR / 2] * 2, [-.5, count - .5], color=GREY, linewidth=.5,
                      zorder=3)
            best = int(scores.argmax())
            inside = scores[best] > .6
            axes.text(column - _BAR / 2 + scores[best] * _BAR + (-.03 if inside else .03), best,
                      f'{scores[best]:.2f}', fontsize=5.5, va='center_baseline',
                      ha='right' if inside else 'left', color='white' if inside else 'black')
        axes.set_ylim(count - .4, -.6)
        names = [_short(printable(name)) for name in clip.classes]
        axes.set_yticks(range(count), names, fontsize=7)
        axes.tick_params(axis='y', length=0, pad=2)
        axes.set_xticks([])
        if clip.importance is None:
            label_frames(axes, numbers.tolist())
        for spine in axes.spines.values():
            spine.set_visible(False)

    return Panel(_CLASS_IN * count, draw)


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LETTERS else name[:_NAME_LETTERS - 1] + '…'


def _importance_panel(clip: ScoredFrames) -> Panel:
    assert clip.importance is not None
    percent = clip.importance / clip.importance.max() * 100
    uniform = clip.uniform / clip.importance.max() * 100
    numbers = clip.frame_numbers[clip.shown]

    def draw(axes: Axes) -> None:
        shade_apex(axes, numbers, clip.apex)
        axes.bar(range(len(numbers)), percent[clip.shown], .5, color=ORANGE, zorder=2)
        draw_uniform(axes, uniform[clip.shown])
        axes.set_ylim(0, max(105., uniform[clip.shown].max() * 1.05))
        axes.set_yticks([0, 50, 100], ['0%', '50%', '100%'], fontsize=6.5)
        axes.tick_params(axis='y', length=2, pad=2)
        axes.set_ylabel('importance', fontsize=7)
        label_frames(axes, numbers.tolist())
        bare(axes)

    return Panel(_IMPORTANCE_IN, draw, .08)
