"""What is said of people, before and after a model has answered."""
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from mmfer.apis import Person, VideoAnalysis
from mmfer.apis.answers import Answer
from mmfer.apis.stays import PeopleLog
from mmfer.faces.structures import FrameFaces, TrackedFace, VideoFrame

IMAGE = np.zeros((2, 2, 3), np.uint8)


@pytest.fixture
def log():
    """Person 3 on frames 1 to 4, person 7 on the last two of them."""
    log = PeopleLog()
    for number in range(1, 5):
        faces = [TrackedFace(person, 0, np.zeros(4, np.float32), None, 1., 'found')
                 for person in (3, 7) if person == 3 or number > 2]
        log.see(FrameFaces(VideoFrame(IMAGE, number, number / 10), tuple(faces)))
    return log


def people_of(log):
    return tuple(Person(stay, stay.coverage(), len(stay.cropped)) for stay in log.stays())


def test_a_person_has_the_id_of_the_stay_and_at_first_no_answer(log):
    three, seven = people_of(log)
    assert (three.id, seven.id) == (3, 7) and (three.crops, seven.crops) == (4, 2)
    for person in (three, seven):
        assert person.answer is None and person.timeline is None
        with pytest.raises(AttributeError):
            person.id = 1


def test_what_was_said_stays_as_it_was(log):
    answer = Answer(np.array([.2, .8], np.float32), 'b', np.array([1, 4]), (1, 2))
    numbers, times_s = log.frames()
    stay = log.stays()[0]
    analysis = VideoAnalysis('v', ('a', 'b'), numbers, times_s,
                             (Person(stay, 1., 4, answer), *people_of(log)[1:]))
    assert [person.id for person in analysis.people] == [3, 7]
    assert analysis.people[0].answer is answer and analysis.people[1].answer is None
    for owner, field in ((analysis, 'people'), (analysis.people[0], 'answer')):
        with pytest.raises(FrozenInstanceError):
            setattr(owner, field, None)
