import http.client
import threading
import urllib.request

import pytest

from mmfer.cli.live_page import LivePage
from mmfer.errors import ConfigError


@pytest.fixture
def page():
    with LivePage('<b>fan & others</b>') as page:
        yield page


def get(page, path, host=None):
    port = int(page.address.rsplit(':', 1)[1].strip('/'))
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    connection.request('GET', path, headers={} if host is None else {'Host': host})
    return connection.getresponse()


def test_page_is_local_and_its_title_escaped(page):
    assert page.address.startswith('http://127.0.0.1:')
    answer = urllib.request.urlopen(page.address, timeout=10)
    text = answer.read().decode()
    assert '&lt;b&gt;fan &amp; others&lt;/b&gt;' in text and '<b>' not in text
    assert 'src="/stream"' in text and 'script' not in text
    assert "default-src 'none'" in answer.headers['Content-Security-Policy']
    assert answer.headers['Cross-Origin-Resource-Policy'] == 'same-origin'


def read_picture(answer):
    lines = [answer.readline() for _ in range(4)]
    assert lines[0] == b'--frame\r\n' and lines[1] == b'Content-Type: image/jpeg\r\n'
    picture = answer.read(int(lines[2].split(b':')[1]))
    assert answer.readline() == b'\r\n'
    return picture


def test_viewers_get_the_newest_picture_and_then_each(page):
    assert not page.watched
    page.show(b'first')
    page.show(b'second \r\n--frame')
    answers = [get(page, '/stream') for _ in range(2)]
    assert 'multipart/x-mixed-replace; boundary=frame' in answers[0].headers['Content-Type']
    assert [read_picture(answer) for answer in answers] == [b'second \r\n--frame'] * 2
    assert page.watched
    page.show(b'third')
    assert [read_picture(answer) for answer in answers] == [b'third'] * 2


def test_viewers_who_leave_are_not_counted(page):
    page.show(b'first')
    answer = get(page, '/stream')
    read_picture(answer)
    answer.close()
    left = threading.Event()
    for _ in range(200):  # what is written first may still fit into the connection
        page.show(b'more' * 10_000)
        if not page.watched:
            break
        left.wait(.05)
    assert not page.watched


def test_the_end_of_the_page_ends_the_stream():
    with LivePage('live') as page:
        page.show(b'only')
        answer = get(page, '/stream')
        assert read_picture(answer) == b'only'
    assert answer.read() == b''


@pytest.mark.parametrize('path', ['/etc/passwd', '/../live_page.py', '/stream/', '/?x'])
def test_nothing_else_is_served(page, path):
    assert get(page, path).status == 404


@pytest.mark.parametrize('host, status', [
    ('localhost:8000', 200), ('127.0.0.1', 200), ('[::1]:80', 200), ('evil.example', 403),
    ('evil.example:8000', 403), ('127.0.0.1.evil.example', 403), ('', 403), ('[', 403)])
def test_other_names_of_this_machine_are_refused(page, host, status):
    assert get(page, '/', host).status == status


def test_on_request_others_are_served():
    with LivePage('live', '0.0.0.0') as page:
        assert get(page, '/', 'camera.example').status == 200


def test_an_address_that_is_not_to_be_had_is_an_error(page):
    port = int(page.address.rsplit(':', 1)[1].strip('/'))
    for host, wanted in (('127.0.0.1', port), ('192.0.2.1', 0), ('127.0.0.1', 70_000)):
        with pytest.raises(ConfigError, match='the page cannot be served at .*--port'):
            LivePage('other', host, wanted)
