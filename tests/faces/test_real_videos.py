"""Detection and tracking on real videos; with ``-s`` the figures are printed."""
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from mmfer.faces.detector import FaceDetector
from mmfer.faces.frames import open_frames
from mmfer.faces.structures import FOUND, INTERPOLATED, TRACKED, VideoFrame
from mmfer.faces.tracking import FaceTracker, GapFiller, TrackingSettings
from mmfer.faces.tracking.association import overlaps
from mmfer.faces.tracking.cuts import CutDetector
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.registry import FACE_DETECTORS

pytestmark = pytest.mark.slow

LABELS = Path(__file__).parent.parent / 'data' / 'hamilton_faces.json'
SEEN = (FOUND, TRACKED)


class Remembering(FaceDetector):
    """A detector that looks at a frame of a video once, however often it is asked.

    Attributes:
        asked: How often it was.
    """

    def __init__(self, **options):
        self.detector = FACE_DETECTORS.build(dict(type='dlib', **options))
        self.scheme = self.detector.scheme
        self.known, self.asked = {}, 0

    def detect(self, frames):
        self.asked += len(frames)
        for frame in frames:
            if frame.number not in self.known:
                self.known[frame.number] = self.detector.detect([frame])[0]
        return [self.known[frame.number] for frame in frames]

    def fit_landmarks(self, frame, boxes):
        return self.detector.fit_landmarks(frame, boxes)

    def identity(self):
        return self.detector.identity()


def read(path):
    with open_frames(path) as source:
        return list(source)


def track(frames, detector, every):
    """All frames, gaps bridged."""
    settings = TrackingSettings(detect_every=every)
    tracker, gaps, answer = FaceTracker(detector, settings), GapFiller(settings), []
    for frame in frames:
        answer += gaps.push(tracker.update(frame))
    answer += gaps.flush()
    assert [each.frame.number for each in answer] == [frame.number for frame in frames]
    return answer


@pytest.mark.parametrize('name', ['d0', 'd11', 'd18', 'd19', 'd20'])
def test_one_person_has_one_id(shared_data, name):
    frames, detector = read(shared_data / 'videos' / f'{name}.mp4'), Remembering()
    for every, least in ((1, 1.), (5, .98)):
        detector.asked = 0
        answer = track(frames, detector, every)
        ids = {face.id for each in answer for face in each.faces}
        share = np.mean([any(face.status in SEEN for face in each.faces) for each in answer])
        found = np.mean([any(face.status == FOUND for face in each.faces) for each in answer])
        print(f'{name} n={every}: ids {sorted(ids)}, found or tracked {share:.2%} (found '
              f'{found:.2%}) of {len(frames)} frames, {detector.asked} detections')
        assert ids == {1} and share >= least
        if every > 1:
            assert detector.asked <= len(frames) / every + 2


def beside(left, right):
    return [VideoFrame(np.hstack([a.image, b.image]), a.number, a.time_s)
            for a, b in zip(left, right, strict=False)]


@pytest.mark.parametrize('names', [('d0', 'd11'), ('d18', 'd20')])
def test_two_people_side_by_side_never_swap(shared_data, names):
    videos = [read(shared_data / 'videos' / f'{name}.mp4') for name in names]
    frames, detector = beside(*videos), Remembering()
    middle = videos[0][0].image.shape[1]
    for every in (1, 5):
        answer = track(frames, detector, every)
        sides = {(face.id, bool(face.box[[0, 2]].mean() > middle))
                 for each in answer for face in each.faces}
        share = np.mean([[face.status in SEEN for face in each.faces] == [True, True]
                         for each in answer])
        print(f'{names} n={every}: ids and sides {sorted(sides)}, both found or tracked '
              f'{share:.2%}')
        assert {id_ for id_, _ in sides} == {1, 2} and len(sides) == 2
        assert share >= (1. if every == 1 else .98)


@pytest.fixture(scope='module')
def stage(shared_data):
    """Frames of the stage scene, its labels, and its faces are small, so twice the size."""
    labels = json.loads(LABELS.read_text())
    path = shared_data / 'videos' / labels['video']
    assert hashlib.sha256(path.read_bytes()).hexdigest() == labels['sha256'], 'another video'
    frames = read(path)
    assert len(frames) == labels['num_frames']
    return frames, labels, Remembering(upsample=1)


def score(answer, labels, least_overlap=.4):
    """Labelled faces by view and those of them that are seen; switches of id; false faces."""
    count, hits, ids, false = {'front': 0, 'profile': 0}, {'front': 0, 'profile': 0}, {}, 0
    for each in answer:
        people = labels['faces'].get(str(each.frame.number))
        if people is None:
            continue
        faces = [face for face in each.faces if face.status in SEEN]
        shot = sum(cut <= each.frame.number for cut in labels['cuts'])
        used = set()
        for name, box in people.items():
            view = labels['view'][name]
            count[view] += 1
            near = [face for face in faces
                    if overlaps(face.box, np.array(box))[0, 0] >= least_overlap]
            if near:
                hits[view] += 1
                used.add(near[0].id)
                ids.setdefault((name, shot), []).append(near[0].id)
        false += sum(face.id not in used for face in faces)
    switches = sum(a != b for each in ids.values() for a, b in zip(each, each[1:], strict=False))
    return count, hits, switches, false


@pytest.mark.parametrize('every', [1, 5])
def test_stage_scene(stage, every):
    frames, labels, detector = stage
    answer = track(frames, detector, every)
    shots = {}
    for each in answer:
        shot = sum(cut <= each.frame.number for cut in labels['cuts'])
        for face in each.faces:
            shots.setdefault(face.id, set()).add(shot)
            assert face.shot == shot
    count, hits, switches, false = score(answer, labels)
    bridged = sum(face.status == INTERPOLATED for each in answer for face in each.faces)
    print(f"hamilton n={every}: recall {sum(hits.values())}/{sum(count.values())} (front "
          f"{hits['front']}/{count['front']}, profile {hits['profile']}/{count['profile']}), "
          f'{switches} id switches, {false} false faces on labelled frames, {len(shots)} ids, '
          f'{bridged} faces interpolated')
    assert all(len(each) == 1 for each in shots.values()), 'an id outlived a cut'
    # 21 when measured; missed is the pianist, 21 px wide. HOG sees no profiles.
    assert hits['front'] >= 20 and switches == 0 and false == 0


def test_a_hand_before_the_face_costs_no_id(stage):
    frames, labels, _ = stage
    first, behind = labels['cuts'][1:]  # the singer's shot; for HOG his face is gone for a while
    detector, seen = Remembering(), {}
    for every in (1, 5):
        answer = track(frames[first - 1:behind - 1], detector, every)
        assert {face.id for each in answer for face in each.faces} == {1}
        seen[every] = np.mean([any(face.status in SEEN for face in each.faces)
                               for each in answer])
    missed = sum(not len(detector.known[n]) for n in range(first, behind))
    print(f'hamilton {first} to {behind - 1}: HOG misses {missed} frames; found or tracked '
          f'{seen[1]:.2%} at n=1, {seen[5]:.2%} at n=5')
    assert missed and seen[1] - seen[5] <= .01


def test_cuts_of_the_stage_scene(stage):
    frames, labels, _ = stage
    cuts = CutDetector(TrackingSettings().cut_threshold)
    found = [frame.number for frame in frames if cuts.is_cut(Pyramid(frame.image))]
    print(f'hamilton: cuts at {found}')
    assert found == labels['cuts']
