from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.datasets.transforms import AllFrames, MissingFaces, UniformSample, WindowSample
from mmfer.datasets.transforms.missing_faces import POLICIES, seen_frames
from mmfer.errors import ConfigError, MediaError
from mmfer.faces.status_runs import format_runs
from mmfer.registry import TRANSFORMS

STATUSES = ['found', 'tracked', 'interpolated', 'absent', 'too small', 'blurred']
# 1 2 3 4 5 6 7 8 9
STATUS = 'absent*1 found*2 absent*1 interpolated*1 tracked*1 too_small*2 found*1'
NUMBERS = np.array([2, 3, 5, 6, 9])


def sampled(policy: str, step=AllFrames(), **fields) -> dict:
    results = dict(clip='c', total_frames=5, start_index=1, frame_numbers=NUMBERS,
                   face_status=STATUS)
    return step(MissingFaces(policy)({**results, **fields}))


def test_each_policy_by_hand() -> None:
    assert sampled('drop')['frame_inds'].tolist() == [2, 3, 6, 9]
    assert sampled('interpolate')['frame_inds'].tolist() == [2, 3, 5, 6, 9]
    repeated = sampled('repeat')
    assert repeated['frame_inds'].tolist() == [2, 2, 3, 3, 5, 6, 6, 6, 9]
    assert repeated['video_frames'].tolist() == list(range(1, 10))
    assert 'frame_present' not in repeated and repeated['clip_len'] == 9
    masked = sampled('mask')
    assert masked['video_frames'].tolist() == list(range(1, 10))
    assert np.flatnonzero(masked['frame_present']).tolist() == [1, 2, 4, 5, 8]
    assert set(masked['frame_inds'].tolist()) == {2, 3, 5, 6, 9}  # nothing else is decoded
    assert masked['frame_inds'][masked['frame_present']].tolist() == [2, 3, 5, 6, 9]


def test_files_that_do_not_count_from_one() -> None:
    assert sampled('drop', start_index=0)['frame_inds'].tolist() == [1, 2, 5, 8]
    assert sampled('repeat', start_index=10)['frame_inds'].tolist()[:3] == [11, 11, 12]


def test_samplers_see_what_the_policy_leaves() -> None:
    step = UniformSample(3)
    assert sampled('drop', step)['frame_inds'].tolist() == [2, 6, 9]
    assert sampled('interpolate', step)['frame_inds'].tolist() == [2, 5, 9]
    repeated = sampled('repeat', step)
    assert repeated['video_frames'].tolist() == [2, 5, 8]
    assert repeated['frame_inds'].tolist() == [2, 5, 6]
    masked = sampled('mask', step)
    assert masked['video_frames'].tolist() == [2, 5, 8]
    assert masked['frame_present'].tolist() == [True, True, False]
    assert masked['frame_inds'].tolist() == [2, 5, 5]  # 6 is not sampled, so not decoded


@given(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=30), st.data())
def test_rules_hold_for_any_video(frames: list[str], data: st.DataObject) -> None:
    cropped = [n for n, status in enumerate(frames, 1)
               if status in ('found', 'tracked', 'interpolated')]
    kept = [n for n in cropped if data.draw(st.booleans())]  # crops may be missing
    if not kept:
        return
    text, numbers = format_runs(frames), np.array(kept)
    given_numbers = None if kept == list(range(1, len(kept) + 1)) else numbers
    for policy in POLICIES:
        seen = seen_frames(policy, len(kept), given_numbers, text)
        pictures = (np.arange(1, seen.count + 1) if seen.pictures is None
                    else seen.pictures).tolist()
        assert len(pictures) == seen.count and set(pictures) <= set(kept)
        if policy == 'drop':
            assert pictures == [n for n in kept if frames[n - 1] != 'interpolated']
        elif policy == 'interpolate':
            assert pictures == kept
        else:
            assert seen.count == len(frames)
            for number, picture in enumerate(pictures, 1):
                earlier = [n for n in kept if n <= number]
                assert picture == (earlier[-1] if earlier else kept[0])
            missing = len(kept) < len(frames)
            assert (seen.numbers is not None) == missing
            if policy == 'mask' and missing:
                assert seen.present.tolist() == [n in kept for n in range(1, len(frames) + 1)]
            else:
                assert seen.present is None


def test_without_statuses_gaps_tell() -> None:
    for policy in ('drop', 'interpolate'):
        results = dict(total_frames=5, start_index=1, frame_numbers=NUMBERS)
        assert MissingFaces(policy)(dict(results)) == results
        results = dict(total_frames=5, start_index=1, frame_numbers=None)
        assert MissingFaces(policy)(dict(results)) == results
    fields = dict(total_frames=5, start_index=1, frame_numbers=NUMBERS)
    assert AllFrames()(MissingFaces('mask')(dict(fields)))['frame_present'].tolist() == [
        False, True, True, False, True, True, False, False, True]
    labelled = MissingFaces('repeat')({**fields, 'frame_labels': np.zeros(11)})
    assert labelled['total_frames'] == 11 and labelled['frame_numbers'][-1] == 9
    whole = dict(total_frames=5, start_index=1, frame_numbers=None)
    assert MissingFaces('mask')(dict(whole)) == whole


@pytest.mark.parametrize('policy', POLICIES)
def test_a_video_without_gaps_stays_as_it_is(policy: str) -> None:
    results = dict(total_frames=3, start_index=1, frame_numbers=None, face_status='found*3')
    assert MissingFaces(policy)(dict(results)) == results


def test_a_window_without_a_face_shows_the_nearest_one() -> None:
    """So that there is an answer, which does not count for its frames."""
    fields = dict(clip='c', total_frames=3, start_index=1, repeat_count=3,
                  frame_numbers=np.array([1, 10, 12]), face_status='found*1 absent*8 found*1 '
                                                                   'absent*1 found*1')
    windows = [WindowSample(4)(MissingFaces('mask')({**fields, 'repeat_index': index}))
               for index in range(3)]
    assert [window['frame_present'].tolist() for window in windows] == [
        [True, False, False, False], [False] * 4, [False, True, False, True]]
    assert windows[1]['frame_inds'].tolist() == [10] * 4
    assert windows[1]['video_frames'].tolist() == [5, 6, 7, 8]
    assert windows[2]['frame_inds'].tolist() == [10, 10, 10, 12]


def test_counts_are_those_that_samplers_see() -> None:
    row = dict(num_frames=5, frame_numbers=NUMBERS.tolist(), face_status=STATUS)
    counts = {policy: MissingFaces(policy).count(row) for policy in POLICIES}
    assert counts == {'drop': 4, 'interpolate': 5, 'repeat': 9, 'mask': 9}
    assert [MissingFaces(policy).count(dict(num_frames=0, face_status='absent*4'))
            for policy in POLICIES] == [0] * 4


def test_wrong_use() -> None:
    with pytest.raises(ConfigError, match="'guess'.*drop, interpolate, repeat, mask"):
        MissingFaces('guess')
    with pytest.raises(ConfigError, match='before the sampler'):
        MissingFaces('drop')(dict(frame_inds=[1]))
    with pytest.raises(MediaError, match="clip 'c': no frame is found or tracked"):
        MissingFaces('drop')(dict(clip='c', total_frames=1, start_index=1, frame_numbers=None,
                                  face_status='interpolated*1'))
    assert repr(TRANSFORMS.build(dict(type='MissingFaces', policy='mask'))) == (
        "MissingFaces(policy='mask')")
