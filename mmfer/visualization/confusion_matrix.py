"""The confusion matrix as a figure: shares of each true class, with the counts."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike

from mmfer.evaluation.functional import per_class_recall
from mmfer.visualization.style import GREY, RED, printable, style

_LINE_IN = .18  # height of a line above the matrix


def draw_confusion_matrix(confusion: ArrayLike, classes: Sequence[str], title: str = '',
                          subtitle: str = '', warning: str = '') -> Figure:
    """Draws a confusion matrix, normalised over each row.

    Args:
        confusion: (C, C) counts, true class in the rows.
        classes: C names.
        title: Above the matrix.
        subtitle: Below the title: scores, denominators.
        warning: Below the subtitle, in red.

    Returns:
        The figure; rows of classes without clips are left empty.
    """
    counts = np.asarray(confusion)
    size = len(classes)
    if counts.shape != (size, size):
        raise ValueError(f'a confusion matrix {counts.shape} for {size} classes')
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    recall = per_class_recall(counts)
    names = [printable(name) for name in classes]
    with style():
        heads: list[tuple[str, dict[str, Any]]] = [
            (title, {'fontsize': 10, 'fontweight': 'bold'}), (subtitle, {'color': GREY}),
            (warning, {'color': RED, 'fontweight': 'bold'})]
        lines = [(line, options) for text, options in heads if text for line in text.split('\n')]
        above, side = .08 + _LINE_IN * len(lines), 1.6 + .62 * size
        height = side + above
        figure = Figure(figsize=(side + .9, height), layout=ConstrainedLayoutEngine(
            rect=(0, 0, 1, 1 - above / height)))
        for index, (line, options) in enumerate(lines):
            figure.text(.5, 1 - (.06 + _LINE_IN * index) / height, printable(line), ha='center',
                        va='top', **options)
        axes = figure.add_subplot()
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
        labels = [f'{name}\nn = {total}' + ('' if np.isnan(value) else f', recall {value:.2f}')
                  for name, total, value in zip(names, totals[:, 0], recall, strict=True)]
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
        bar = figure.colorbar(image, ax=axes, fraction=.045, pad=.02)
        bar.set_label('share of the true class')
        bar.outline.set_visible(False)
    return figure
