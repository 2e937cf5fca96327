"""Confusion matrices as a figure: shares of each true class, with the counts."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike

from mmfer.evaluation.functional import per_class_recall
from mmfer.visualization.heads import draw_head, head_lines, heads_height
from mmfer.visualization.style import GREY, printable, style

_BAR_IN = .9


@dataclass(frozen=True)
class ConfusionPanel:
    """One matrix of the figure.

    Attributes:
        confusion: (C, C) counts, true class in the rows.
        title: Above the matrix.
        subtitle: Below the title: scores, denominators.
        warning: Below the subtitle, in red.
    """

    confusion: ArrayLike
    title: str = ''
    subtitle: str = ''
    warning: str = ''


def draw_confusion_matrix(confusion: ArrayLike, classes: Sequence[str], title: str = '',
                          subtitle: str = '', warning: str = '') -> Figure:
    """Draws one matrix; see :func:`draw_confusion_matrices`."""
    return draw_confusion_matrices([ConfusionPanel(confusion, title, subtitle, warning)], classes)


def draw_confusion_matrices(panels: Sequence[ConfusionPanel], classes: Sequence[str]) -> Figure:
    """Draws confusion matrices side by side, each normalised over its rows.

    Args:
        panels: One per method.
        classes: C names, the same for all.

    Returns:
        The figure; rows of classes without clips are left empty.

    Raises:
        ValueError: A matrix is not (C, C).
    """
    size, count = len(classes), len(panels)
    for panel in panels:
        if np.shape(panel.confusion) != (size, size):
            raise ValueError(f'a confusion matrix {np.shape(panel.confusion)} for {size} classes')
    side = 1.6 + .62 * size
    heads = [head_lines(panel.title, panel.subtitle, panel.warning, side) for panel in panels]
    above = heads_height(heads)
    width, height = count * side + _BAR_IN, side + above
    with style():
        figure = Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(
            rect=(0, 0, 1, 1 - above / height), wspace=.04))
        grid = figure.subplots(1, count, squeeze=False)[0]
        for index, (axes, panel) in enumerate(zip(grid, panels, strict=True)):
            draw_head(figure, heads[index], (index + .5) * side / width)
            image = _draw_matrix(axes, np.asarray(panel.confusion), classes)
            if index:
                axes.set_ylabel('')
        # inside the last axes, so that it is exactly as tall as the matrix
        bar = figure.colorbar(image, cax=grid[-1].inset_axes((1.03, 0, .05, 1)))
        bar.set_label('share of the true class')
        bar.outline.set_visible(False)
    return figure


def _draw_matrix(axes: Axes, counts: np.ndarray, classes: Sequence[str]) -> AxesImage:
    size = len(classes)
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    image = axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
    for true in range(size):
        for given in range(size):
            if not totals[true, 0]:
                axes.text(given, true, '–', ha='center', va='center', color=GREY)
                continue
            share, count = shares[true, given], counts[true, given]
            text = f'{share:.2f}\n({count})' if count else '0'
            axes.text(given, true, text, ha='center', va='center', fontsize=7.5,
                      color='white' if share > .55 else 'black' if count else GREY)
    names = [printable(name) for name in classes]
    labels = [f'{name}\nn = {total}' + ('' if np.isnan(value) else f', recall {value:.2f}')
              for name, total, value in zip(names, totals[:, 0], per_class_recall(counts),
                                            strict=True)]
    axes.set_yticks(range(size), labels, fontsize=7.5)
    axes.set_xticks(range(size), names, rotation=40, ha='right', rotation_mode='anchor')
    axes.set_xlabel('predicted class')
    axes.set_ylabel('true class')
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(1, size) - .5, minor=True)
    axes.set_yticks(np.arange(1, size) - .5, minor=True)
    axes.grid(which='minor', color='white', linewidth=1)
    axes.tick_params(which='minor', length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return image
