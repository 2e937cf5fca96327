from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mmfer.faces.frames import open_frames
from mmfer.faces.frames.decoding import Video
from mmfer.faces.frames.seeking import read_timeline

from .conftest import number_of, numbered_image, write_video

pytest.importorskip('av')
IMAGES = [numbered_image(number) for number in range(1, 51)]
VARIABLE = dict(time_base=Fraction(1, 1000), stamps=(9000 + np.cumsum(
    np.random.default_rng(2).integers(1, 90, 50))).tolist())
# name, how it is encoded, whether time stamps tell the numbers
KINDS = [
    ('b-frames.mp4', dict(bf='3', g='10'), True),
    ('open-gop.mkv', {'bf': '3', 'x264-params': 'open-gop=1:keyint=10:bframes=3'}, True),
    ('variable.mp4', dict(bf='2', g='12', **VARIABLE), True),
    ('late.mkv', dict(bf='2', g='12', **VARIABLE), True),
    ('stream.ts', dict(bf='2', g='10'), True),
    ('hevc.mp4', {'codec': 'libx265', 'x265-params': 'keyint=10:bframes=3:open-gop=1:log-level=0'},
     True),
    ('vp9.webm', dict(codec='libvpx-vp9', g='12'), True),
    ('hidden.webm', {'codec': 'libvpx', 'g': '12', 'auto-alt-ref': '1', 'lag-in-frames': '16',
                      'b': '4M'},
     False),
    ('old.avi', dict(codec='mpeg4', bf='2', g='10', qmax='3'), True),
    ('no-stamps.h264', dict(bf='2', g='10'), False),
    ('intra.mov', dict(codec='mjpeg', pix_fmt='yuvj420p'), True),
    ('one-key.mp4', dict(bf='2', g='999'), True)]


@pytest.mark.parametrize(('name', 'options', 'told'), KINDS, ids=[kind[0] for kind in KINDS])
def test_seeking_equals_reading_through(tmp_path: Path, name: str, options: dict,
                                        told: bool) -> None:
    path = write_video(tmp_path / name, IMAGES, **options)
    assert (read_timeline(path) is not None) == told
    source = open_frames(path)
    through = list(source)
    assert [number_of(frame.image) for frame in through] == list(range(1, 51))
    for number in (2, 9, 10, 11, 12, 21, 30, 31, 39, 50):
        source.seek(number)
        for frame in through[number - 1:number + 2]:
            again = next(source)
            assert (again.number, again.time_s) == (frame.number, frame.time_s)
            assert np.array_equal(again.image, frame.image)
            if again.number == 50:
                break
    source.seek(49)
    assert [frame.number for frame in source] == [49, 50]
    source.seek(51)
    assert list(source) == []


def test_decoding_starts_at_the_key_frame_before(tmp_path: Path,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / 'a.mp4', IMAGES, bf='2', g='10', sc_threshold='0')
    decoded = []
    frames = Video.frames

    def counted(self, first=None):
        for frame in frames(self, first):
            decoded.append(frame.pts)
            yield frame

    source = open_frames(path)
    source.seek(44)
    monkeypatch.setattr(Video, 'frames', counted)
    read_timeline(path)
    assert len(decoded) == 1  # the first frame alone
    assert number_of(next(source).image) == 44
    assert len(decoded) < 12  # that one again, and at most those from key frame 41 on


def test_wrong_time_stamps_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file whose packets have other stamps than its frames is decoded from its start."""
    path = write_video(tmp_path / 'a.mp4', IMAGES, bf='2', g='10', sc_threshold='0')
    source = open_frames(path)
    timeline = read_timeline(path)
    stamps = np.delete(timeline.stamps, 33)
    monkeypatch.setattr(source, '_timeline', type(timeline)(stamps, timeline.keys))
    source.seek(37)
    assert number_of(next(source).image) == 37
