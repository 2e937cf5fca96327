"""The template by itself: what it asks of a page, and how it writes it down."""
import re
from types import SimpleNamespace

import pytest
from jinja2 import Environment, StrictUndefined, UndefinedError, meta

from mmfer.visualization.report_page import ReportPage, render_report
from mmfer.visualization.report_template import TEMPLATE

EVIL = '"><script>alert(1)</script>\'&'
ESCAPED = '&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;'


def render(**page):
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(TEMPLATE).render(page=SimpleNamespace(**page))


def page_of(*people, **fields):
    return {**dict(title='a', notes=[], facts=[], video=None, people=people), **fields}


def person_of(**fields):
    return SimpleNamespace(**{**dict(
        title='Person 1', color='#E69F00', label='joy', scores=[('joy', .75), ('fear', .25)],
        facts=[], chart=None, frames_title='', frames=[]), **fields})


def test_it_parses_and_asks_for_a_page_alone():
    parsed = Environment(autoescape=True).parse(TEMPLATE)
    assert meta.find_undeclared_variables(parsed) == {'page'}
    # nothing that switches escaping off, and nothing from elsewhere
    assert not re.search(r'\|\s*safe|autoescape|Markup|https?:|<script', TEMPLATE)


@pytest.mark.parametrize('missing', ['title', 'notes', 'facts', 'video', 'people'])
def test_what_a_page_lacks_is_an_error(missing):
    page = page_of()
    render(**page)
    del page[missing]
    with pytest.raises(UndefinedError, match=missing):
        render(**page)


@pytest.mark.parametrize('missing', ['title', 'color', 'label', 'scores', 'facts', 'chart',
                                     'frames'])
def test_what_a_person_lacks_is_an_error(missing):
    person = person_of()
    delattr(person, missing)
    with pytest.raises(UndefinedError, match=missing):
        render(**page_of(person))


def test_the_page_is_rendered_strictly():
    """A field that the template gets to know, and nobody fills in, is no empty place."""
    with pytest.raises(UndefinedError, match='label'):
        render_report(ReportPage('a', [], [SimpleNamespace(title='b', color='c')]))


@pytest.mark.parametrize(('fields', 'person', 'count'), [
    (dict(title=EVIL), {}, 2), (dict(notes=[EVIL]), {}, 1), (dict(facts=[(EVIL, EVIL)]), {}, 2),
    ({}, dict(title=EVIL), 1), ({}, dict(label=EVIL), 1), ({}, dict(scores=[(EVIL, 1.)]), 1),
    ({}, dict(facts=[(EVIL, EVIL)]), 2), ({}, dict(color=EVIL), 1), ({}, dict(chart=EVIL), 1),
    ({}, dict(frames_title=EVIL, frames=[SimpleNamespace(images=[EVIL], lines=[EVIL])]), 3)])
def test_every_place_escapes(fields, person, count):
    html = render(**page_of(person_of(**person), **fields))
    assert html.count(ESCAPED) == count and '<script' not in html


def test_names_of_videos_are_addresses():
    assert 'src="a%20%22b%23.mp4"' in render(**page_of(video='a "b#.mp4'))
    assert '<video' not in render(**page_of())


def test_the_answer_is_the_one_marked_row():
    html = render(**page_of(person_of(), person_of(label=None)))
    assert re.findall(r'<tr( class="best")?><td>(\w+)</td>', html) == [
        (' class="best"', 'joy'), ('', 'fear'), ('', 'joy'), ('', 'fear')]
    assert '<h2>Person 1: joy</h2>' in html and '<h2>Person 1</h2>' in html
    assert 'Nobody was found' not in html and 'Nobody was found' in render(**page_of())
