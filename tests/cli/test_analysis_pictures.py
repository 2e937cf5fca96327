"""Which frames get pictures, by answers that are made by hand."""
from types import SimpleNamespace

import av
import numpy as np
import pytest

from mmfer.apis import Person, VideoAnalysis
from mmfer.apis.answers import Answer
from mmfer.apis.stays import Stay
from mmfer.apis.timeline import window_timeline
from mmfer.cli.analysis_pictures import PersonPictures, draw_pictures, write_report
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
from mmfer.faces.structures import TrackedFace
from mmfer.testing.marked_faces import MarkedFaceDetector  # noqa: F401  registers it

CLASSES = ('anger', 'fear')
STATUSES = ('found', 'absent', 'too small', 'tracked', 'found')
BOX = np.array([8, 8, 39, 39], np.float32)
FRAMES = [np.full((48, 48, 3), 10 * number, np.uint8) for number in range(1, 9)]


def answer_on(*numbers, weights=None, heads=0):
    attention = {}
    if weights is not None:
        attention['frame_weights'] = np.array(weights, np.float32)
    if heads:
        attention['spatial_maps'] = np.full((len(numbers), heads, 2, 2), .25, np.float32)
    return Answer(np.array([.3, .7], np.float32), 'fear', np.array(numbers), (1, len(numbers)),
                  attention)


def person_of(answer, faces=True, **changed):
    """On frames 2 to 6, answered for its last two frames only."""
    tracked = {number: TrackedFace(4, 0, BOX, None, 1., status)
               for number, status in enumerate(STATUSES, 2) if status != 'absent'}
    stay = Stay(**{**dict(id=4, shot=0, numbers=np.arange(2, 7), times_s=np.arange(1, 6) / 10,
                          statuses=STATUSES, faces=tracked if faces else {}), **changed})
    if answer is None:
        return Person(stay, .6, 3)
    timeline = window_timeline(stay, np.array([[0, 3], [3, 5]]), [((3, 5), answer)], 2)
    return Person(stay, .6, 3, answer, timeline)


def analysis_of(*people, rate_hz=10., name='v'):
    return VideoAnalysis(name, CLASSES, np.arange(1, 9), np.arange(8) / rate_hz, people)


@pytest.fixture(scope='module')
def inferencer():
    """All that pictures ask of an inferencer: the crop of a face."""
    return SimpleNamespace(faces=FacePipeline(FaceSettings.from_dict(dict(
        detector=dict(type='marked'), geometry=dict(kind='box', size_px=16)))))


def test_only_frames_with_a_crop_decide():
    pictures = PersonPictures(person_of(answer_on(3, 4, 5, 6, weights=[.4, .3, .2, .1])))
    numbers, texts, title = pictures.deciding
    assert numbers.tolist() == [5, 6]  # 3 is absent, 4 too small
    assert texts == ['attention × 0.80', 'attention × 0.40'] and 'attention' in title
    assert [len(part) for part in PersonPictures(person_of(None)).deciding] == [0, 0, 0]


def test_places_within_the_stay():
    pictures = PersonPictures(person_of(None, numbers=np.array([2, 3, 5, 6, 9])))
    assert [pictures.place(number) for number in range(1, 11)] == [
        None, 0, 1, None, 2, 3, None, None, 4, None]


def test_what_is_drawn_on_each_frame():
    pictures = PersonPictures(person_of(answer_on(5, 6, weights=[.25, .75])))
    assert [pictures.face(number) is not None for number in range(1, 8)] == [
        False, True, False, True, True, True, False]
    unanswered, answered = pictures.face(4), pictures.face(6)
    assert unanswered.status == 'too small' and unanswered.probabilities is None
    assert unanswered.attention is None
    assert answered.id == 4 and answered.status == 'found' and answered.box is BOX
    np.testing.assert_allclose(answered.probabilities, [.3, .7])
    assert answered.attention == pytest.approx(1.5)
    assert pictures.face(5).attention == pytest.approx(.5)


def test_crops_have_no_box():
    pictures = PersonPictures(person_of(answer_on(5, 6), faces=False))
    face = pictures.face(3)
    assert face.box is None and face.status == 'absent'
    assert pictures.face(6).box is None and pictures.face(6).attention is None


def test_deciding_crops_are_kept_and_the_rest_is_not_read(inferencer):
    taken = []

    def images():
        for number, image in enumerate(FRAMES, 1):
            taken.append(number)
            yield image

    deciding, nobody = person_of(answer_on(2, 5)), person_of(None, id=9)
    first, second = draw_pictures(inferencer, analysis_of(deciding, nobody), images(), False, None,
                                  None)
    assert first.person is deciding and second.person is nobody and second.crops == {}
    assert sorted(first.crops) == [2, 5] and taken == [1, 2, 3, 4, 5, 6]
    for number, crop in first.crops.items():
        assert crop.shape == (16, 16, 3) and (crop == 10 * number).all()


def test_of_crops_the_frames_themselves_are_kept():
    pictures, = draw_pictures(None, analysis_of(person_of(answer_on(5), faces=False)), FRAMES,
                              True, 10., None)
    assert list(pictures.crops) == [5] and np.array_equal(pictures.crops[5], FRAMES[4])


@pytest.mark.parametrize('rate_hz', [10., 50.])
def test_the_video_has_every_frame_at_its_time(tmp_path, inferencer, rate_hz):
    path = tmp_path / 'annotated.mp4'
    pictures, = draw_pictures(inferencer, analysis_of(person_of(answer_on(2)), rate_hz=rate_hz),
                              FRAMES, False, rate_hz, path)
    with av.open(str(path)) as container:
        shown = list(container.decode(video=0))
        length_s = float(container.duration / av.time_base)
    np.testing.assert_allclose([frame.time for frame in shown], np.arange(8) / rate_hz, atol=1e-3)
    assert length_s == pytest.approx(8 / rate_hz, abs=2e-3)  # the last one is shown as long
    assert list(pictures.crops) == [2]


def test_a_video_of_one_frame_has_a_length_too(tmp_path):
    one = VideoAnalysis('v', CLASSES, np.array([1]), np.zeros(1), ())
    assert draw_pictures(None, one, FRAMES[:1], False, None, tmp_path / 'a.mp4') == []
    with av.open(str(tmp_path / 'a.mp4')) as container:
        assert container.duration / av.time_base == pytest.approx(1 / 25, abs=2e-3)


def report(tmp_path, person, name='v', **facts):
    analysis = analysis_of(person, name=name)
    pictures = draw_pictures(SimpleNamespace(), analysis, FRAMES, True, 10., None)
    write_report(tmp_path / 'report.html', analysis, pictures, facts, None)
    return (tmp_path / 'report.html').read_text(encoding='utf-8')


def test_the_page_shows_at_most_four_maps(tmp_path):
    page = report(tmp_path, person_of(answer_on(5, 6, weights=[.5, .5], heads=6), False, shot=2),
                  Model='<b>mine</b>')
    assert page.count('<img') == 1 + 2 * (1 + 4)  # the timeline, and two frames
    for text in ('Person 4', '0.10 s to 0.50 s, frames 2 to 6', '60.0%', '2 frames',
                 '0.40 s, frame 5', 'attention × 1.00', '&lt;b&gt;mine&lt;/b&gt;'):
        assert text in page
    assert '<dt>Shot</dt><dd>3</dd>' in page


def test_the_page_says_why_there_is_no_answer(tmp_path):
    page = report(tmp_path, person_of(None, False))
    assert 'none: too few crops' in page and '<img' not in page and 'Shot' not in page
