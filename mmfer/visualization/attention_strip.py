"""Frames of clips with their attention weights as bars under them.

After Fig. 2 of Meng et al., "Frame Attention Networks for Facial Expression Recognition in
Videos", ICIP 2019. Weights are read by their stable names, so that every method that weighs
frames gets the figure.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.structures import FRAME_WEIGHTS, RELATION_WEIGHTS, SELF_WEIGHTS
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
from mmfer.visualization.style import BLUE, GREEN, ORANGE

_BARS_IN = .62


@dataclass(frozen=True)
class Bars:
    """One set of bars.

    Attributes:
        name: In the legend.
        shares: (U,) share of each distinct frame, summing to 1.
        color: Of the bars.
    """

    name: str
    shares: np.ndarray
    color: str


@dataclass(frozen=True)
class Strip:
    """One clip of the figure.

    Attributes:
        title: Above the frames.
        frames: Images (H, W, 3) uint8 RGB of the U' frames shown.
        shown: (U',) positions of these frames among the U distinct ones, ascending.
        frame_numbers: (U,) 1-based numbers of the distinct sampled frames, ascending.
        uniform: (U,) share of each if all sampled frames weighed the same.
        bars: One or two sets of bars.
        apex: First and last frame number of the apex, where known.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    frames: Sequence[np.ndarray]
    shown: np.ndarray
    frame_numbers: np.ndarray
    uniform: np.ndarray
    bars: Sequence[Bars]
    apex: tuple[int, int] | None = None
    correct: bool = True


def attention_bars(row: ClipPrediction, name: str = '', rival: ClipPrediction | None = None,
                   rival_name: str = '') -> list[Bars]:
    """The bars of a clip: blue for the first attention, orange for the final one.

    With a rival, blue is the rival's final attention (for Fig. 2 of the paper FAN without
    relation attention, whose final weights are its self weights). Without one, blue is the
    method's own self attention where another one refines it. A frame that was sampled
    several times has the sum of its shares.

    Args:
        row: Prediction of the method.
        name: Of the method, in the legend.
        rival: Prediction of another method for the same frames.
        rival_name: Of the rival, in the legend.

    Raises:
        PredictionError: There are no frame weights, or the rival saw other frames.
    """
    final = Bars(f'final weights, {name}' if name else 'final weights', _shares(row), ORANGE)
    if rival is not None:
        if not np.array_equal(rival.frame_numbers, row.frame_numbers):
            raise PredictionError(f'clip {row.clip!r}: the two methods saw other frames; test '
                                  'both with the same sampling')
        return [Bars(f'weights, {rival_name}' if rival_name else 'weights of the rival',
                     _shares(rival), BLUE), final]
    if SELF_WEIGHTS in row.attention and RELATION_WEIGHTS in row.attention:
        return [Bars('self weights', _shares(row, SELF_WEIGHTS), BLUE), final]
    return [final]


def _shares(row: ClipPrediction, name: str = FRAME_WEIGHTS) -> np.ndarray:
    if name not in row.attention:
        known = ', '.join(sorted(row.attention)) or 'no attention at all'
        raise PredictionError(f'clip {row.clip!r}: the predictions hold no {name} (but '
                              f'{known}), so there is nothing to draw under its frames')
    weights = DistinctFrames.of(row.frame_numbers).total(row.attention[name])
    return weights / weights.sum()


def choose_shown(shares: np.ndarray, most: int) -> np.ndarray:
    """Positions of the frames to show: all, or evenly spread ones and the heaviest.

    Args:
        shares: (U,) attention.
        most: Number of frames to show at most, at least 2.

    Returns:
        Ascending positions; with the first and the last frame, unless ``most`` is 2 and the
        heaviest takes the place of one of them.
    """
    count = len(shares)
    if count <= most:
        return np.arange(count)
    shown = np.linspace(0, count - 1, most).round().astype(int)
    heaviest = int(np.argmax(shares))
    if heaviest not in shown:
        inner = shown[1:-1] if most > 2 else shown
        nearest = int(inner[np.abs(inner - heaviest).argmin()])
        shown[shown == nearest] = heaviest
    return np.sort(shown)


def strip_title(row: ClipPrediction, classes: Sequence[str]) -> str:
    """``clip: true anger, predicted fear (score 0.62)``."""
    given = int(row.scores.argmax())
    return (f'{row.clip}: true {classes[row.label]}, predicted {classes[given]} '
            f'(score {row.scores[given]:.2f})')


def draw_attention_strips(strips: Sequence[Strip], notes: Sequence[str] = ()) -> Figure:
    """Draws one row per clip: the frames, the bars under them, the frame numbers.

    The dashed line is the share that every frame would have under uniform attention; it
    steps up at a frame that was sampled more often. The apex is shaded.

    Args:
        strips: The clips.
        notes: What a reader must know of the predictions, in red at the bottom.
    """
    blocks = [
        Block(shown_of(strip.title, len(strip.shown), len(strip.frame_numbers)),
              len(strip.shown), [face_panel(strip.frames), _bar_panel(strip)], strip.correct)
        for strip in strips
    ]
    return stack_blocks(blocks, _legend(strips), notes)


def _bar_panel(strip: Strip) -> Panel:

    def draw(axes: Axes) -> None:
        numbers, uniform = strip.frame_numbers[strip.shown], strip.uniform[strip.shown]
        width = .72 / len(strip.bars)
        shade_apex(axes, numbers, strip.apex)
        for index, bars in enumerate(strip.bars):
            offset = (index - (len(strip.bars) - 1) / 2) * width
            axes.bar(np.arange(len(numbers)) + offset, bars.shares[strip.shown], width * .92,
                     color=bars.color, zorder=2)
        draw_uniform(axes, uniform)
        highest = max(uniform.max(), *(bars.shares[strip.shown].max() for bars in strip.bars))
        axes.set_ylim(0, highest * 1.12)
        axes.set_yticks([0, highest], ['0', f'{highest:.2f}'], fontsize=6.5)
        axes.tick_params(axis='y', length=2, pad=2)
        axes.set_ylabel('share', fontsize=7, labelpad=1)
        label_frames(axes, numbers.tolist())
        bare(axes)

    return Panel(_BARS_IN, draw)


def _legend(strips: Sequence[Strip]) -> dict[str, Artist]:
    entries: dict[str, Artist] = {
        bars.name: Patch(color=bars.color) for strip in strips for bars in strip.bars
    }
    if any(strip.apex is not None for strip in strips):
        entries['apex'] = Patch(color=GREEN)
    entries['uniform attention'] = uniform_mark()
    return entries
