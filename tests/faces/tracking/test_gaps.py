from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import LedgerError
from mmfer.faces.structures import (
    FOUND,
    INTERPOLATED,
    TRACKED,
    FrameFaces,
    TrackedFace,
    VideoFrame,
)
from mmfer.faces.tracking import GapFiller, TrackingSettings

IMAGE = np.zeros((1, 1, 3), np.uint8)


def face(id_, number, status=FOUND, shot=0):
    """A face whose place tells its frame."""
    box = np.array([10 * number, 5 * number, 10 * number + 40, 5 * number + 40], np.float32)
    return TrackedFace(id_, shot, box, np.tile(box[:2], (5, 1)) + np.float32(id_), number / 8,
                       status)


def frame(number, *faces, shot=0):
    shot = faces[0].shot if faces else shot
    return FrameFaces(VideoFrame(IMAGE, number, number / 25), faces, shot)


def fill(frames, setup):
    """All frames that come out, and the largest delay."""
    gaps, left, delay = GapFiller(setup), [], 0
    for one in frames:
        left += gaps.push(one)
        delay = max(delay, gaps.pending)
    assert len(left) + gaps.pending == len(frames)
    return left + gaps.flush(), delay


def shown(frames):
    return [{one.id: one.status for one in each.faces} for each in frames]


def test_box_and_landmarks_lie_between_by_frame_number():
    # numbers need not follow each other: a folder may lack some
    frames = [frame(1, face(1, 1)), frame(3), frame(4), frame(9, face(1, 9, TRACKED))]
    left, _ = fill(frames, TrackingSettings(longest_gap=2, confirm=1))
    assert shown(left) == [{1: FOUND}, {1: INTERPOLATED}, {1: INTERPOLATED}, {1: TRACKED}]
    for one, number in ((left[1], 3), (left[2], 4)):
        # places go up by 10 and 5 per frame, so between 1 and 9 as well
        np.testing.assert_array_equal(one.faces[0].box, face(1, number).box)
        np.testing.assert_array_equal(one.faces[0].landmarks, face(1, number).landmarks)
        assert one.faces[0].box.dtype == one.faces[0].landmarks.dtype == np.float32
        assert one.faces[0].score == 1 / 8
    assert left[0].faces[0] is frames[0].faces[0] and left[3].faces[0] is frames[3].faces[0]


def test_faces_without_landmarks_are_bridged_by_their_boxes():
    bare = [TrackedFace(1, 0, face(1, n).box, None, 1., FOUND) for n in (1, 3)]
    left, _ = fill([frame(1, bare[0]), frame(2), frame(3, bare[1])], TrackingSettings(confirm=1))
    assert left[1].faces[0].landmarks is None and left[1].faces[0].status == INTERPOLATED


@pytest.mark.parametrize('missing, bridged', [(3, True), (4, False)])
def test_gaps_longer_than_the_longest_stay(missing, bridged):
    frames = [frame(1, face(1, 1)), *(frame(2 + n) for n in range(missing)),
              frame(2 + missing, face(1, 2 + missing))]
    left, delay = fill(frames, TrackingSettings(longest_gap=3, confirm=1))
    assert shown(left)[1:-1] == [{1: INTERPOLATED} if bridged else {}] * missing
    assert delay == 3


def test_nothing_is_held_back_while_everybody_is_there():
    frames = [frame(n, face(1, n), face(2, n, TRACKED if n > 1 else FOUND)) for n in range(1, 9)]
    left, delay = fill(frames, TrackingSettings(confirm=1))
    assert delay == 0 and [each.faces for each in left] == [each.faces for each in frames]


def test_gaps_are_not_bridged_across_a_cut_even_by_the_same_id():
    frames = [frame(1, face(1, 1)), frame(2), frame(3, face(1, 3, shot=1))]
    left, _ = fill(frames, TrackingSettings(confirm=1))
    assert shown(left) == [{1: FOUND}, {}, {1: FOUND}]


def test_who_was_found_once_and_then_looked_for_in_vain_is_nobody():
    frames = [frame(n, face(1, n), *([face(2, n)] if n == 3 else [])) for n in range(1, 12)]
    left, delay = fill(frames, TrackingSettings(longest_gap=4))
    assert shown(left) == [{1: FOUND}] * 11 and delay == 4


def test_who_is_found_again_was_somebody_all_along():
    frames = [frame(1, face(1, 1)), frame(2), frame(3, face(1, 3)), frame(4, face(1, 4, TRACKED))]
    left, _ = fill(frames, TrackingSettings())
    assert shown(left) == [{1: FOUND}, {1: INTERPOLATED}, {1: FOUND}, {1: TRACKED}]


def test_one_frame_and_the_last_frame_of_a_shot_keep_their_faces():
    assert shown(fill([frame(1, face(1, 1))], TrackingSettings())[0]) == [{1: FOUND}]
    frames = [frame(1, face(1, 1)), frame(2, face(2, 2, shot=1)), frame(3, shot=1)]
    assert shown(fill(frames, TrackingSettings())[0]) == [{1: FOUND}, {}, {}]


def test_without_bridges_only_confirmation_delays():
    frames = [frame(1, face(1, 1)), frame(2, face(1, 2), face(2, 2)), frame(3, face(1, 3)),
              frame(4), frame(5, face(1, 5))]
    left, delay = fill(frames, TrackingSettings(longest_gap=0))
    assert shown(left) == [{1: FOUND}, {1: FOUND}, {1: FOUND}, {}, {1: FOUND}] and delay == 1


def judging(rejected):
    """Finds faces blurred by the number of their frame, and interpolated ones too small."""
    def judge(frame, face):
        if frame.number not in rejected:
            return face
        return replace(face, status='too small' if face.status == INTERPOLATED else 'blurred')

    return judge


@pytest.mark.parametrize('rejected, statuses', [
    ([], [FOUND, INTERPOLATED, INTERPOLATED, FOUND]),
    ([1], ['blurred', INTERPOLATED, INTERPOLATED, FOUND]),
    ([4], [FOUND, INTERPOLATED, INTERPOLATED, 'blurred']),
    ([1, 4], ['blurred', 'blurred', 'blurred', 'blurred']),
    ([3], [FOUND, INTERPOLATED, 'too small', FOUND])])
def test_between_faces_that_cannot_be_used_none_can(rejected, statuses):
    """And that they were found counts, nevertheless: confirm is 2."""
    frames = [frame(1, face(1, 1)), frame(2), frame(3), frame(4, face(1, 4))]
    gaps = GapFiller(TrackingSettings(), judging(rejected))
    left = [one for each in frames for one in gaps.push(each)] + gaps.flush()
    assert [one[1] for one in shown(left)] == statuses
    for one, number in zip(left, range(1, 5), strict=True):
        np.testing.assert_array_equal(one.faces[0].box, face(1, number).box)


def test_how_faces_were_judged_outlives_a_state():
    frames = [frame(1, face(1, 1)), frame(2), frame(3), frame(4, face(1, 4))]
    gaps = GapFiller(TrackingSettings(), judging([1]))
    for each in frames[:3]:
        gaps.push(each)
    again = GapFiller(TrackingSettings(), judging([4]))
    again.restore(gaps.state(), (each.frame for each in frames))
    assert [one[1] for one in shown(again.push(frames[3]))] == ['blurred'] * 4


def expected(frames, setup):
    """What comes out, from the whole video at once."""
    delay = max(setup.longest_gap, setup.confirm - 1)
    result = [{} for _ in frames]
    shots = [each.shot for each in frames]
    for id_ in {one.id for each in frames for one in each.faces}:
        at = [i for i, each in enumerate(frames) if id_ in {one.id for one in each.faces}]
        last_of_shot = max(i for i, shot in enumerate(shots) if shot == shots[at[0]])
        count, counts, previous = 0, {}, None
        for i in range(at[0], last_of_shot + 1):
            if i in at:
                if previous is not None and i - previous - 1 > setup.patience(count):
                    count = 0
                count += next(one for one in frames[i].faces if one.id == id_).status == FOUND
                previous = i
            counts[i] = count
        seen = {i: next(one for one in frames[i].faces if one.id == id_).status for i in at}
        for a, b in zip(at, at[1:], strict=False):
            if b - a - 1 <= setup.longest_gap:
                seen.update({i: INTERPOLATED for i in range(a + 1, b)})
        for i, status in seen.items():
            known = counts[min(i + delay, last_of_shot)] >= setup.confirm
            unfinished = at[-1] == last_of_shot and i > last_of_shot - delay
            if known or unfinished:
                result[i][id_] = status
    return result


@st.composite
def streams(draw):
    """What a tracker may give: who has not been confirmed is forgotten after the gap."""
    gap = draw(st.integers(1, 4))
    setup = TrackingSettings(longest_gap=gap, confirm=draw(st.integers(1, gap + 1)),
                             longest_absence=draw(st.integers(gap, 9)))
    frames, number, next_id = [], 0, 1
    for shot in range(draw(st.integers(1, 2))):
        ids = [next_id + k for k in range(2)]
        next_id += 2
        for step in range(draw(st.integers(1, 14))):
            number += 1
            faces = [face(id_, number, draw(st.sampled_from([FOUND, TRACKED])), shot)
                     for id_ in ids if draw(st.integers(0, 2)) or (step == 0 and id_ == ids[0])]
            frames.append(frame(number, *faces, shot=shot))
    alive: dict[int, tuple[int, int]] = {}
    for k, each in enumerate(frames):
        kept = []
        for one in each.faces:
            last, count = alive.get(one.id, (k, 0))
            if k - last <= setup.patience(count) + 1 and (last < k or one.status == FOUND):
                alive[one.id] = (k, count + (one.status == FOUND))
                kept.append(one)
        frames[k] = frame(k + 1, *kept, shot=each.shot)
    return setup, frames


@settings(deadline=None)
@given(streams())
def test_equals_what_the_whole_video_says(stream):
    setup, frames = stream
    left, delay = fill(frames, setup)
    assert delay <= max(setup.longest_gap, setup.confirm - 1)
    assert [each.frame for each in left] == [each.frame for each in frames]
    assert [list(each) for each in shown(left)] == [sorted(each) for each in shown(left)]
    assert shown(left) == expected(frames, setup)


@settings(deadline=None)
@given(streams())
def test_goes_on_at_any_frame(stream):
    """With its state and the images of those held back alone."""
    setup, frames = stream
    whole, _ = fill(frames, setup)
    gaps, left = GapFiller(setup), []
    for k, each in enumerate(frames):
        left += gaps.push(each)
        state = {name: array.copy() for name, array in gaps.state().items()}
        oldest, following = gaps.oldest, (one.frame for one in frames[k + 1 - gaps.pending:])
        gaps = GapFiller(setup)
        gaps.restore(state, following)
        assert gaps.oldest == oldest
        assert next(following, None) is (frames[k + 1].frame if k + 1 < len(frames) else None)
    left += gaps.flush()
    assert shown(left) == shown(whole)
    for one, other in zip(left, whole, strict=True):
        assert one.frame is other.frame and one.shot == other.shot
        for a, b in zip(one.faces, other.faces, strict=True):
            assert (a.id, a.shot, a.score) == (b.id, b.shot, b.score)
            assert a.box.tobytes() == b.box.tobytes()
            assert a.landmarks.tobytes() == b.landmarks.tobytes()


def test_the_oldest_frame_is_the_first_that_is_held_back():
    gaps = GapFiller()
    assert (gaps.pending, gaps.oldest) == (0, None)
    for number in (4, 6):
        gaps.push(frame(number, face(number, number)))
    assert (gaps.pending, gaps.oldest) == (2, 4)
    gaps.flush()
    assert (gaps.pending, gaps.oldest) == (0, None)


def test_a_state_holds_no_image():
    gaps, large = GapFiller(), np.zeros((500, 500, 3), np.uint8)
    for number in range(1, 9):
        gaps.push(FrameFaces(VideoFrame(large, number, 0.), (face(number, number), )))
    assert gaps.pending == 8
    assert sum(array.nbytes for array in gaps.state().values()) < 4000


@pytest.mark.parametrize('numbers', [[], [2], [3, 4]])
def test_other_frames_than_those_held_back_are_refused(numbers):
    gaps = GapFiller()
    for number in (2, 4):
        gaps.push(frame(number, face(number, number)))
    with pytest.raises(LedgerError, match='other frames were held back'):
        GapFiller().restore(gaps.state(), (frame(number).frame for number in numbers))


@pytest.mark.parametrize('damage', [
    lambda state: state.pop('seen.boxes'),
    lambda state: state.update(counters=np.zeros(3, np.int64)),
    lambda state: state.update(seen=np.zeros((1, 4), np.int64)),
    lambda state: state.update({'seen.scores': np.zeros(0)}),
    lambda state: state.update({'held.numbers': np.zeros((0, 2), np.int64)}),
    lambda state: state.update({'seen.landmarks': np.zeros((3, 5, 2), np.float32)})])
def test_a_damaged_state_is_refused_and_changes_nothing(damage):
    setup = TrackingSettings(confirm=1)
    gaps = GapFiller(setup)
    gaps.push(frame(1, face(1, 1), face(2, 1)))
    gaps.push(frame(2, face(1, 2)))
    state = gaps.state()
    damage(state)
    with pytest.raises(LedgerError, match='begin the video anew'):
        gaps.restore(state, iter([frame(2).frame]))
    assert len(gaps.push(frame(3, face(1, 3), face(2, 3)))) == 2


def test_memory_does_not_grow_with_the_people_of_a_shot():
    gaps = GapFiller(TrackingSettings(longest_gap=3, longest_absence=10, confirm=1))
    sizes = []
    for number in range(1, 400):
        gaps.push(frame(number, face(number, number)))
        sizes.append(len(gaps._seen))
    assert max(sizes[50:]) == max(sizes[:50]) <= 15
