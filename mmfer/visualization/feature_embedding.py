"""Features of videos in the plane by t-SNE, coloured by class.

After Fig. 7 of Liu et al., "Clip-aware expressive feature learning for video-based facial
expression recognition", Information Sciences 2022.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray
from sklearn.manifold import TSNE

from mmfer.visualization.style import GREY, printable, style

PERPLEXITY = 30.
_MARKERS = 'osD^vP*Xph'
_PANEL_IN, _TITLE_IN, _ROW_IN, _SIDE_IN = 2.6, .44, .2, .12
_LEGEND_COLUMN_IN = 1.25


@dataclass(frozen=True)
class Embedding:
    """One panel of the figure.

    Attributes:
        title: Above the panel.
        points: (M, 2).
        labels: (M,) classes.
        note: Below the title.
    """

    title: str
    points: np.ndarray
    labels: np.ndarray
    note: str = ''


def embed(features: ArrayLike, seed: int = 0, perplexity: float = PERPLEXITY) -> NDArray:
    """Places M features (M, D) in the plane by t-SNE, (M, 2).

    It starts from the first two principal components, so that the same features give the
    same picture.

    Args:
        features: (M, D), at least four.
        seed: Of the optimisation.
        perplexity: Number of neighbours that each point keeps; at most (M - 1) / 3 is used.

    Raises:
        ValueError: There are fewer than four features.
    """
    values = np.asarray(features, np.float64)
    if len(values) < 4:
        raise ValueError(f't-SNE of {len(values)} features says nothing; give at least 4')
    count, width = values.shape
    start = 'pca' if width > 1 else 'random'
    return TSNE(perplexity=min(perplexity, (count - 1) / 3), init=start,
                random_state=seed).fit_transform(values)


def draw_embeddings(panels: Sequence[Embedding], classes: Sequence[str]) -> Figure:
    """Draws the panels side by side, with one legend.

    Args:
        panels: One per method.
        classes: C names; a class has the same colour and marker in all panels.
    """
    palette = colormaps['tab10' if len(classes) <= 10 else 'tab20']
    colors = [palette(index) for index in range(palette.N)]
    width = len(panels) * (_PANEL_IN + _SIDE_IN) + _SIDE_IN
    columns = max(1, min(len(classes), int((width - 2 * _SIDE_IN) / _LEGEND_COLUMN_IN)))
    rows = -(-len(classes) // columns)
    legend_in = .12 + _ROW_IN * rows
    height = _TITLE_IN + _PANEL_IN + legend_in
    with style():
        figure = Figure(figsize=(width, height))
        for index, panel in enumerate(panels):
            left = _SIDE_IN + index * (_PANEL_IN + _SIDE_IN)
            axes = figure.add_axes((left / width, legend_in / height, _PANEL_IN / width,
                                    _PANEL_IN / height))
            _draw_points(axes, panel, len(classes), colors)
            middle, top = (left + _PANEL_IN / 2) / width, legend_in + _PANEL_IN
            figure.text(middle, (top + .22) / height, printable(panel.title), ha='center',
                        fontsize=9, fontweight='bold')
            figure.text(middle, (top + .06) / height, printable(panel.note), ha='center',
                        fontsize=7, color=GREY)
        marks = [Line2D([], [], linestyle='', markersize=5, marker=_MARKERS[label % 10],
                        color=colors[label % len(colors)]) for label in range(len(classes))]
        figure.legend(marks, [printable(name) for name in classes], loc='lower center',
                      ncols=columns, frameon=False, fontsize=8, handletextpad=.2,
                      bbox_to_anchor=(.5, 0), borderpad=.3, columnspacing=1.2)
    return figure


def _draw_points(axes: Axes, panel: Embedding, count: int,
                 colors: Sequence[tuple[float, float, float, float]]) -> None:
    for label in range(count):
        chosen = panel.points[panel.labels == label]
        axes.scatter(chosen[:, 0], chosen[:, 1], s=16, marker=_MARKERS[label % 10],
                     color=colors[label % len(colors)], linewidths=.3, edgecolors='white',
                     alpha=.9)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.margins(.06)
    for spine in axes.spines.values():
        spine.set_color(GREY)
