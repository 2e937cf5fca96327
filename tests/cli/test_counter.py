import io
import sys

import pytest

from mmfer.cli import counter
from mmfer.cli.counter import Counter


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.]
    monkeypatch.setattr(counter.time, 'monotonic', lambda: now[0])
    return now


def test_one_line_on_a_terminal(clock, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, 'stderr', screen)
    with Counter('clips read', total=400) as count:
        count(1)  # nothing within the first second
        clock[0] += 2
        count(100)
        clock[0] += .5
        count(120)
    assert screen.getvalue() == '100/400 clips read (50/s, 6 s left)   \r\n'


def test_a_line_a_minute_in_a_log(clock, monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, 'stderr', log)
    with Counter('clips read') as count:
        for seconds in range(1, 131):
            clock[0] = 100 + seconds
            count(10 * seconds)
    assert log.getvalue().splitlines() == ['600 clips read (10/s)   ', '1,200 clips read (10/s)   ']
