import cv2
import numpy as np
import pytest

from mmfer.faces.tracking import TrackingSettings
from mmfer.faces.tracking.flow import Followed
from mmfer.faces.tracking.matching import match, unmistaken
from mmfer.faces.tracking.people import Person
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.views import view_of


def picture(seed, box):
    """Rough noise, with a smooth face of somebody in the box."""
    rng = np.random.default_rng(99)
    image = rng.integers(0, 256, (240, 400, 3)).astype(np.uint8)
    face = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    x0, y0, x1, y1 = box
    image[y0:y1, x0:x1] = cv2.resize(face, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC)
    return image


def someone(id_, box, absent=0, seed=None):
    view = view_of(Pyramid(picture(id_ if seed is None else seed, box)), np.array(box, np.float32))
    return Person(id_, np.array(box, np.float32), None, 1., view, view.portrait(), absent=absent)


def matched(people, moved, boxes, seed=1, settings=None):
    """Ids by row; the picture shows person ``seed`` in every box."""
    views = [view_of(Pyramid(picture(seed, box)), np.array(box, np.float32)) for box in boxes]
    moved = {id_: Followed(np.array(box, np.float32), None) for id_, box in moved.items()}
    pairs = match(people, {}, moved, np.array(boxes, np.float32).reshape(-1, 4), views,
                  settings or TrackingSettings(longest_gap=5))
    return {row: person.id for row, person in pairs.items()}


HERE, NEAR, FAR = (100, 60, 160, 120), (130, 70, 190, 130), (300, 60, 360, 120)


def test_followed_faces_are_joined_by_overlap_whatever_they_look_like():
    people = [someone(1, HERE), someone(2, FAR)]
    assert matched(people, {1: HERE, 2: FAR}, [FAR, HERE], seed=7) == {0: 2, 1: 1}
    # where a face was followed to counts, not where it was
    assert matched(people, {1: FAR, 2: HERE}, [FAR, HERE], seed=7) == {0: 1, 1: 2}


def test_overlap_has_to_reach_the_threshold():
    # 30 of 60 columns and 50 of 60 rows are shared: 1500 of 5700, about 0.263
    one, other = [someone(1, HERE)], {1: HERE}
    assert matched(one, other, [NEAR], 7, TrackingSettings(min_iou=.26)) == {0: 1}
    assert matched(one, other, [NEAR], 7, TrackingSettings(min_iou=.27)) == {}


def test_who_comes_back_is_known_by_looks():
    people = [someone(1, HERE, absent=3)]
    assert matched(people, {}, [NEAR], seed=1) == {0: 1}
    assert matched(people, {}, [NEAR], seed=7) == {}


def test_but_not_far_away_nor_at_another_size():
    assert matched([someone(1, HERE, absent=3)], {}, [FAR], seed=1) == {}
    assert matched([someone(1, HERE, absent=3)], {}, [(100, 20, 220, 140)], seed=1) == {}


def test_of_two_the_more_alike_comes_back():
    people = [someone(1, HERE, absent=2), someone(2, NEAR, absent=2)]
    assert matched(people, {}, [HERE], seed=2) == {0: 2}
    assert matched(people, {}, [HERE, NEAR], seed=1)[0] == 1


def test_how_alike_somebody_has_to_be_is_set():
    people = [someone(1, HERE, absent=3)]
    assert matched(people, {}, [NEAR], 7, TrackingSettings(min_likeness=-1.)) == {0: 1}
    assert matched(people, {}, [NEAR], 7, TrackingSettings(min_likeness=.9)) == {}


@pytest.mark.parametrize('absent, known', [(5, True), (6, False)])
def test_who_was_hidden_by_a_face_for_a_short_while_is_known_by_place(absent, known):
    people = [someone(1, HERE), someone(2, NEAR, absent=absent)]
    places = [HERE, (150, 70, 210, 130)]
    answer = matched(people, {1: HERE}, places, seed=7)
    assert answer == ({0: 1, 1: 2} if known else {0: 1})


def test_nobody_and_nothing():
    assert matched([], {}, [HERE]) == {} == matched([someone(1, HERE)], {1: HERE}, [])
    assert unmistaken([], np.zeros((0, 4), np.float32), [], TrackingSettings()) == {}


def test_who_is_sure_is_taken_out_first():
    people = [someone(1, HERE), someone(2, NEAR)]
    views = [view_of(Pyramid(picture(1, HERE)), np.array(HERE, np.float32))]
    boxes = np.array([HERE], np.float32)
    moved = {1: Followed(boxes[0], None)}
    assert match(people, {0: people[1]}, moved, boxes, views, TrackingSettings()) == {0: people[1]}
    assert match(people, {}, moved, boxes, views, TrackingSettings()) == {0: people[0]}


def sure(people, boxes, seed=1, **options):
    views = [view_of(Pyramid(picture(seed, box)), np.array(box, np.float32)) for box in boxes]
    found = unmistaken(people, np.array(boxes, np.float32), views, TrackingSettings(**options))
    return {row: person.id for row, person in found.items()}


CLOSE, LESS = (110, 60, 170, 120), (121, 60, 181, 120)  # 50 of 70, and 39 of 81 columns shared


def test_one_detection_in_the_same_place_that_looks_alike_is_unmistaken():
    assert sure([someone(1, HERE)], [CLOSE]) == {0: 1}
    assert sure([someone(1, HERE), someone(2, FAR, seed=1)], [FAR, CLOSE]) == {1: 1, 0: 2}


@pytest.mark.parametrize('people, boxes, seed', [
    ([(1, HERE)], [LESS], 1), ([(1, HERE)], [CLOSE], 7), ([(1, HERE)], [CLOSE, NEAR], 1),
    ([(1, HERE), (2, NEAR)], [CLOSE], 1)], ids=['off', 'unlike', 'another', 'somebody else'])
def test_but_not_if_anything_is_doubtful(people, boxes, seed):
    assert sure([someone(*one) for one in people], boxes, seed) == {}
