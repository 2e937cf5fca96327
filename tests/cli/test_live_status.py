import re

from mmfer.apis.newest_frames import NewestFrames
from mmfer.cli.live_status import LiveStatus

from .live_frames import make_answer, make_live


def test_it_counts_frames_people_and_answers(capsys):
    status = LiveStatus(None, 12_000)
    status.add(make_live(make_answer(1), make_answer(2), ids=(1, 2)))
    status.add(make_live(ids=(1, 2)))
    assert re.fullmatch(r'2 of 12,000 frames, [\d.]+ frames/s, 2 people, 2 answers', status.text())
    assert capsys.readouterr().err == ''  # a log gets a line every half a minute
    status.close()
    assert capsys.readouterr().err.startswith('2 of 12,000 frames, ')


def test_it_shows_dropped_frames():
    frames = NewestFrames([])
    status = LiveStatus(frames, None)
    frames.dropped = 1234
    assert re.fullmatch(r'0 frames, 1,234 dropped, 0.0 frames/s, 0 people, 0 answers',
                        status.text())
