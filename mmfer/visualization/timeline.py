"""A person's answers over the time of a video, with attention and how the face was found.

Axes: M answers, n frames of the person's stay, C classes.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mmfer.visualization.blocks import bare
from mmfer.visualization.style import GREY, ORANGE, printable, style

__all__ = ['STATUS_COLORS', 'TimelineChart', 'draw_timeline']

STATUS_COLORS = {'found': '#2c7fb8', 'tracked': '#7fcdbb', 'interpolated': '#fed976',
                 'too small': '#d9d9d9', 'blurred': '#bdbdbd', 'absent': '#f0f0f0'}
_WIDTH_IN, _PLOT_IN, _ATTENTION_IN, _STATUS_IN = 8.4, 2.2, .8, .22
_LEFT_IN, _RIGHT_IN, _BOTTOM_IN, _TOP_IN, _GAP_IN = .62, 1.5, .45, .2, .14


@dataclass(frozen=True)
class TimelineChart:
    """What is drawn.

    Attributes:
        classes: C names.
        time_s: (M,) of the answers.
        probabilities: (M, C); NaN where there is no answer.
        frame_times_s: (n,) of the stay's frames.
        statuses: n, how the face was found.
        attention: (n,) weight of a frame, 1 if all weighed the same; NaN where unknown. None
            where the method weighs no frames.
        marked_s: Times to mark, of the frames that decided.
    """

    classes: Sequence[str]
    time_s: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    frame_times_s: NDArray[np.float64]
    statuses: Sequence[str]
    attention: NDArray[np.float64] | None = None
    marked_s: Sequence[float] = ()


def draw_timeline(chart: TimelineChart) -> Figure:
    """Draws a line for each class, then attention, then the statuses.

    Lines break where there is no answer. Triangles at the top are the marked times.
    """
    heights = [_PLOT_IN, *([_ATTENTION_IN] if chart.attention is not None else []), _STATUS_IN]
    tall = _TOP_IN + sum(heights) + _GAP_IN * (len(heights) - 1) + _BOTTOM_IN
    with style():
        figure = Figure(figsize=(_WIDTH_IN, tall))
        top, panels = tall - _TOP_IN, []
        for height in heights:
            panels.append(figure.add_axes((
                _LEFT_IN / _WIDTH_IN, (top - height) / tall,
                (_WIDTH_IN - _LEFT_IN - _RIGHT_IN) / _WIDTH_IN, height / tall)))
            top -= height + _GAP_IN
        _draw_probabilities(panels[0], chart)
        if chart.attention is not None:
            _draw_attention(panels[1], chart.frame_times_s, chart.attention)
        _draw_statuses(panels[-1], chart.frame_times_s, chart.statuses)
        edges = _edges(chart.frame_times_s)
        for axes in panels:
            axes.set_xlim(edges[0], edges[-1])
            axes.tick_params(labelbottom=axes is panels[-1])
        panels[-1].set_xlabel('time [s]')
    return figure


def _draw_probabilities(axes: Axes, chart: TimelineChart) -> None:
    colors = colormaps['tab10' if len(chart.classes) <= 10 else 'tab20']
    for row, name in enumerate(chart.classes):
        axes.plot(chart.time_s, chart.probabilities[:, row], color=colors(row % colors.N),
                  linewidth=1.4, label=printable(name),
                  marker='.' if len(chart.time_s) < 60 else None,
                  markersize=4 if len(chart.time_s) > 1 else 10)
    if chart.marked_s:
        axes.plot(chart.marked_s, [1.045] * len(chart.marked_s), 'v', color=ORANGE, markersize=5,
                  clip_on=False)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel('probability')
    axes.legend(loc='upper left', bbox_to_anchor=(1.01, 1.02), frameon=False, fontsize=7.5,
                borderaxespad=0)
    bare(axes)


def _draw_attention(axes: Axes, times_s: NDArray[np.float64],
                    attention: NDArray[np.float64]) -> None:
    axes.stairs(attention, _edges(times_s), fill=True, color=ORANGE, linewidth=0)
    axes.axhline(1, color=GREY, linewidth=.7, linestyle=(0, (4, 3)))
    axes.set_ylim(0, max(2., float(np.nanmax(attention, initial=0.)) * 1.1))
    axes.set_ylabel('attention')
    axes.text(1.01, 1, 'even share', transform=axes.get_yaxis_transform(), color=GREY,
              fontsize=7, va='center')
    bare(axes)


def _draw_statuses(axes: Axes, times_s: NDArray[np.float64], statuses: Sequence[str]) -> None:
    edges = _edges(times_s)
    starts = [0, *(place for place in range(1, len(statuses))
                   if statuses[place] != statuses[place - 1])]
    seen = set()
    for first, behind in zip(starts, [*starts[1:], len(statuses)]):
        name = statuses[first]
        axes.axvspan(edges[first], edges[behind], color=STATUS_COLORS[name], linewidth=0,
                     label=None if name in seen else name)
        seen.add(name)
    axes.set_yticks([])
    axes.set_ylabel('face', rotation=0, ha='right', va='center')
    axes.legend(loc='center left', bbox_to_anchor=(1.01, .5), frameon=False, fontsize=7,
                borderaxespad=0, handlelength=1, ncols=1 if len(seen) < 3 else 2,
                columnspacing=.6)


def _edges(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where frames begin, and where the last one ends, (n + 1,)."""
    steps = np.diff(times_s)
    return np.append(times_s, times_s[-1] + (float(np.median(steps)) if len(steps) else .04))
