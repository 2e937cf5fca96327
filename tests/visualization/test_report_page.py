"""A page that needs nothing else, and shows names as text."""
import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
from matplotlib.figure import Figure

from mmfer.visualization.report_page import (
    DecidingFrame,
    PersonSection,
    ReportPage,
    data_uri_of_figure,
    data_uri_of_image,
    render_report,
)

EVIL = '<script>alert("1")</script>\'&"'


class Reader(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def page(name='joy', **fields):
    section = PersonSection(
        f'Person {name}', '#E69F00', name, [(name, .75), ('other', .25)], [(name, name)],
        data_uri_of_image(np.zeros((4, 4, 3), np.uint8)), name,
        [DecidingFrame([data_uri_of_image(np.zeros((4, 4, 3), np.uint8))], [name, 'frame 3'])])
    return ReportPage(**{**dict(title=name, facts=[(name, name)], people=[section],
                                video='annotated.mp4', notes=[name]), **fields})


def test_names_are_escaped_everywhere():
    html = render_report(page(EVIL))
    read = Reader(html)
    assert 'script' not in {tag for tag, _ in read.tags} and '<script' not in html
    assert not any(name.startswith('on') for _, attributes in read.tags for name in attributes)
    # title, heading, note, fact (twice), section, its class, fact (twice), frames, line
    assert ''.join(read.text).count(EVIL) >= 10


def test_everything_lies_in_the_page():
    read = Reader(render_report(page()))
    images = [attributes['src'] for tag, attributes in read.tags if tag == 'img']
    assert len(images) == 2 and all(image.startswith('data:image/') for image in images)
    assert {tag for tag, _ in read.tags}.isdisjoint({'script', 'link', 'iframe', 'object'})
    assert [attributes['src'] for tag, attributes in read.tags if tag == 'video'] == [
        'annotated.mp4']
    assert 'url(' not in render_report(page())


def test_what_is_not_there_is_left_out():
    empty = render_report(ReportPage('a', [], []))
    assert 'Nobody was found' in empty and '<video' not in empty
    silent = render_report(ReportPage('a', [], [PersonSection('Person 1', '#000000', None, [],
                                                              [('Answer', 'none')])]))
    read = Reader(silent)
    assert {'img', 'table'}.isdisjoint({tag for tag, _ in read.tags})
    assert 'None' not in ''.join(read.text) and 'Person 1' in ''.join(read.text)


def test_bars_are_as_long_as_scores():
    widths = re.findall(r'width: ([0-9.]+)%"', render_report(page()))
    assert widths == ['75.0', '25.0']
    best = [attributes for tag, attributes in Reader(render_report(page())).tags if tag == 'tr']
    assert best == [{'class': 'best'}, {}]


def test_images_are_small_jpegs():
    image = np.zeros((300, 200, 3), np.uint8)
    image[..., 0] = 200
    kind, content = data_uri_of_image(image, 90).split(',')
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(content), np.uint8), cv2.IMREAD_COLOR)
    assert kind == 'data:image/jpeg;base64' and decoded.shape == (90, 60, 3)
    assert np.abs(decoded[45, 30].astype(int) - [0, 0, 200]).max() < 8  # BGR of red
    kind, content = data_uri_of_figure(Figure((1, 1))).split(',')
    assert base64.b64decode(content).startswith(b'\x89PNG')
