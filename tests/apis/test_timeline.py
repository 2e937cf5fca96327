"""Windows over a person's stay."""
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.apis.answers import Answer
from mmfer.apis.stays import Stay
from mmfer.apis.timeline import WindowSettings, frame_timeline, window_spans, window_timeline
from mmfer.errors import ConfigError

AT_25_HZ = np.arange(200) / 25


@pytest.mark.parametrize(('settings', 'frames', 'expected'), [
    # 2 s are 50 frames; windows begin every 12.5 frames, the last one ends with the last frame
    (WindowSettings(), 100, [[0, 50], [13, 63], [25, 75], [38, 88], [50, 100]]),
    (WindowSettings(), 51, [[0, 50], [1, 51]]),
    (WindowSettings(), 50, [[0, 50]]),
    (WindowSettings(), 30, [[0, 30]]),
    (WindowSettings(), 1, [[0, 1]]),
    (WindowSettings(length_frames=16, stride_frames=5), 33,
     [[0, 16], [5, 21], [10, 26], [15, 31], [17, 33]]),
    (WindowSettings(length_frames=16, stride_frames=17), 33, [[0, 16], [17, 33]]),
    (WindowSettings(length_frames=16, stride_frames=16), 10, [[0, 10]]),
])
def test_windows_by_hand(settings, frames, expected):
    assert window_spans(settings, AT_25_HZ[:frames]).tolist() == expected


def test_seconds_hold_at_a_variable_rate():
    """One second at 10 Hz, then one at 50 Hz."""
    times_s = np.concatenate([np.arange(10) / 10, 1 + np.arange(50) / 50])
    spans = window_spans(WindowSettings(length_s=1., stride_s=.5), times_s)
    assert spans[:3].tolist() == [[0, 10], [5, 35], [10, 60]]


@given(st.lists(st.floats(.001, .5), min_size=0, max_size=120),
       st.floats(.05, 4), st.floats(.05, 1))
def test_every_frame_lies_in_a_window(steps, length_s, stride):
    times_s = np.cumsum([0., *steps])
    spans = window_spans(WindowSettings(length_s=length_s, stride_s=stride * length_s), times_s)
    assert spans[0, 0] == 0 and spans[-1, 1] == len(times_s)
    assert (spans[:, 0] < spans[:, 1]).all()
    assert spans.tolist() == sorted(map(list, set(map(tuple, spans.tolist()))))
    covered = np.zeros(len(times_s), bool)
    for first, behind in spans.tolist():
        covered[first:behind] = True
    assert covered.all()
    within = times_s[spans[:, 1] - 1] - times_s[spans[:, 0]]
    assert (within <= length_s + 1e-3).all()


@given(st.integers(1, 90), st.integers(1, 20), st.integers(1, 20))
def test_windows_of_frames(count, length, stride):
    stride = min(stride, length)
    spans = window_spans(WindowSettings(length_frames=length, stride_frames=stride),
                         AT_25_HZ[:count])
    covered = np.zeros(count, bool)
    for first, behind in spans.tolist():
        covered[first:behind] = True
        assert behind - first == min(length, count)
    assert covered.all() and (np.diff(spans[:, 0]) <= stride).all()


@pytest.mark.parametrize('values', [
    dict(length_s=0), dict(stride_s=-1), dict(length_frames=3), dict(min_coverage=0),
    dict(min_coverage=1.5), dict(length_frames=0, stride_frames=1)])
def test_impossible_windows_are_refused(values):
    with pytest.raises(ConfigError, match='windows:'):
        WindowSettings(**values)


STAY = Stay(4, 0, np.arange(11, 16), np.arange(5) / 10,
            ('found', 'absent', 'tracked', 'interpolated', 'found'), {})


def test_a_timeline_of_windows():
    answer = Answer(np.array([.2, .8], np.float32), 'b', np.array([13, 14]), (1, 2), dict(
        frame_weights=np.array([.5, .5], np.float32), spatial_maps=np.zeros((2, 1, 3, 3))))
    timeline = window_timeline(STAY, np.array([[0, 2], [2, 5]]), [((2, 5), answer)], 2)
    assert timeline.first_frame.tolist() == [11, 13] and timeline.last_frame.tolist() == [12, 15]
    np.testing.assert_allclose(timeline.time_s, [.05, .3])
    np.testing.assert_allclose(timeline.coverage, [1 / 2, 2 / 3])
    assert timeline.answered.tolist() == [False, True]
    assert timeline.answers[0] is None
    assert list(timeline.answers[1].attention) == ['frame_weights']  # maps would be a great many
    assert len(timeline) == 2 and timeline.kind == 'windows'


def test_maps_of_earlier_windows_are_gone():
    """An hour of windows has gigabytes of them."""
    maps: list[weakref.ref] = []

    def answers():
        for first in range(4):
            assert sum(one() is not None for one in maps) <= 1  # those of the newest answer
            weights = np.zeros((1, 2, 7, 7), np.float32)
            maps.append(weakref.ref(weights))
            answer = Answer(np.array([.2, .8], np.float32), 'b', np.array([11 + first]), (1, 1),
                            dict(spatial_maps=weights))
            del weights
            yield (first, first + 2), answer
            del answer

    timeline = window_timeline(STAY, np.array([[first, first + 2] for first in range(4)]),
                               answers(), 2)
    assert len(maps) == 4 and timeline.answered.all()


def test_a_timeline_of_frames():
    scores = np.array([[.1, .9], [.6, .4]], np.float32)
    answer = Answer(scores.mean(0), 'b', np.array([11, 14]), (1, 2), {}, scores)
    timeline = frame_timeline(STAY, answer)
    assert timeline.answered.tolist() == [True, False, False, True, False]
    assert timeline.coverage.tolist() == [1, 0, 1, 0, 1]
    np.testing.assert_array_equal(timeline.probabilities[[0, 3]], scores)
    assert timeline.kind == 'frames' and timeline.answers == ()
