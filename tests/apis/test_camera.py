from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.apis.camera import read_camera
from mmfer.errors import MediaError

COLOURS = [(250, 10, 10), (10, 250, 10), (10, 10, 250)]


@pytest.fixture
def camera(tmp_path: Path, monkeypatch):
    """A camera of three frames, which is then lost: a file that OpenCV reads in its place."""
    path = str(tmp_path / 'camera.avi')
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*'MJPG'), 25, (64, 48))
    for red, green, blue in COLOURS:
        writer.write(np.full((48, 64, 3), (blue, green, red), np.uint8))
    writer.release()
    opened = []

    def capture(number):
        opened.append((number, cv2_capture(path)))
        return opened[-1][1]

    cv2_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, 'VideoCapture', capture)
    return opened


def test_frames_are_rgb_and_numbered_and_a_lost_camera_is_an_error(camera):
    frames = []
    with pytest.raises(MediaError, match='camera 2 gives no more frames after 3; it was unplugged'):
        for frame in read_camera(2):
            frames.append(frame)
    assert camera[0][0] == 2 and not camera[0][1].isOpened()
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert frames[0].time_s <= frames[1].time_s <= frames[2].time_s
    for frame, colour in zip(frames, COLOURS):
        assert frame.image.shape == (48, 64, 3) and frame.image.dtype == np.uint8
        assert np.abs(frame.image.mean((0, 1)) - colour).max() < 8  # JPEG


def test_the_camera_is_given_back_when_reading_stops(camera):
    frames = read_camera(0)
    next(frames)
    assert camera[0][1].isOpened()
    frames.close()
    assert not camera[0][1].isOpened()


def test_a_camera_that_does_not_exist_is_an_error():
    with pytest.raises(MediaError, match='camera 63 cannot be opened; check'):
        next(read_camera(63))
