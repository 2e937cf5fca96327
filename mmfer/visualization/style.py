"""Figures that look and read the same on every machine, written whole as PNG and SVG."""
from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure

from mmfer.fileio import atomic_write

FONT = 'DejaVu Sans'  # comes with matplotlib, so layouts do not depend on the machine's fonts
BLUE, ORANGE, GREEN = '#3b75af', '#ef8636', '#cfe8cf'
GREY, RED = '#666666', '#b2182b'

_SETTINGS = {
    'font.family': FONT, 'font.size': 8, 'text.parse_math': False, 'svg.hashsalt': 'mmfer',
    'svg.fonttype': 'path', 'axes.linewidth': .6, 'xtick.major.width': .6,
    'ytick.major.width': .6, 'figure.facecolor': 'white', 'savefig.facecolor': 'white',
}


@contextmanager
def style() -> Iterator[None]:
    """Settings under which figures are made and saved; the user's own stay out of it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


@cache
def _glyphs() -> frozenset[int]:
    path = font_manager.findfont(FONT, fallback_to_default=True)
    return frozenset(font_manager.get_font(path).get_charmap())


def printable(text: str) -> str:
    """The text, with what the font cannot show or XML cannot hold as Python's escapes."""
    return ''.join(
        char if ord(char) in _glyphs() and unicodedata.category(char)[0] != 'C'
        else char.encode('unicode_escape').decode() for char in text)


def save_figure(figure: Figure, stem: str | os.PathLike[str], dpi: int = 150) -> list[Path]:
    """Writes ``stem.png`` and ``stem.svg``; equal figures give equal bytes.

    Args:
        figure: Made within :func:`style`.
        stem: Path without suffix; its folder is made where it is missing.
        dpi: Resolution of the PNG.

    Returns:
        The paths written.
    """
    written = []
    for suffix, metadata in (('png', {'Software': None}), ('svg', {'Date': None})):
        path = Path(f'{os.fspath(stem)}.{suffix}')
        with style(), atomic_write(path) as temporary:
            figure.savefig(temporary, format=suffix, dpi=dpi, metadata=metadata)
        written.append(path)
    return written
