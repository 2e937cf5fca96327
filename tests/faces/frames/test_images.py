from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.errors import MediaError
from mmfer.faces.frames import open_frames
from mmfer.faces.frames.images import image_number, list_images

from .conftest import numbered_image


def write_images(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for place, name in enumerate(names):
        content = cv2.imencode(Path(name).suffix, numbered_image(place)[..., ::-1])[1].tobytes()
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(('names', 'numbers'), [
    (['3.png', '10.png', '2.png'], {3: 0, 10: 1, 2: 2}),
    (['S005_001_00000002.png', 'S005_001_00000011.png'], {2: 0, 11: 1}),
    (['img-0.bmp', 'img-2.bmp'], {1: 0, 3: 1}),
    (['b.png', 'a.png', 'ü 笑.png'], {2: 0, 1: 1, 3: 2}),
    (['x7_face.PNG', 'x8_face.png'], {7: 0, 8: 1})])
def test_numbers_come_from_names(tmp_path: Path, names: list[str],
                                 numbers: dict[int, int]) -> None:
    folder = write_images(tmp_path / 'clip 2', *names)
    (folder / 'notes1.txt').write_text('no image')
    (folder / '._3.png').write_text('a desktop left it')
    (folder / 'sub9.png').mkdir()
    source = open_frames(folder)
    assert source.name == 'clip 2' and source.rate_hz is None and source.count == len(names)
    frames = list(source)
    assert [frame.number for frame in frames] == sorted(numbers)
    for frame in frames:
        assert np.array_equal(frame.image, numbered_image(numbers[frame.number]))
        assert frame.time_s == (frame.number - 1) / 25


def test_seeking_and_rate(tmp_path: Path) -> None:
    source = open_frames(write_images(tmp_path / 'a', '1.png', '4.png', '6.png'), rate_hz=5.)
    source.seek(4)
    assert next(source).time_s == 0.6
    source.seek(2)  # missing: the next one that there is
    assert [frame.number for frame in source] == [4, 6]
    source.seek(7)
    assert list(source) == []


def test_ambiguous_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match='left_1.png and right_01.png both have the number 1'):
        list_images(write_images(tmp_path / 'two', 'left_1.png', 'right_01.png'))
    with pytest.raises(MediaError, match='cover.png has no number'):
        list_images(write_images(tmp_path / 'some', '1.png', 'cover.png'))
    (tmp_path / 'none').mkdir()
    with pytest.raises(MediaError, match='none has no image'):
        open_frames(tmp_path / 'none')


def test_grey_deep_and_transparent_images(tmp_path: Path) -> None:
    grey = numbered_image(1)[..., 0]
    images = {'1.png': grey, '2.png': grey.astype(np.uint16) * 256,
              '3.png': np.dstack([numbered_image(1)[..., ::-1], grey]), '4.png': grey[:1, :1]}
    for name, image in images.items():
        (tmp_path / name).write_bytes(cv2.imencode('.png', image)[1].tobytes())
    one, two, three, four = (frame.image for frame in open_frames(tmp_path))
    assert np.array_equal(one, np.stack([grey] * 3, -1)) and np.array_equal(two, one)
    assert np.array_equal(three, numbered_image(1))
    assert four.shape == (1, 1, 3) and (four == grey[0, 0]).all()


def test_damaged_images_do_not_stop_the_rest(tmp_path: Path) -> None:
    folder = write_images(tmp_path / 'a', *(f'{number}.jpg' for number in range(1, 9)))
    (folder / '2.jpg').write_bytes((folder / '2.jpg').read_bytes()[:-20])
    (folder / '3.jpg').write_bytes(b'')
    (folder / '5.jpg').write_bytes(b'text')
    (folder / '6.jpg').unlink()
    source = open_frames(folder)
    (folder / '7.jpg').unlink()
    frames = []
    with pytest.raises(MediaError, match=r'2.jpg is a truncated JPEG; .*3.jpg is empty; .*5.jpg '
                                         r'is truncated or not an image; and 1 more.*were read'):
        for frame in source:
            frames.append(frame.number)
    assert frames == [1, 4, 8]


def test_says_on_the_way_that_something_was_left_out(tmp_path):
    for number in range(1, 6):
        cv2.imwrite(str(tmp_path / f'{number}.png'), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / '3.png').write_bytes(b'')
    with open_frames(tmp_path) as source:
        seen = [(next(source).number, source.damaged) for _ in range(4)]
    assert seen == [(1, False), (2, False), (4, True), (5, True)]


@pytest.mark.parametrize(('name', 'number'), [
    ('clip_12-000007.png', 7), ('000000', 0), ('x7_face.PNG', 7), ('a.8', 8), ('a1.jp2', 1),
    ('2147483646.png', 2**31 - 2), ('0' * 200 + '5.png', 5), ('face.png', None), ('.bmp', None)])
def test_the_number_in_one_name(name: str, number: int | None) -> None:
    assert image_number(name) == number


@pytest.mark.parametrize('digits', ['2147483647', '1403636579763', '9' * 5000])
def test_no_frame_has_the_number_of_a_time_stamp(digits: str) -> None:
    with pytest.raises(MediaError, match='too large to be the number of a frame'):
        image_number(f'{digits}.png')


def test_a_folder_of_time_stamps_is_refused_before_any_image_is_read(tmp_path: Path) -> None:
    folder = write_images(tmp_path / 'euroc', '1403636579763.png', '1403636579813.png')
    with pytest.raises(MediaError, match=r'euroc: 1403636579763\.png: .* by their order'):
        open_frames(folder)
