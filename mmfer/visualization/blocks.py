"""Clips one under the other: a title, rows of panels with a column per frame, a legend.

All figures of clips are made of these blocks, so that they look alike and columns of one
clip stand exactly under each other.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import mmcv
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mmfer.visualization.style import GREEN, GREY, RED, printable, style

COLUMN_IN = .82
FACE_PX = 160  # longest side of a face in a figure
_TITLE_IN, _GAP_IN, _LEGEND_IN = .2, .34, .3
_RIGHT_IN, _TOP_IN, _NOTE_IN = .12, .12, .18
_FEWEST_COLUMNS = 8  # room for titles and legend above short clips
_LETTERS_PER_IN = 15
_TITLE_PT = 8.5
_DASHES = (0, (4, 3))


@dataclass(frozen=True)
class Panel:
    """One row of a block.

    Attributes:
        height_in: Of its axes, in inches.
        draw: Draws on axes whose x axis has frame i at i.
        above_in: Room between the panel and the one above it.
    """

    height_in: float
    draw: Callable[[Axes], None]
    above_in: float = .03


@dataclass(frozen=True)
class Block:
    """One clip of a figure.

    Attributes:
        title: Above the panels.
        columns: Frames shown.
        panels: From top to bottom.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    columns: int
    panels: Sequence[Panel]
    correct: bool = True


def stack_blocks(blocks: Sequence[Block], legend: Mapping[str, Artist],
                 notes: Sequence[str] = (), left_in: float = .5) -> Figure:
    """Draws the blocks one under the other.

    Args:
        blocks: The clips.
        legend: What the marks mean, at the top.
        notes: What a reader must know of the predictions, in red at the bottom.
        left_in: Room for the labels of the panels, in inches.
    """
    columns = max(_FEWEST_COLUMNS, *(block.columns for block in blocks))
    width = left_in + columns * COLUMN_IN + _RIGHT_IN
    heights = [_TITLE_IN + sum(panel.above_in + panel.height_in for panel in block.panels)
               + _GAP_IN for block in blocks]
    height = _TOP_IN + _LEGEND_IN + _NOTE_IN * len(notes) + sum(heights)
    with style():
        figure = Figure(figsize=(width, height))
        top = height - _TOP_IN - _LEGEND_IN
        for block, tall in zip(blocks, heights, strict=True):
            bottom = top - _TITLE_IN
            figure.text(left_in / width, (bottom + .05) / height,
                        fit_title(block.title, columns * COLUMN_IN), fontsize=_TITLE_PT,
                        color='black' if block.correct else RED)
            for panel in block.panels:
                bottom -= panel.above_in + panel.height_in
                axes = figure.add_axes((
                    left_in / width, bottom / height, block.columns * COLUMN_IN / width,
                    panel.height_in / height))
                panel.draw(axes)
                axes.set_xlim(-.5, block.columns - .5)
            top -= tall
        for index, note in enumerate(notes):
            figure.text(left_in / width, (.08 + _NOTE_IN * index) / height, printable(note),
                        color=RED, fontweight='bold')
        figure.legend(list(legend.values()), [printable(name) for name in legend],
                      loc='upper left', ncols=len(legend), frameon=False, fontsize=8,
                      bbox_to_anchor=(left_in / width, 1 - .06 / height), borderpad=0,
                      borderaxespad=0, handlelength=1.2, columnspacing=1.4)
    return figure


def fit_title(text: str, width_in: float) -> str:
    """A title that fits; a long clip name loses its beginning, never what follows it."""
    text, most = printable(text), int(width_in * _LETTERS_PER_IN)
    return text if len(text) <= most else '…' + text[len(text) - most + 1:]


def shown_of(title: str, shown: int, total: int) -> str:
    """The title, with how many of the distinct frames are shown where some are not."""
    return title if shown == total else f'{title}; {shown} of {total} frames shown'


def thumbnail(frame: np.ndarray) -> np.ndarray:
    """An image (H, W, 3) of at most :data:`FACE_PX` on its longest side."""
    scale = FACE_PX / max(frame.shape[:2])
    if scale >= 1:
        return frame
    return mmcv.imrescale(frame, scale, interpolation='area', backend='cv2')


def face_panel(frames: Sequence[np.ndarray], label: str = '', above_in: float = .03) -> Panel:
    """A row of images (H, W, 3), with a label at its left."""
    faces = [thumbnail(frame) for frame in frames]
    tall = max(face.shape[0] / face.shape[1] for face in faces) * COLUMN_IN * .96

    def draw(axes: Axes) -> None:
        for column, face in enumerate(faces):
            axes.imshow(face, extent=(column - .48, column + .48, 0, 1), aspect='auto',
                        interpolation='antialiased')
        axes.set_ylim(0, 1)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel(label, fontsize=7, labelpad=4)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return Panel(tall, draw, above_in)


def text_panel(texts: Sequence[str]) -> Panel:
    """A row of short texts, one under each column."""

    def draw(axes: Axes) -> None:
        axes.axis('off')
        for column, text in enumerate(texts):
            axes.text(column, .5, text, ha='center', va='center', fontsize=6.5)

    return Panel(.12, draw, 0.)


def number_panel(numbers: Sequence[int]) -> Panel:
    """The frame numbers alone, where no panel above has an axis for them."""

    def draw(axes: Axes) -> None:
        label_frames(axes, numbers)
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)

    return Panel(.01, draw, 0.)


def label_frames(axes: Axes, numbers: Sequence[int]) -> None:
    """The frame numbers under the columns."""
    axes.set_xticks(range(len(numbers)), [str(number) for number in numbers], fontsize=7)
    axes.tick_params(axis='x', length=0, pad=2)


def bare(axes: Axes) -> None:
    """Takes off the spines at the top and at the right."""
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)


def shade_apex(axes: Axes, numbers: np.ndarray, apex: tuple[int, int] | None) -> None:
    """Shades the columns whose frames lie in the apex."""
    for column, number in enumerate(numbers):
        if apex is not None and apex[0] <= number <= apex[1]:
            axes.axvspan(column - .5, column + .5, color=GREEN, linewidth=0, zorder=0)


def draw_uniform(axes: Axes, uniform: np.ndarray) -> None:
    """A dashed line at the share of each column under uniform attention."""
    edges = np.arange(len(uniform))[:, None] + [-.5, .5]
    axes.plot(edges.ravel(), np.repeat(uniform, 2), color=GREY, linewidth=.7,
              linestyle=_DASHES, zorder=3)


def uniform_mark() -> Line2D:
    """What :func:`draw_uniform` draws, for a legend."""
    return Line2D([], [], color=GREY, linewidth=.7, linestyle=_DASHES)
