"""The lines above a panel: title, denominators, warnings, broken to its width."""
from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from mmfer.visualization.style import GREY, RED, printable

LINE_IN = .18
"""Height of a line."""
_LETTERS_PER_IN = 12  # fewer than fit, for the bold ones

Lines = list[tuple[str, dict[str, Any]]]


def head_lines(title: str, subtitle: str, warning: str, width_in: float) -> Lines:
    """The lines above a panel of this width, with their style.

    Args:
        title: In bold.
        subtitle: Below it, in grey.
        warning: Below that, in red.
        width_in: Width of the panel.
    """
    parts: Lines = [
        (title, {'fontsize': 10, 'fontweight': 'bold'}),
        (subtitle, {'color': GREY}), (warning, {'color': RED, 'fontweight': 'bold'})]
    most = int(width_in * _LETTERS_PER_IN)
    return [(line, look) for text, look in parts if text for part in text.split('\n')
            for line in textwrap.wrap(part, most) or ['']]


def heads_height(heads: Sequence[Lines]) -> float:
    """Inches above the panels that the longest of the heads takes."""
    return .08 + LINE_IN * max(map(len, heads))


def draw_head(figure: Figure, lines: Lines, middle: float) -> None:
    """Writes the lines from the figure's top down, centred on ``middle`` (0 to 1)."""
    height = figure.get_size_inches()[1]
    for number, (text, look) in enumerate(lines):
        figure.text(middle, 1 - (.06 + LINE_IN * number) / height, printable(text),
                    ha='center', va='top', **look)
