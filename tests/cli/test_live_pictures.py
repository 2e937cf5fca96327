import cv2
import numpy as np
import pytest

from mmfer.cli.live_pictures import LivePictures, attention_of

from .live_frames import CLASSES, make_answer, make_live


def decode(picture):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR),
                        cv2.COLOR_BGR2RGB)


def test_box_and_text_are_on_the_picture():
    pictures = LivePictures(CLASSES)
    with_face = decode(pictures.of(make_live(make_answer()), '7 frames'))
    without = decode(pictures.of(make_live(ids=()), ''))
    assert with_face.shape == without.shape and without.shape[1] > without.shape[0]
    scale = (without.shape[0] - 26) // 120
    edge = slice(40 * scale, 70 * scale), slice(20 * scale - 1, 20 * scale + 2)
    # the first person's colour, #E69F00, where the box's left side is
    assert np.abs(with_face[edge].mean((0, 1)) - (0xe6, 0x9f, 0)).max() < 60
    assert np.abs(without[edge].astype(int) - 99).max() < 12
    text = slice(-24, None), slice(0, 100)
    assert with_face[text].max() > 150 > 40 > without[text].max()


def test_frames_may_change_their_size():
    pictures = LivePictures(CLASSES)
    small = decode(pictures.of(make_live(), ''))
    large = decode(pictures.of(make_live(size=(480, 640)), ''))
    again = decode(pictures.of(make_live(), ''))
    assert large.shape[0] == 480 + 26 and np.array_equal(small, again)


@pytest.mark.parametrize('weights, expected', [
    ((1 / 3, 1 / 3, 1 / 3), 1.), ((.25, .25, .5), 1.5), ((.5, .5, 0.), 0.)])
def test_attention_is_that_of_the_newest_frame_over_the_mean(weights, expected):
    live = make_live(make_answer(weights=weights))
    assert attention_of(live, 1) == pytest.approx(expected)
    assert attention_of(live, 2) is None
