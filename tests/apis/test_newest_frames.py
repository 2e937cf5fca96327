import threading
import time

import numpy as np
import pytest

from mmfer.apis.newest_frames import NewestFrames
from mmfer.errors import MediaError
from mmfer.faces.structures import VideoFrame

IMAGE = np.zeros((2, 2, 3), np.uint8)


def frame(number, time_s=0.):
    return VideoFrame(IMAGE, number, time_s)


def test_whoever_keeps_up_sees_every_frame():
    taken = threading.Semaphore(1)

    def source():
        for number in range(1, 51):
            taken.acquire()
            yield frame(number)

    with NewestFrames(source()) as frames:
        numbers = []
        for one in frames:
            numbers.append(one.number)
            taken.release()
        assert numbers == list(range(1, 51)) and frames.dropped == 0


def test_whoever_is_slow_gets_the_newest_and_the_last():
    all_read = threading.Event()

    def source():
        yield from map(frame, range(1, 8))
        all_read.set()

    with NewestFrames(source()) as frames:
        assert all_read.wait(10)
        assert [one.number for one in frames] == [7] and frames.dropped == 6


def test_frames_are_held_back_until_their_time():
    times = [1., 1.05, 1.2]  # the first one is due at once
    started = time.monotonic()
    with NewestFrames(map(frame, (1, 2, 3), times), paced=True) as frames:
        came = [(one.number, time.monotonic() - started) for one in frames]
    # a machine that is busy may drop the second, but none comes too early
    assert came[-1][0] == 3 and came[-1][1] >= .2
    assert all(passed >= times[number - 1] - 1. for number, passed in came)


def test_errors_of_the_source_come_after_its_last_frame():

    def source():
        yield frame(1)
        raise MediaError('camera 0 gives no more frames')

    with NewestFrames(source()) as frames:
        assert next(frames).number == 1
        with pytest.raises(MediaError, match='no more frames'):
            next(frames)


def test_leaving_ends_the_reader_and_closes_the_source():
    closed = threading.Event()

    def source():
        try:
            number = 0
            while True:
                number += 1
                yield frame(number, number / 1000)
        finally:
            closed.set()

    with NewestFrames(source(), paced=True) as frames:
        next(frames)
        assert not closed.is_set()
    assert closed.is_set()
    assert not any(thread.name == 'frames' for thread in threading.enumerate())
