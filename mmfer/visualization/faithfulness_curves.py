"""Deletion and insertion curves: how the answer follows the frames or regions taken away."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmfer.visualization.style import BLUE, GREY, ORANGE, printable, style

_PANEL_IN, _TALL_IN = 2.6, 1.9
_ROW_IN = _TALL_IN + .75  # with title and labels
_LOOKS = {'attention': (ORANGE, '-'), 'evenly spread': (BLUE, '-'), 'random': (GREY, (0, (4, 3)))}


def draw_faithfulness(curves: Mapping[str, Mapping[str, Sequence[float]]],
                      title: str = '') -> Figure:
    """Draws a panel for deletion and one for insertion, a row for frames and for regions.

    Args:
        curves: For ``'frames'`` and ``'regions'``, where known, the mean curves by the names
            of :data:`~mmfer.explain.faithfulness.CURVES`, each at equally spaced shares from
            0 to 1.
        title: Above the panels.
    """
    rows = len(curves)
    width, height = 2 * (_PANEL_IN + .75), rows * _ROW_IN + .3
    with style():
        figure = Figure(figsize=(width, height))
        figure.text(.5, 1 - .22 / height, printable(title), ha='center', fontsize=9,
                    fontweight='bold')
        bottom = height - .3
        for units, named in curves.items():
            bottom -= _ROW_IN
            opposite = named['random'][::-1]
            _draw(_place(figure, 0, bottom), f'share of the {units} taken away',
                  {'attention': named['deletion'], 'evenly spread': named['uniform_deletion'],
                   'random': named['random']}, 'deletion: low is faithful')
            _draw(_place(figure, 1, bottom), f'share of the {units} brought back',
                  {'attention': named['insertion'], 'evenly spread': named['uniform_insertion'],
                   'random': opposite}, 'insertion: high is faithful')
    return figure


def _place(figure: Figure, column: int, bottom: float) -> Axes:
    width, height = figure.get_size_inches()
    left = .55 + column * (_PANEL_IN + .75)
    return figure.add_axes((left / width, (bottom + .42) / height, _PANEL_IN / width,
                            _TALL_IN / height))


def _draw(axes: Axes, label: str, curves: Mapping[str, Sequence[float]], title: str) -> None:
    for name, curve in curves.items():
        color, dashes = _LOOKS[name]
        axes.plot(np.linspace(0, 100, len(curve)), curve, color=color, linestyle=dashes,
                  linewidth=1.4, label=name)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 1)
    axes.set_xlabel(f'{label} (%)')
    axes.set_ylabel('probability of the class')
    axes.set_title(title, fontsize=8)
    axes.legend(frameon=False, fontsize=7)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
