import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmfer.apis.encoder import EncodedFrames
from mmfer.apis.frame_ring import FrameRing


def encoded(number):
    return EncodedFrames(torch.full((1, 3), float(number)),
                         {'maps': torch.full((1, 2, 2), float(-number))})


@given(window=st.integers(1, 9), steps=st.lists(st.integers(1, 7), min_size=1, max_size=40),
       later=st.integers(0, 12))
def test_window_holds_the_frames_of_its_span_and_no_other(window, steps, later):
    ring, put = FrameRing(window, encoded(0)), np.cumsum(steps)
    for number in put.tolist():
        ring.put(number, encoded(number))
    newest = int(put[-1]) + later
    expected = [number for number in put.tolist() if newest - window < number <= newest]
    numbers = ring.numbers(newest)
    assert numbers.tolist() == expected and ring.newest == put[-1]
    taken = ring.take(numbers)
    assert taken.vectors.tolist() == [[number] * 3 for number in expected]
    assert taken.weights['maps'][:, 0, 0].tolist() == [-number for number in expected]


def test_frame_zero_is_a_frame_and_nothing_before_it_is():
    ring = FrameRing(4, encoded(0))
    assert ring.numbers(0).tolist() == []
    ring.put(0, encoded(0))
    assert ring.numbers(2).tolist() == [0] and ring.numbers(4).tolist() == []


def test_memory_is_taken_once():
    ring = FrameRing(4, encoded(0))
    places = ring._kept.vectors.data_ptr(), ring._kept.weights['maps'].data_ptr()
    for number in range(100):
        ring.put(number, encoded(number))
    assert places == (ring._kept.vectors.data_ptr(), ring._kept.weights['maps'].data_ptr())
    assert ring._kept.vectors.shape == (4, 3)
