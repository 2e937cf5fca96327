import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import DetectorError, LedgerError
from mmfer.faces.structures import FOUND, TRACKED, FaceDetections, VideoFrame
from mmfer.faces.tracking import FaceTracker, TrackingSettings
from mmfer.faces.tracking.association import overlaps
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.views import view_of


def run(tracker, frames):
    return [tracker.update(frame) for frame in frames]


def shown(frames):
    return [{face.id: face.status for face in each.faces} for each in frames]


def who(each, scene):
    """Name by id on a frame: whose true place a face is nearest to."""
    truth = scene.everybody[each.frame.number]
    return {face.id: max(truth, key=lambda name: overlaps(face.box, truth[name])[0, 0])
            for face in each.faces}


def test_on_every_frame_the_detectors_answer_is_given_as_it_is(standing, oracle):
    detector = oracle(standing.truth, jitter_px=3)
    for each in run(FaceTracker(detector, TrackingSettings()), standing.frames):
        answer, (face, ) = detector.detect([each.frame])[0], each.faces
        assert (face.id, face.shot, face.status, face.score) == (1, 0, FOUND, 1.)
        assert face.box.tobytes() == answer.boxes[0].tobytes()
        assert face.landmarks.tobytes() == answer.landmarks[0].tobytes()


def test_between_detections_faces_are_followed(standing, oracle):
    detector = oracle(standing.truth)
    answer = run(FaceTracker(detector, TrackingSettings(detect_every=5)), standing.frames)
    # the second frame confirms the first
    assert detector.looked == [1, 2, 7, 12, 17, 22, 27]
    for each in answer:
        face, = each.faces
        assert face.status == (FOUND if each.frame.number in detector.looked else TRACKED)
        truth = oracle(standing.truth).detect([each.frame])[0]
        np.testing.assert_allclose(face.box, truth.boxes[0], atol=2)
        np.testing.assert_allclose(face.landmarks, truth.landmarks[0], atol=2)


@pytest.mark.parametrize('every', [1, 4])
def test_a_face_that_the_detector_overlooks_is_carried(standing, oracle, every):
    detector = oracle(standing.truth, lambda number, _: 8 <= number <= 20)
    answer = run(FaceTracker(detector, TrackingSettings(detect_every=every)), standing.frames)
    assert [list(each) for each in shown(answer)] == [[1]] * 30
    assert all(each.faces[0].status == TRACKED for each in answer[7:20])
    for each in answer:
        assert overlaps(each.faces[0].box, standing.truth[each.frame.number]['anna'])[0, 0] > .85


def test_it_is_known_by_its_looks_until_the_detector_missed_it(standing, oracle):
    detector = oracle(standing.truth, lambda number, _: number > 6)
    tracker, portraits = FaceTracker(detector, TrackingSettings(detect_every=5)), []
    for frame in standing.frames[:14]:
        face, = tracker.update(frame).faces
        now = view_of(Pyramid(frame.image), face.box).portrait()
        kept, = tracker.state()['portraits']
        portraits.append((np.array_equal(kept, now), kept))
    assert detector.looked[:3] == [1, 2, 7]
    assert [same for same, _ in portraits] == [True] * 6 + [False] * 8
    for _, kept in portraits[6:]:
        np.testing.assert_array_equal(kept, portraits[5][1])


def test_a_face_that_touches_another_keeps_its_looks(crossing, oracle):
    tracker = FaceTracker(oracle(crossing.truth), TrackingSettings(detect_every=30))
    touching = 0
    for frame in crossing.frames[:14]:
        faces = tracker.update(frame).faces
        state = tracker.state()
        for face, kept in zip(faces, state['portraits'], strict=True):
            now = view_of(Pyramid(frame.image), face.box).portrait()
            others = [other.box for other in faces if other.id != face.id]
            if face.status == TRACKED and overlaps(face.box, np.stack(others)).any():
                touching += 1
                assert not np.array_equal(kept, now)
    assert touching


def test_but_not_longer_than_the_longest_carry(standing, oracle):
    detector = oracle(standing.truth, lambda number, _: number > 4)
    answer = run(FaceTracker(detector, TrackingSettings(longest_carry=6)), standing.frames)
    assert [len(each.faces) for each in answer] == [1] * 10 + [0] * 20


def test_a_face_that_is_gone_is_not_carried(standing, oracle, drawing):
    gone = drawing['background'](112, 144, 5)
    frames = standing.frames[:6] + [VideoFrame(gone, n, n / 25) for n in range(7, 10)]
    detector = oracle({n: standing.truth[n] if n < 7 else {} for n in range(1, 10)})
    for every in (1, 5):
        answer = run(FaceTracker(detector, TrackingSettings(detect_every=every)), frames)
        assert [len(each.faces) for each in answer] == [1] * 6 + [0] * 3


@pytest.mark.parametrize('every', [1, 5])
def test_people_who_pass_each_other_keep_their_ids(crossing, oracle, every):
    detector = oracle(crossing.truth, jitter_px=2)
    answer = run(FaceTracker(detector, TrackingSettings(detect_every=every)), crossing.frames)
    names = {id_: name for each in answer for id_, name in who(each, crossing).items()}
    assert sorted(names.values()) == ['anna', 'ben']
    for each in answer:
        found = who(each, crossing)
        assert all(names[id_] == name for id_, name in found.items())
        if 'ben' in crossing.truth[each.frame.number]:
            assert len(found) == 2
    assert any(len(each.faces) == 1 for each in answer), 'nobody was ever hidden'


def test_after_a_cut_nobody_has_an_id_of_before(standing, oracle, drawing):
    frames, truth = list(standing.frames), dict(standing.truth)
    for n in range(31, 41):  # the same person at the same place before a bright wall
        image = 255 - drawing['background'](112, 144, 6) // 3
        drawing['paste'](image, drawing['face_of'](2), (24., 6.))
        frames.append(VideoFrame(image, n, n / 25))
        truth[n] = truth[1]
    for setup in (TrackingSettings(), TrackingSettings(detect_every=7)):
        detector = oracle(truth)
        answer = run(FaceTracker(detector, setup), frames)
        assert [face.shot for each in answer for face in each.faces] == [0] * 30 + [1] * 10
        assert [each.shot for each in answer] == [0] * 30 + [1] * 10
        assert [face.id for each in answer for face in each.faces] == [1] * 30 + [2] * 10
        assert 31 in detector.looked
    answer = run(FaceTracker(oracle(truth), TrackingSettings(cut_threshold=None)), frames)
    assert {face.shot for each in answer for face in each.faces} == {0}


def test_a_cut_that_is_overlooked_ends_ids_too(standing, oracle, drawing):
    """Somebody else at the same place: as after a dissolve."""
    frames, truth = list(standing.frames[:8]), dict(standing.truth)
    for n in range(9, 15):
        image = drawing['background'](112, 144, 7)
        drawing['paste'](image, drawing['face_of'](4), (30., 8.))
        frames.append(VideoFrame(image, n, n / 25))
        truth[n] = standing.truth[8]
    for every in (1, 4):
        setup = TrackingSettings(detect_every=every, cut_threshold=None)
        answer = run(FaceTracker(oracle(truth), setup), frames)
        assert [list(each) for each in shown(answer)] == [[1]] * 8 + [[2]] * 6


def test_the_number_of_threads_changes_nothing(crossing, oracle):
    threads, answers = cv2.getNumThreads(), []
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            tracker = FaceTracker(oracle(crossing.truth), TrackingSettings(detect_every=5))
            answers.append(flat(run(tracker, crossing.frames)))
    finally:
        cv2.setNumThreads(threads)
    assert answers[0] == answers[1]


def test_frames_of_one_pixel_and_of_changing_size(oracle):
    truth = {n: {'anna': np.array([-1., -1., 2., 2.])} for n in range(1, 7)}
    shapes = [(1, 1), (1, 1), (2, 900), (2, 900), (900, 3), (5, 5)]
    frames = [VideoFrame(np.full((*shape, 3), 90, np.uint8), n, n / 25)
              for n, shape in enumerate(shapes, 1)]
    for setup in (TrackingSettings(), TrackingSettings(cut_threshold=None)):
        answer = run(FaceTracker(oracle(truth), setup), frames)
        assert [len(each.faces) for each in answer] == [1] * 6


@pytest.mark.parametrize('absent, ids', [(12, {1}), (21, {1, 2})])
def test_who_comes_back_is_known_for_the_longest_absence(standing, oracle, drawing, absent, ids):
    wall = drawing['background'](112, 144, 5)
    frames = [standing.frames[n % 5] if n < 5 or n >= 5 + absent else VideoFrame(wall, 0, 0.)
              for n in range(10 + absent)]
    frames = [VideoFrame(frame.image, n, n / 25) for n, frame in enumerate(frames, 1)]
    truth = {n: standing.truth[(n - 1) % 5 + 1] if n <= 5 or n > 5 + absent else {}
             for n in range(1, len(frames) + 1)}
    setup = TrackingSettings(longest_gap=4, longest_absence=20)
    answer = run(FaceTracker(oracle(truth), setup), frames)
    assert {id_ for each in shown(answer) for id_ in each} == ids
    assert [len(each.faces) for each in answer] == [1] * 5 + [0] * absent + [1] * 5


def test_weak_detections_continue_people_but_start_none(standing, oracle):
    class Fading(oracle):
        def detect(self, frames):
            self.score = 2. if frames[0].number == 5 else .5
            return super().detect(frames)

    answer = run(FaceTracker(Fading(standing.truth), TrackingSettings(start_score=1.)),
                 standing.frames[:12])
    assert shown(answer) == [{}] * 4 + [{1: FOUND}] * 8
    assert [face.score for each in answer for face in each.faces] == [2.] + [.5] * 7


def test_a_mistake_is_not_followed(standing, oracle):
    """A blot of the wall, taken for a face once, could be followed for as long as one likes."""
    truth = {n: dict(places) for n, places in standing.truth.items()}
    truth[6]['blot'] = np.array([90., 60, 130, 100])
    for every in (1, 5):
        detector = oracle(truth)
        answer = run(FaceTracker(detector, TrackingSettings(detect_every=every)), standing.frames)
        with_blot = [each.frame.number for each in answer if len(each.faces) == 2]
        assert with_blot == ([6] if every == 1 else []), detector.looked


def test_the_detector_is_asked_at_once_when_a_face_is_lost(standing, oracle):
    """Somebody jumps further than can be followed."""
    frames, truth = list(standing.frames[:6]), dict(standing.truth)
    for n in range(7, 12):
        image = np.roll(standing.frames[n - 1].image, -44, 1)
        frames.append(VideoFrame(image, n, n / 25))
        truth[n] = {'anna': standing.truth[n]['anna'] - [44, 0, 44, 0]}
    detector = oracle(truth)
    setup = TrackingSettings(detect_every=9, cut_threshold=None)  # the wall jumps as well
    answer = run(FaceTracker(detector, setup), frames)
    assert detector.looked == [1, 2, 7]
    assert shown(answer)[6] == {1: FOUND} and {id_ for one in shown(answer) for id_ in one} == {1}


def test_boxes_without_landmarks_are_tracked_too(standing, oracle):
    detector = oracle(standing.truth, landmarks=False)
    answer = run(FaceTracker(detector, TrackingSettings(detect_every=5)), standing.frames)
    assert [list(each) for each in shown(answer)] == [[1]] * 30
    assert all(face.landmarks is None for each in answer for face in each.faces)


def flat(frames):
    """Everything that an answer says, as bytes and numbers."""
    return [(each.frame.number, *((face.id, face.shot, face.status, face.score, face.box.tobytes(),
             None if face.landmarks is None else face.landmarks.tobytes())
            for face in each.faces)) for each in frames]


@settings(deadline=None, max_examples=6)
@given(at=st.lists(st.integers(0, 36), min_size=1, max_size=2), every=st.sampled_from([1, 3, 5]),
       landmarks=st.booleans())
def test_goes_on_to_the_bit_after_any_frame(crossing, oracle, at, every, landmarks):
    def tracker():
        return FaceTracker(
            oracle(crossing.truth, lambda n, name: (n + len(name)) % 4 == 0, 2., landmarks),
            TrackingSettings(detect_every=every))

    whole = flat(run(tracker(), crossing.frames))
    present, parts, start = tracker(), [], 0
    for stop in [*sorted(at), 36]:
        parts += run(present, crossing.frames[start:stop])
        file, start = io.BytesIO(), stop
        np.savez(file, **present.state())
        file.seek(0)
        with np.load(file, allow_pickle=False) as state:
            present = tracker()
            present.restore(state)
    assert flat(parts) == whole


def test_the_state_is_of_its_own(standing, oracle):
    """Going on changes no state that was taken before, nor does the state change the tracker."""
    tracker = FaceTracker(oracle(standing.truth), TrackingSettings(detect_every=4))
    run(tracker, standing.frames[:9])
    state = tracker.state()
    before = {name: array.copy() for name, array in state.items()}
    rest = flat(run(tracker, standing.frames[9:]))
    for name, array in state.items():
        np.testing.assert_array_equal(array, before[name])
    tracker.restore(state)
    assert flat(run(tracker, standing.frames[9:])) == rest


@pytest.mark.parametrize('damage', [
    lambda state: state.pop('views'), lambda state: state.update(counters=np.zeros(2, np.int64)),
    lambda state: state.update(boxes=np.zeros((9, 4), np.float32))])
def test_a_damaged_state_is_refused(standing, oracle, damage):
    tracker = FaceTracker(oracle(standing.truth))
    run(tracker, standing.frames[:3])
    state = tracker.state()
    damage(state)
    with pytest.raises(LedgerError, match='begin the video anew'):
        tracker.restore(state)


@pytest.mark.parametrize('answer, message', [
    (FaceDetections(np.zeros((1, 3), np.float32), np.zeros(1, np.float32)), 'do not belong'),
    (FaceDetections(np.ones((2, 4), np.float32), np.zeros(1, np.float32)), 'do not belong'),
    (FaceDetections(np.ones((1, 4), np.float32), np.zeros(1, np.float32),
                    np.zeros((5, 2), np.float32)), 'do not belong'),
    (FaceDetections(np.array([[5, 5, 5, 9]], np.float32), np.zeros(1, np.float32)), 'empty box'),
    (FaceDetections(np.array([[0, 0, np.nan, 9]], np.float32), np.zeros(1, np.float32)),
     'not finite')])
def test_malformed_answers_are_refused_with_the_frame(standing, oracle, answer, message):
    detector = oracle(standing.truth)
    detector.detect = lambda frames: [answer]
    with pytest.raises(DetectorError, match=f'frame 1: .*{message}'):
        FaceTracker(detector).update(standing.frames[0])


def test_memory_does_not_grow_with_mistakes(standing, oracle):
    corners = np.random.default_rng(0).uniform(0, 80, (61, 2, 2))
    truth = {n: {str(k): np.tile(corners[n, k], 2) + [0, 0, 25, 25] for k in range(2)}
             for n in range(1, 61)}
    tracker = FaceTracker(oracle(truth), TrackingSettings(longest_gap=5, longest_absence=8))
    counts = []
    for number in truth:
        tracker.update(VideoFrame(standing.frames[number % 30].image, number, number / 25))
        counts.append(len(tracker.state()['people']))
    assert max(counts) <= 2 * (8 + 1), 'two a frame, each for eight frames after the first'
