"""Reliability diagrams: share of right answers against their confidence, with the counts.

Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, Fig. 1.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmfer.visualization.heads import draw_head, head_lines, heads_height
from mmfer.visualization.style import BLUE, GREY, ORANGE, style

_SIDE_IN, _COUNTS_IN = 3., .8
_LEFT_IN, _RIGHT_IN, _BOTTOM_IN, _BETWEEN_IN = .6, .15, .45, .1
_LEGEND_IN = .22
_PALE, _GAP = '#c6d8ea', '#f9d3b0'
_LETTER_IN, _HIGH_IN = .055, .085  # of the counts' digits


@dataclass(frozen=True)
class ReliabilityPanel:
    """One diagram of the figure.

    Attributes:
        bins: 'low', 'high', 'count', 'confidence' and 'accuracy' of each bin, as
            :func:`~mmfer.evaluation.calibration_summary.calibration_summary` gives them.
        title: Above the diagram.
        subtitle: Below the title: errors, denominators.
        warning: Below the subtitle, in red.
    """

    bins: Sequence[Mapping[str, Any]]
    title: str = ''
    subtitle: str = ''
    warning: str = ''


def draw_reliability(panels: Sequence[ReliabilityPanel]) -> Figure:
    """Draws reliability diagrams side by side.

    Each shows, over the range of each bin, the share of right answers, the mean confidence
    and the distance between them, which is what the calibration error adds up; below that the
    number of answers.

    Args:
        panels: One per method.
    """
    width_in = _LEFT_IN + _SIDE_IN + _RIGHT_IN
    heads = [head_lines(panel.title, panel.subtitle, panel.warning, width_in - .1)
             for panel in panels]
    height_in = (_BOTTOM_IN + _COUNTS_IN + _BETWEEN_IN + _SIDE_IN + _LEGEND_IN
                 + heads_height(heads))
    width = len(panels) * width_in
    with style():
        figure = Figure(figsize=(width, height_in))
        for index, panel in enumerate(panels):
            draw_head(figure, heads[index], (index + .5) / len(panels))
            left = (index * width_in + _LEFT_IN) / width
            counts = figure.add_axes((left, _BOTTOM_IN / height_in, _SIDE_IN / width,
                                      _COUNTS_IN / height_in))
            bottom = (_BOTTOM_IN + _COUNTS_IN + _BETWEEN_IN) / height_in
            shares = figure.add_axes((left, bottom, _SIDE_IN / width, _SIDE_IN / height_in))
            _draw_shares(shares, panel.bins)
            _draw_counts(counts, panel.bins)
            if index:
                shares.set_ylabel('')
                counts.set_ylabel('')
    return figure


def _draw_shares(axes: Axes, bins: Sequence[Mapping[str, Any]]) -> None:
    full = [entry for entry in bins if entry['count']]
    lows = np.array([entry['low'] for entry in full])
    widths = np.array([_width(entry) for entry in full])
    accuracy = np.array([entry['accuracy'] for entry in full])
    confidence = np.array([entry['confidence'] for entry in full])
    both, distance = np.minimum(accuracy, confidence), np.abs(accuracy - confidence)
    axes.bar(lows, both, widths, align='edge', color=_PALE, edgecolor='white', linewidth=.5)
    axes.bar(lows, distance, widths, bottom=both, align='edge', color=_GAP, edgecolor='white',
             linewidth=.5, label='distance')
    axes.plot((0, 1), (0, 1), color=GREY, linestyle=(0, (4, 3)), linewidth=.8)
    axes.hlines(confidence, lows, lows + widths, color=ORANGE, linewidth=1.6,
                label='mean confidence')
    axes.hlines(accuracy, lows, lows + widths, color=BLUE, linewidth=1.6,
                label='accuracy')
    axes.set_ylabel('accuracy: share of right answers')
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(loc='lower left', bbox_to_anchor=(-.02, 1), ncols=3, frameon=False, fontsize=7,
                handlelength=1.4, columnspacing=1., borderpad=.2)
    axes.tick_params(labelbottom=False)
    _strip(axes)


def _draw_counts(axes: Axes, bins: Sequence[Mapping[str, Any]]) -> None:
    full = [entry for entry in bins if entry['count']]
    most = max(entry['count'] for entry in full)
    room_in = _SIDE_IN * min(_width(entry) for entry in full)
    sideways = room_in < _LETTER_IN * len(str(most))
    for entry in full:
        axes.bar(entry['low'], entry['count'], _width(entry), align='edge', color=GREY,
                 edgecolor='white', linewidth=.5)
        if sideways and _SIDE_IN * _width(entry) < _HIGH_IN:
            continue  # the axis tells
        axes.text(entry['low'] + _width(entry) / 2, entry['count'] + most * .06,
                  f'{entry["count"]}', ha='center', va='bottom', fontsize=5.5, color=GREY,
                  rotation=90 if sideways else 0)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, most * (1.7 if sideways else 1.3))
    axes.set_yticks((0, most))
    axes.set_xlabel('confidence: probability of the answer')
    axes.set_ylabel('answers')
    _strip(axes)


def _width(entry: Mapping[str, Any]) -> float:
    return entry['high'] - entry['low'] or .01  # equal confidences make a bin without width


def _strip(axes: Axes) -> None:
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
