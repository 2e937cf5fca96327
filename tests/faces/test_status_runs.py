import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.errors import LedgerError
from mmfer.faces.status_runs import (
    CROPPED,
    SEEN,
    cut_runs,
    format_runs,
    frames_of,
    frames_with,
    parse_runs,
    seen_share,
)

STATUSES = ['found', 'tracked', 'interpolated', 'absent', 'too small', 'blurred']
FRAMES = st.lists(st.sampled_from(STATUSES), min_size=1, max_size=40)


def test_by_hand():
    frames = ['found', 'found', 'too small', 'absent', 'found']
    text = 'found*2 too_small*1 absent*1 found*1'
    assert format_runs(frames) == text and format_runs([]) == ''
    runs = parse_runs(text)
    assert runs == (('found', 2), ('too small', 1), ('absent', 1), ('found', 1))
    assert frames_of(runs) == 5 and seen_share(runs) == 3 / 5
    assert frames_with(runs, SEEN).tolist() == [True, True, False, False, True]


@given(FRAMES, st.integers(1, 50))
def test_says_the_status_of_every_frame(frames, count):
    text = format_runs(frames)
    runs = parse_runs(text)
    assert [status for status, length in runs for _ in range(length)] == frames
    for statuses in (SEEN, CROPPED, ('absent', )):
        flags = frames_with(runs, statuses)
        assert flags.dtype == bool and flags.tolist() == [frame in statuses for frame in frames]
    assert seen_share(runs) == pytest.approx(np.mean([frame in SEEN for frame in frames]))
    assert cut_runs(text, count) == format_runs(frames[:count])


@pytest.mark.parametrize('text', [
    '', ' ', 'found', 'found*0', 'found*01', 'found*-1', 'found*2 ', ' found*2',
    'found*2  absent*1', 'found*2,absent*1', 'Found*2', 'too small*2', 'lost*3', 'found*²',
    'found*2\nabsent*1', 'found*1 found*1', 'found*99999999999',
    'found*2000000000 absent*2000000000'])
def test_other_texts_are_refused(text):
    with pytest.raises(LedgerError):
        parse_runs(text)


def test_other_statuses_are_refused():
    with pytest.raises(LedgerError, match="'lost' is not one of"):
        format_runs(['found', 'lost'])
