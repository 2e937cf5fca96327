"""Opening files that may be no video, and decoding up to a damage."""
from __future__ import annotations

import shutil
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mmfer.errors import MediaError
from mmfer.faces.frames import open_frames
from mmfer.faces.frames.decoding import open_video

from .conftest import add_sound, numbered_image, write_video

av = pytest.importorskip('av')
IMAGES = [numbered_image(number) for number in range(1, 31)]
LATE = dict(stamps=[7000 + 40 * number for number in range(30)], time_base=Fraction(1, 1000))


def check_refused(path: Path, message: str) -> None:
    with pytest.raises(MediaError, match=message), open_video(path):
        pass


@pytest.mark.parametrize(('name', 'options', 'header', 'count'), [
    ('a.mp4', {}, 30, 30), ('a.avi', {'codec': 'mpeg4'}, 30, 30),
    ('a.mkv', {}, 0, 30),  # by duration and rate
    ('late.mkv', LATE, 0, 30), ('a.ts', {}, 0, 30), ('a.h264', {}, 0, None)])
def test_rate_and_count(tmp_path: Path, name: str, options: dict, header: int,
                        count: int | None) -> None:
    path = write_video(tmp_path / name, IMAGES, **options)
    with open_video(path) as video:
        assert video.path == path and video.stream.frames == header
        assert video.rate_hz == pytest.approx(25) and video.count == count


def test_frames_come_as_they_are_shown_and_files_are_closed(tmp_path: Path) -> None:
    with open_video(write_video(tmp_path / 'a.mp4', IMAGES, bf='3', g='10')) as video:
        packets = [packet.pts for packet in video.container.demux(video.stream)
                   if packet.pts is not None]
        assert packets != sorted(packets)  # B-frames are stored behind what they are made of
        video.container.seek(0)
        shown = [frame.pts for frame in video.frames()]
        assert shown == sorted(packets)
    with pytest.raises(AssertionError, match='not open'):
        next(video.container.demux(video.stream))


def test_cover_pictures_are_no_video(tmp_path: Path) -> None:
    path = tmp_path / 'song.mp4'
    with av.open(str(path), 'w') as container:
        cover = container.add_stream('mjpeg', rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, 'yuvj420p'
        cover.disposition = av.stream.Disposition.attached_pic.value
        add_sound(container, 1.)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(IMAGES[0], format='rgb24')))
        container.mux(cover.encode())
    check_refused(path, 'song.mp4 has no video, only sound')


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'a.mp4'
    check_refused(path, 'a.mp4 does not exist')
    path.write_bytes(b'')
    check_refused(path, 'a.mp4 is empty')
    for content in (b'just text\n' * 99, b'\0' * 4096, b'version https://git-lfs.github.com/spec'):
        path.write_bytes(content)
        check_refused(path, 'a.mp4 is not a video, or cut off')
    with av.open(str(tmp_path / 'sound.mp4'), 'w') as container:
        add_sound(container, 1.)
    check_refused(tmp_path / 'sound.mp4', 'sound.mp4 has no video, only sound')


def test_no_other_file_is_opened_by_a_playlist(tmp_path: Path) -> None:
    write_video(tmp_path / 'secret.ts', IMAGES)
    path = tmp_path / 'a.mp4'
    for content in ('#EXTM3U\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n',
                    'ffconcat version 1.0\nfile secret.ts\n'):
        path.write_text(content)
        check_refused(path, 'a.mp4 is not a video')


def test_names_are_never_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(write_video(tmp_path / 'a.mkv', IMAGES[:2]), 'concat:b.mkv|c.mkv')
    with open_video(Path('concat:b.mkv|c.mkv')) as video:
        assert len(list(video.frames())) == 2


@pytest.mark.parametrize(('suffix', 'options'), [
    ('.mp4', {'container_options': {'movflags': 'faststart'}}), ('.mkv', {}), ('.flv', {}),
    ('.webm', {'codec': 'libvpx-vp9'}), ('.avi', {'codec': 'mpeg4', 'b': '4M'}),
    ('.mov', {'codec': 'mjpeg', 'pix_fmt': 'yuvj420p',
              'container_options': {'movflags': 'faststart'}})])
@pytest.mark.parametrize('share', [0.5, 0.9])
def test_cut_off_videos_give_what_they_have(tmp_path: Path, suffix: str, options: dict,
                                            share: float) -> None:
    path = write_video(tmp_path / f'a{suffix}', IMAGES * 3, **options)
    whole = list(open_frames(path))
    assert len(whole) == 90  # and no complaint
    content = path.read_bytes()
    path.write_bytes(content[:int(share * len(content))])
    frames, source = [], open_frames(path)
    with pytest.raises(MediaError, match=f'a{suffix} is damaged or cut off at .* s'):
        for frame in source:
            frames.append(frame)
    assert 20 < len(frames) < 90
    for frame, same in zip(frames, whole):
        assert frame.number == same.number and frame.time_s == same.time_s
        assert np.array_equal(frame.image, same.image)
    source.seek(15)  # frames before the damage can be found
    assert np.array_equal(next(source).image, whole[14].image)


def test_cut_off_before_its_index(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'a.mp4', IMAGES)  # the index is at the end
    path.write_bytes(path.read_bytes()[:-200])
    check_refused(path, 'a.mp4 is not a video, or cut off')


def test_damage_in_the_middle(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'a.mov', IMAGES, 'png', 'rgb24')
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 3000] = bytes(3000)
    path.write_bytes(content)
    frames = []
    with pytest.raises(MediaError, match='a.mov is damaged or cut off at'):
        for frame in open_frames(path):
            frames.append(frame)
    assert 5 < len(frames) < 25
    for frame, image in zip(frames, IMAGES):
        assert np.array_equal(frame.image, image)


def test_sound_that_lasts_longer_is_no_damage(tmp_path: Path) -> None:
    for suffix in ('.mp4', '.mkv'):
        path = write_video(tmp_path / f'a{suffix}', IMAGES, sound=True)
        with open_video(path) as video:
            assert len(list(video.frames())) == 30


def test_without_pyav(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'av', None)
    check_refused(tmp_path / 'a.mp4', r'a.mp4: .*pip install mmfer\[faces\]')
