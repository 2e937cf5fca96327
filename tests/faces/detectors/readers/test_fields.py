from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.fields import (
    check_box,
    frame_number,
    number_in_name,
    to_count,
    to_float,
)
from mmfer.faces.frames.images import list_images


def test_numbers() -> None:
    assert to_float(' 1.5 ', 'a', 'b') == 1.5 and to_float(-3, 'a', 'b') == -3.
    assert to_float('1e2', 'a', 'b') == 100.


@pytest.mark.parametrize('value', ['', 'x', 'nan', '-inf', '1e300', 1e12, True, None, [1], '1,5'])
def test_no_numbers(value: object) -> None:
    with pytest.raises(DetectorError, match="line 3, field 'left': .* is not a number"):
        to_float(value, 'f.csv, line 3', 'left')


def test_frame_numbers() -> None:
    assert frame_number('0012', 'a') == 12
    for text in ('', '-1', '1.0', '1 2', 'x', '²', '9' * 16, '0', '000'):
        with pytest.raises(DetectorError, match="field 'frame'"):
            frame_number(text, 'a')


def test_counts() -> None:
    assert to_count('0012', 'a', 'b') == 12 and to_count('0', 'a', 'b') == 0
    for text in ('', '-1', '1.0', '1 2', 'x', '²', '9' * 16):
        with pytest.raises(DetectorError, match="field 'faces': .* is not a whole number"):
            to_count(text, 'a', 'faces')


@pytest.mark.parametrize('name, number', [
    ('12', 12), ('000007.jpg', 7), ('clip_12/000007.jpg', 7), ('0_Parade_1_849.jpg', 849),
    ('7.mp4', 7), ('a\\b3.png', 3), ('a1.b2.jpeg', 2)])
def test_numbers_in_names(name: str, number: int) -> None:
    assert number_in_name(name, 'a') == number


@pytest.mark.parametrize('name', ['000012.jpg', 'v2-007.x.png', '0000000000000000000000012.jpg'])
def test_a_name_has_the_number_that_its_image_has_in_a_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert [number_in_name(name, 'a')] == list(list_images(tmp_path))


def test_too_large_numbers_in_names() -> None:
    with pytest.raises(DetectorError, match='1403636579763555584 is too large'):
        number_in_name('1403636579763555584.png', 'a')


def test_names_without_numbers() -> None:
    for name in ('', 'clip_12/frame.jpg', 'x.mp4'):
        with pytest.raises(DetectorError, match='has no number of a frame'):
            number_in_name(name, 'a')


def test_boxes() -> None:
    assert check_box((0, 1, 2, 3), 'a', 'box') == (0, 1, 2, 3)
    for box in ((0, 0, 0, 1), (0, 2, 1, 1), (3, 0, 1, 1)):
        with pytest.raises(DetectorError, match='empty or inside out'):
            check_box(box, 'a', 'box')
