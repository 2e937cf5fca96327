"""Frames, numbers and times of each kind of video."""
from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mmfer.faces.frames import open_frames

from .conftest import number_of, numbered_image, set_matrix, write_video

av = pytest.importorskip('av')
IMAGES = [numbered_image(number) for number in range(1, 31)]
LOSSLESS = dict(codec='ffv1', pix_fmt='bgr0')


def test_frames_numbers_and_times(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'vidéo 笑.mkv', IMAGES, **LOSSLESS)
    with open_frames(path) as source:
        frames = list(source)
    assert source.name == 'vidéo 笑.mkv' and source.rate_hz == 25 and source.count == 30
    assert [frame.number for frame in frames] == list(range(1, 31))
    assert np.allclose([frame.time_s for frame in frames], np.arange(30) / 25, atol=1e-3)
    for frame, image in zip(frames, IMAGES):
        assert frame.image.dtype == np.uint8 and np.array_equal(frame.image, image)
    assert list(source) == []  # closed


@pytest.mark.parametrize(('matrix', 'turns', 'mirrored'), [
    ((0, 1, -1, 0), -1, False), ((0, -1, 1, 0), 1, False), ((-1, 0, 0, -1), 2, False),
    ((-1, 0, 0, 1), 0, True)])
def test_rotated_videos_are_upright(tmp_path: Path, matrix: tuple[int, ...], turns: int,
                                    mirrored: bool) -> None:
    path = write_video(tmp_path / 'portrait.mp4', IMAGES, codec='libx264rgb', pix_fmt='rgb24',
                       crf='0')
    set_matrix(path, *matrix)
    for number, frame in enumerate(open_frames(path)):
        expected = np.rot90(IMAGES[number], turns)
        assert np.array_equal(frame.image, expected[:, ::-1] if mirrored else expected)
    assert number == 29


def test_variable_rate_and_late_start(tmp_path: Path) -> None:
    gaps = np.random.default_rng(1).integers(1, 120, 30)
    stamps = (7000 + np.cumsum(gaps)).tolist()  # the first frame is shown after seven seconds
    path = write_video(tmp_path / 'a.mkv', IMAGES, stamps=stamps, time_base=Fraction(1, 1000),
                       bf='2')
    frames = list(open_frames(path))
    assert [frame.number for frame in frames] == list(range(1, 31))
    expected = (np.array(stamps) - stamps[0]) / 1000
    assert np.allclose([frame.time_s for frame in frames], expected, atol=1e-9)
    assert [number_of(frame.image) for frame in frames] == list(range(1, 31))


def test_ten_bits_become_eight(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    grey = np.repeat(np.tile(ramp, (48, 1))[..., None], 3, axis=2)
    for codec, options in (('ffv1', {}), ('libx264', {'crf': '1'})):
        deep, plain = (next(open_frames(write_video(
            tmp_path / f'{codec}.mkv', [grey], codec, pix_fmt, **options))).image
            for pix_fmt in ('yuv420p10le', 'yuv420p'))
        assert deep.dtype == np.uint8
        assert np.abs(deep.astype(int) - grey).max() <= 3
        assert np.abs(deep.astype(int) - plain).max() <= 3


@pytest.mark.parametrize('size', [(1, 1), (7, 5), (17, 3)])
def test_odd_sizes(tmp_path: Path, size: tuple[int, int]) -> None:
    images = [numbered_image(number, size) for number in (1, 2)]
    frames = list(open_frames(write_video(tmp_path / 'a.mkv', images, **LOSSLESS)))
    assert len(frames) == 2
    for frame, image in zip(frames, images):
        assert np.array_equal(frame.image, image)


def test_grey_and_transparent_videos(tmp_path: Path) -> None:
    image = np.repeat(IMAGES[3][..., :1], 3, axis=2)
    for pix_fmt in ('gray', 'rgba'):
        path = write_video(tmp_path / f'{pix_fmt}.mov', [image], 'png', pix_fmt)
        assert np.abs(next(open_frames(path)).image.astype(int) - image).max() <= 1


def test_what_an_edit_list_leaves_out_is_no_damage(tmp_path: Path) -> None:
    """An MP4 that was trimmed without encoding it again shows the part from frame 11 to 20."""
    path = write_video(tmp_path / 'a.mp4', IMAGES, bf='2', g='5', sc_threshold='0')
    content = bytearray(path.read_bytes())
    at = content.index(b'elst') + 12  # version and flags, number of entries
    start = int.from_bytes(content[at + 4:at + 8], 'big')  # behind the delay of B-frames
    with av.open(str(path)) as container:
        a_frame = int(1 / (25 * container.streams.video[0].time_base))
    content[at:at + 8] = (400).to_bytes(4, 'big') + (start + 10 * a_frame).to_bytes(4, 'big')
    path.write_bytes(content)
    source = open_frames(path)
    frames = list(source)
    assert [number_of(frame.image) for frame in frames] == list(range(11, 21))
    assert [frame.number for frame in frames] == list(range(1, 11)) and frames[0].time_s == 0
    source.seek(8)
    assert np.array_equal(next(source).image, frames[7].image)


def test_memory_is_constant(tmp_path: Path) -> None:
    image = np.zeros((240, 320, 3), np.uint8)
    path = write_video(tmp_path / 'a.mkv', [image] * 150)
    source = open_frames(path)
    next(source)
    tracemalloc.start()
    try:
        assert sum(1 for _ in source) == 149
        assert tracemalloc.get_traced_memory()[1] < 8 * image.nbytes
    finally:
        tracemalloc.stop()
