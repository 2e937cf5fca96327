import sys

import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.faces.tracking.cuts import CutDetector
from mmfer.faces.tracking.pyramid import Pyramid


def is_cut(cuts, image):
    return cuts.is_cut(Pyramid(image))


def grey(value, height=40, width=60):
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize('threshold, cut', [(10., True), (10.01, False)])
def test_score_of_a_worked_example(threshold, cut):
    """Grey has no hue and no saturation; 30 levels of value over three channels are 10."""
    cuts = CutDetector(threshold)
    assert [is_cut(cuts, grey(value)) for value in (100, 100, 130, 130)] == [
        False, False, cut, False]


def test_every_cut_counts_however_short_the_shot():
    cuts = CutDetector(27.)
    values = (20, 200, 20, 20, 200)
    assert [is_cut(cuts, grey(value)) for value in values] == [False, True, True, False, True]


def test_noise_and_motion_are_no_cut():
    rng, cuts = np.random.default_rng(0), CutDetector(27.)
    wall = rng.integers(0, 256, (90, 200, 3)).astype(np.uint8)
    wall = np.repeat(np.repeat(wall[:6, :13], 15, 0), 15, 1)
    for step in range(8):
        noise = rng.normal(0, 12, wall.shape)
        assert not is_cut(cuts, np.clip(np.roll(wall, step, 1) + noise, 0, 255).astype(np.uint8))
    assert is_cut(cuts, wall[::-1, ::-1])


def test_another_size_is_a_cut():
    cuts = CutDetector(27.)
    frames = [grey(90), grey(90, 60, 40), grey(90, 60, 40), grey(91, 60, 40)]
    assert [is_cut(cuts, frame) for frame in frames] == [False, True, False, False]


def test_without_threshold_nothing_is_a_cut_and_scenedetect_is_not_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, 'scenedetect', None)
    cuts = CutDetector(None)
    assert [is_cut(cuts, grey(value)) for value in (0, 255)] == [False, False]
    with pytest.raises(ConfigError, match=r'mmfer\[faces\]'):
        CutDetector(27.)


def test_goes_on_after_the_last_frame():
    frames = np.random.default_rng(1).integers(0, 256, (6, 300, 520, 3)).astype(np.uint8)
    frames[3] = frames[2]
    whole = CutDetector(27.)
    answers = [is_cut(whole, frame) for frame in frames]
    assert True in answers[1:] and False in answers[1:]
    for at in range(6):
        first, second = CutDetector(27.), CutDetector(27.)
        for frame in frames[:at]:
            is_cut(first, frame)
        second.restore(first.last, first.size)
        assert [is_cut(second, frame) for frame in frames[at:]] == answers[at:]
