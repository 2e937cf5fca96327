"""Which reader a source gets, and what it is called."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.errors import ConfigError, MediaError
from mmfer.faces.frames.images import ImageSource
from mmfer.faces.frames.iterable import IterableSource, SequenceSource
from mmfer.faces.frames.opening import open_frames
from mmfer.faces.frames.video import VideoSource

from .conftest import numbered_image, write_video

IMAGES = np.stack([numbered_image(number) for number in (1, 2)])


def write_image(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cv2.imencode('.png', IMAGES[0, ..., ::-1])[1].tobytes())
    return path


@pytest.mark.parametrize(('source', 'kind', 'name'), [
    (IMAGES, SequenceSource, 'array'), (list(IMAGES), SequenceSource, 'images'),
    (tuple(IMAGES), SequenceSource, 'images')])
def test_what_is_in_memory(source: Iterable[np.ndarray], kind: type, name: str) -> None:
    opened = open_frames(source)
    assert type(opened) is kind and opened.name == name and opened.count == 2
    assert open_frames(source, name='mine').name == 'mine'


def test_what_can_be_had_once() -> None:
    opened = open_frames(image for image in IMAGES)
    assert type(opened) is IterableSource and opened.name == 'images' and opened.count is None


@pytest.mark.parametrize('kind', [str, Path])
def test_what_lies_on_a_disk(tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    image = write_image(tmp_path / 'clip.mp4' / 'photo 12.PNG')
    folder = open_frames(kind(image.parent), rate_hz=5.)  # whatever it is called
    assert type(folder) is ImageSource and folder.name == 'clip.mp4' and folder.rate_hz == 5
    assert [frame.number for frame in folder] == [12]
    single = open_frames(kind(image), rate_hz=5.)
    assert type(single) is ImageSource and single.name == 'photo 12.PNG' and single.rate_hz == 5
    frame, = single
    assert (frame.number, frame.time_s) == (1, 0)
    assert np.array_equal(frame.image, IMAGES[0])
    assert open_frames(kind(image), name='').name == ''
    with pytest.raises(MediaError, match='gone.jpg does not exist; correct the path'):
        open_frames(kind(tmp_path / 'gone.jpg'))


def test_any_other_file_is_a_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'a.mkv', IMAGES).rename(tmp_path / 'recording')
    opened = open_frames(path, rate_hz=5.)
    assert type(opened) is VideoSource and opened.name == 'recording'
    assert opened.rate_hz == 25  # the file says so itself
    assert open_frames(path, name='mine').name == 'mine'


def test_rates_by_which_no_frame_has_a_time(tmp_path: Path) -> None:
    image = write_image(tmp_path / 'clip' / '1.png')
    for source in (IMAGES, list(IMAGES), iter(IMAGES), image, image.parent):
        for rate_hz in (0., -5., float('nan'), float('inf')):
            with pytest.raises(ConfigError, match='impossible'):
                open_frames(source, rate_hz=rate_hz)
