import xml.etree.ElementTree as ElementTree

import matplotlib
from matplotlib.figure import Figure

from mmfer.visualization.style import printable, save_figure, style

HOSTILE = 'a$b$_{<&>"--]]> 表情 \x07\n é'


def titled():
    with style():
        figure = Figure(figsize=(3, 1))
        figure.text(.1, .5, printable(HOSTILE))
    return figure


def test_printable():
    assert printable('S005_001 $x$ é ü') == 'S005_001 $x$ é ü'
    assert printable('表\x00\n') == '\\u8868\\x00\\n'
    assert printable('😀a') in ('😀a', '\\U0001f600a')  # depends on the version of the font


def test_hostile_names_give_whole_files(tmp_path, recwarn):
    png, svg = save_figure(titled(), tmp_path / 'sub' / 'figure.v1')
    assert (png.name, svg.name) == ('figure.v1.png', 'figure.v1.svg')
    assert png.read_bytes().startswith(b'\x89PNG')
    assert ElementTree.parse(svg).getroot().tag.endswith('svg')
    assert not [w for w in recwarn if 'Glyph' in str(w.message)]


def test_equal_figures_give_equal_bytes(tmp_path):
    first = [path.read_bytes() for path in save_figure(titled(), tmp_path / 'a')]
    assert first == [path.read_bytes() for path in save_figure(titled(), tmp_path / 'b')]


def test_settings_of_the_user_are_neither_used_nor_changed(tmp_path):
    with matplotlib.rc_context({'font.size': 31, 'savefig.dpi': 10}):
        first = save_figure(titled(), tmp_path / 'a')[0].read_bytes()
        assert matplotlib.rcParams['font.size'] == 31
    assert first == save_figure(titled(), tmp_path / 'b')[0].read_bytes()
