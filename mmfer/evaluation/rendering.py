"""Tables and remarks as plain text, Markdown or LaTeX.

LaTeX tables are tabulars with the rules of the package booktabs, to be put into a table of
one's own.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ['FORMS', 'Block', 'Form', 'Heading', 'Notes', 'Table', 'Text', 'escape_latex',
           'render', 'table']

Form = Literal['text', 'markdown', 'latex']
FORMS: tuple[Form, ...] = ('text', 'markdown', 'latex')

_LATEX = {'\\': r'\textbackslash{}', '{': r'\{', '}': r'\}', '$': r'\$', '&': r'\&', '#': r'\#',
          '%': r'\%', '_': r'\_', '^': r'\textasciicircum{}', '~': r'\textasciitilde{}',
          '<': r'\textless{}', '>': r'\textgreater{}', '|': r'\textbar{}'}


@dataclass(frozen=True)
class Heading:
    """What the following is about."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Notes:
    """What a reader must not miss, one line each."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first row is the header, the first column is text."""

    rows: Sequence[Sequence[str]]


Block = Heading | Text | Notes | Table


def table(rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """Aligns rows of cells; the first row is the header, the first column is text."""
    if markdown:
        rows = [[cell.replace('|', '\\|') for cell in cells] for cells in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for cells in rows:
        padded = [cell.ljust(width) if index == 0 else cell.rjust(width)
                  for index, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        lines.append(f'| {" | ".join(padded)} |' if markdown else '  '.join(padded).rstrip())
    rule = ['-' * width if index == 0 else '-' * (width - 1) + ':'
            for index, width in enumerate(widths)]
    lines.insert(1, f'| {" | ".join(rule)} |' if markdown
                 else '  '.join('-' * width for width in widths))
    return '\n'.join(lines)


def escape_latex(text: str) -> str:
    """Text with LaTeX's special characters made harmless; ``+-`` becomes the sign."""
    escaped = ''.join(_LATEX.get(character, character) for character in text)
    return escaped.replace('+-', r'$\pm$')


def _latex_table(rows: Sequence[Sequence[str]]) -> str:
    header, *body = [' & '.join(map(escape_latex, cells)) + r' \\' for cells in rows]
    # a row that begins with [ would be taken for an argument of the line break before it
    body = [f'{{}}{line}' if line.startswith('[') else line for line in body]
    columns = 'l' + 'r' * (len(rows[0]) - 1)
    return '\n'.join([rf'\begin{{tabular}}{{{columns}}}', r'\toprule', header, r'\midrule',
                      *body, r'\bottomrule', r'\end{tabular}'])


def _block(block: Block, form: Form) -> str:
    if isinstance(block, Table):
        return _latex_table(block.rows) if form == 'latex' else table(block.rows,
                                                                      form == 'markdown')
    if isinstance(block, Notes):
        around = {'text': '!! {}', 'markdown': '**{}**', 'latex': r'\textbf{{{}}}\\'}[form]
        separator = '\n\n' if form == 'markdown' else '\n'
        lines = map(escape_latex, block.lines) if form == 'latex' else iter(block.lines)
        return separator.join(map(around.format, lines))
    if isinstance(block, Heading):
        around = {'text': '{}', 'markdown': '### {}', 'latex': r'\paragraph{{{}}}'}[form]
        return around.format(escape_latex(block.text) if form == 'latex' else block.text)
    return escape_latex(block.text) if form == 'latex' else block.text


def render(blocks: Iterable[Block], form: Form = 'text') -> str:
    """Blocks with an empty line behind each."""
    return ''.join(f'{_block(block, form)}\n\n' for block in blocks)
