import pytest

from mmfer.evaluation.rendering import Heading, Notes, Table, Text, escape_latex, render, table


def test_table():
    assert table([['a', 'bb'], ['ccc', 'd']]).split('\n') == ['a    bb', '---  --', 'ccc   d']
    assert table([['a', 'bb'], ['ccc', 'd']], True).split('\n') == [
        '| a   | bb |', '| --- | -: |', '| ccc |  d |']
    assert '| a\\|b |' in table([['a|b', 'c'], ['d', 'e']], True)


@pytest.mark.parametrize('text,expected', [
    ('50% of a_b & c', r'50\% of a\_b \& c'),
    ('true \\ predicted', r'true \textbackslash{} predicted'),
    ('{$#~^}', r'\{\$\#\textasciitilde{}\textasciicircum{}\}'), ('0.5 +- 0.1', r'0.5 $\pm$ 0.1'),
    ('a<b>c|d', r'a\textless{}b\textgreater{}c\textbar{}d'), ('fröhlich 喜', 'fröhlich 喜'),
])
def test_latex_specials(text, expected):
    assert escape_latex(text) == expected


BLOCKS = [Heading('a_b'), Text('50% sure'), Notes(('x_1', 'y')), Table([['', 'c_d'], ['[e]', '1']])]


def test_text():
    assert render(BLOCKS) == 'a_b\n\n50% sure\n\n!! x_1\n!! y\n\n     c_d\n---  ---\n[e]    1\n\n'


def test_markdown():
    assert render(BLOCKS, 'markdown') == (
        '### a_b\n\n50% sure\n\n**x_1**\n\n**y**\n\n'
        '|     | c_d |\n| --- | --: |\n| [e] |   1 |\n\n')


def test_latex():
    assert render(BLOCKS, 'latex') == '\n'.join([
        r'\paragraph{a\_b}', '', r'50\% sure', '', r'\textbf{x\_1}\\', r'\textbf{y}\\', '',
        r'\begin{tabular}{lr}', r'\toprule', r' & c\_d \\', r'\midrule', r'{}[e] & 1 \\',
        r'\bottomrule', r'\end{tabular}', '', ''])
