import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmfer.apis.live import answer_live, without_delay
from mmfer.errors import AlignmentError
from mmfer.faces.settings import FaceSettings
from mmfer.faces.structures import FrameFaces
from mmfer.testing import FLOAT32

from . import long_stream
from .offline import predict


@pytest.fixture
def stream(tmp_path):
    """Two faces, the second on frames 381 to 500 alone; FAN, answers every 5 frames."""
    return long_stream.open_stream(tmp_path, 500)


def watch(stream, first, count):
    return list(answer_live(long_stream.frames(count, first), *stream))


def test_answers_are_those_of_a_test_on_the_crops_of_the_window(stream):
    pipeline, recognizer = stream
    lives = watch(stream, 370, 60)
    assert [live.faces.frame.number for live in lives] == list(range(370, 430))
    crops = {1: {}, 2: {}}
    for live in lives:
        for face in live.faces.faces:
            crops[face.id][live.faces.frame.number] = pipeline.crop(live.faces, face)
    # who is new is confirmed by a second detection, and was there with the first
    assert list(crops[1]) == list(range(370, 430)) and list(crops[2]) == list(range(380, 430))
    answered = [live.faces.frame.number for live in lives if live.fresh]
    assert answered == list(range(370, 430, 5))
    for answer in lives[55].fresh:
        kept = [n for n in crops[answer.id] if 425 - 50 < n <= 425]
        images = np.stack([crops[answer.id][n] for n in kept])
        expected = predict(recognizer.encoder.recognizer, long_stream.STEPS, images)
        np.testing.assert_allclose(answer.now, expected.pred_score, **FLOAT32)
        assert answer.window.frames.tolist() == kept
        assert answer.coverage == len(kept) / 50
    assert [answer.id for answer in lives[55].fresh] == [1, 2]


def test_newest_answers_stay_until_the_next_and_until_somebody_is_forgotten(stream):
    lives = watch(stream, 480, 80)
    before = None
    for live in lives:
        if live.fresh:
            before = {**live.newest}
        assert all(answer is before[person] for person, answer in live.newest.items())
    gone = [live.faces.frame.number for live in lives if set(live.newest) == {1}]
    # the second one leaves behind frame 499; the window of 50 has nobody from 549 on
    assert gone == list(range(549, 560))


def test_another_video_begins_anew(stream):
    first, again = watch(stream, 1, 12), watch(stream, 1, 12)
    assert [live.fresh[0].now.tolist() for live in first if live.fresh] == [
        live.fresh[0].now.tolist() for live in again if live.fresh]


def test_faces_that_cannot_be_used_are_absent(stream, monkeypatch):
    pipeline, _ = stream
    crop = pipeline.crop

    def crop_some(faces: FrameFaces, face):
        if faces.frame.number in (4, 5):
            raise AlignmentError('the landmarks coincide')
        return crop(faces, face)

    monkeypatch.setattr(pipeline, 'crop', crop_some)
    lives = watch(stream, 1, 6)
    assert lives[-1].faces.faces and lives[-1].fresh[0].window.frames.tolist() == [1, 2, 3, 6]


def test_faces_that_are_too_small_are_absent(tmp_path):
    pipeline, recognizer = long_stream.open_stream(tmp_path, 20)
    pipeline.settings = dataclasses.replace(
        pipeline.settings, quality=dataclasses.replace(pipeline.settings.quality, min_size_px=60))
    lives = watch((pipeline, recognizer), 1, 12)
    assert [face.status for live in lives for face in live.faces.faces] == ['too small'] * 12
    assert not any(live.fresh or live.newest for live in lives)


def test_nothing_is_waited_for():
    settings = FaceSettings()
    assert settings.tracking.longest_gap > 0
    live = without_delay(settings)
    assert live.tracking.longest_gap == 0
    assert dataclasses.replace(live, tracking=settings.tracking) == settings


@pytest.mark.slow
@pytest.mark.timeout(5400)
def test_an_hour_costs_what_its_first_minute_did(tmp_path):
    """90,000 frames: memory within 5%, time of a frame within 5%."""
    done = subprocess.run(
        [sys.executable, Path(long_stream.__file__), '90000', tmp_path], capture_output=True,
        text=True, check=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    found = json.loads(done.stdout)
    print(found)
    assert found['frames'] == 90_000 and found['answers'] > 18_000 and found['people'] > 150
    after_minute, at_end = found['resident_mib']
    assert abs(at_end / after_minute - 1) <= .05
    # the machine's own pace changes by more within an hour: both minutes at the same time
    assert abs(found['last_over_first'] - 1) <= .05
