from __future__ import annotations

import io
import sys

from mmfer.cli.extraction_progress import ExtractionProgress
from mmfer.faces.extraction.plan import Clip

A, B = Clip('a', '', 'video', 3000), Clip('b', '', 'video', 1000)


def to_log(monkeypatch):
    monkeypatch.setattr(sys, 'stderr', io.StringIO())
    return sys.stderr


def test_rate_and_time_left_by_bytes():
    progress = ExtractionProgress(2, 4000)
    assert progress.text(0.) == '0 of 2 clips, 0 frames, 0.0 frames/s'
    progress.frames(A, 50, 150)  # 1000 of 4000 bytes
    assert progress.text(10.) == '0 of 2 clips, 50 frames, 5.0 frames/s, 0:00:30 left'
    progress.frames(A, 100, 150)
    progress.ended(A, 150)
    assert progress.text(15.) == '1 of 2 clips, 150 frames, 10.0 frames/s, 0:00:05 left'
    progress.frames(B, 50, None)
    progress.ended(B, 50)
    assert progress.text(3725.) == '2 of 2 clips, 200 frames, 0.1 frames/s, 1:02:05'


def test_frames_of_clips_that_nothing_watched_count_at_their_end():
    """As on Ray, whose tasks tell nothing on the way."""
    progress = ExtractionProgress(3, 5000)
    progress.ended(A, 150)
    assert progress.text(15.) == '1 of 3 clips, 150 frames, 10.0 frames/s, 0:00:10 left'
    progress.frames(B, 7, 100)  # gone on from a checkpoint: the others were counted before
    progress.ended(B, 100)
    progress.ended(B, 0)
    assert progress.text(20.).startswith('3 of 3 clips, 157 frames')


def test_a_wrong_number_of_frames_does_no_harm():
    progress = ExtractionProgress(2, 4000)
    progress.frames(A, 900, 150)
    assert progress.text(10.).endswith('0:00:03 left')


def test_a_log_gets_few_lines_and_the_last(monkeypatch):
    log = to_log(monkeypatch)
    progress = ExtractionProgress(1, 1000)
    for _ in range(100):
        progress.frames(B, 1, 100)
    progress.note('FAILED b: why')
    progress.ended(B, 100)
    progress.close()
    lines = log.getvalue().splitlines()
    assert lines[0].strip() == 'FAILED b: why' and len(lines) == 2
    assert lines[1].startswith('1 of 1 clips, 100 frames')


def test_a_terminal_has_one_line(monkeypatch):
    log = to_log(monkeypatch)
    monkeypatch.setattr(log, 'isatty', lambda: True)
    progress = ExtractionProgress(1, 1000)
    progress._next = 0.
    progress.frames(B, 7, 100)
    progress.close()
    first, last = log.getvalue().split('\r')
    assert first.startswith('0 of 1 clips, 7 frames') and last.endswith('\n')
