"""Who is seen when, from frames with faces."""
import numpy as np

from mmfer.apis.stays import PeopleLog
from mmfer.faces.structures import FrameFaces, TrackedFace, VideoFrame

IMAGE = np.zeros((2, 2, 3), np.uint8)


def face(person, status='found', shot=0):
    return TrackedFace(person, shot, np.zeros(4, np.float32), None, 1., status)


def test_a_stay_is_from_the_first_to_the_last_frame():
    log = PeopleLog()
    seen = [[], [face(1)], [face(1, 'tracked'), face(2, 'too small', 1)], [face(2, shot=1)],
            [face(1, 'interpolated'), face(2, 'absent', 1)]]
    for number, faces in enumerate(seen, start=1):
        log.see(FrameFaces(VideoFrame(IMAGE, number, number / 10), tuple(faces)))
    one, two = log.stays()
    assert (one.id, one.shot, two.id, two.shot) == (1, 0, 2, 1)
    assert one.numbers.tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(one.times_s, [.2, .3, .4, .5])
    assert one.statuses == ('found', 'tracked', 'absent', 'interpolated')
    assert one.cropped.tolist() == [0, 1, 3] and sorted(one.faces) == [2, 3, 5]
    assert one.coverage() == 2 / 4 and one.coverage(2, 4) == 0
    assert one.runs() == 'found*1 tracked*1 absent*1 interpolated*1'
    assert one.runs(2, 3) == 'absent*1'
    assert two.numbers.tolist() == [3, 4] and two.statuses == ('too small', 'found')
    assert two.cropped.tolist() == [1]


def test_crops_that_lack_frames():
    log = PeopleLog()
    for number in (3, 4, 7):
        log.see_crop(VideoFrame(IMAGE, number, number / 10))
    (stay, ) = log.stays()
    assert stay.numbers.tolist() == [3, 4, 5, 6, 7]
    np.testing.assert_allclose(stay.times_s, [.3, .4, .5, .6, .7])
    assert stay.runs() == 'found*2 absent*2 found*1'
    assert stay.faces == {}


def test_nobody():
    log = PeopleLog()
    log.see(FrameFaces(VideoFrame(IMAGE, 1, 0.), ()))
    assert log.stays() == [] and log.frames()[0].tolist() == [1]
