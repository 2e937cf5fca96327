import dataclasses

import cv2
import numpy as np
import pytest

from mmfer.apis.streaming import StreamingRecognizer
from mmfer.cli.live_pictures import LivePictures, attention_of
from mmfer.structures import CLIP_SCORES, FRAME_WEIGHTS, SPATIAL_MAPS

from ..apis.offline import build, faces
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


@pytest.mark.parametrize('window, expected', [
    (dict(attention={FRAME_WEIGHTS: np.full(6, 1 / 6, np.float32)}), 1.),
    (dict(attention={CLIP_SCORES: np.array([.5, .5], np.float32)}), 1.),
    (dict(attention={CLIP_SCORES: np.array([.25, .75], np.float32)}), 1.5),
    (dict(attention={FRAME_WEIGHTS: np.array([0, .5, 0, .25, .25, 0], np.float32),
                     CLIP_SCORES: np.array([.5, .5], np.float32)},
          counted=np.array([True, True, False] * 2)), 0.),
    (dict(attention={SPATIAL_MAPS: np.ones((6, 1, 2, 2), np.float32)}), None)])
def test_attention_of_clips_that_overlap(window, expected):
    """Frames 4, 5, 6 and 5, 6, 7: two are sampled twice, the newest one once."""
    answer = make_answer()
    overlapping = dataclasses.replace(
        answer.window, frames=np.array([4, 5, 6, 5, 6, 7]), clips=(2, 3), **window)
    live = make_live(dataclasses.replace(answer, window=overlapping))
    found = attention_of(live, 1)
    assert found is None if expected is None else found == pytest.approx(expected)


def test_even_weights_of_a_method_of_clips_are_even_shares_at_every_frame():
    model, pipeline = build('ceflnet')
    recognizer = StreamingRecognizer(model, pipeline, window=8)
    for number, image in enumerate(faces(12), start=1):
        answer, = recognizer.update(number, {1: image})
        sampled = len(answer.window.frames)
        even = dataclasses.replace(answer.window, attention={
            FRAME_WEIGHTS: np.full(sampled, 1 / sampled, np.float32)})
        live = make_live(dataclasses.replace(answer, window=even), number=number)
        assert attention_of(live, 1) == pytest.approx(1, rel=1e-5)
