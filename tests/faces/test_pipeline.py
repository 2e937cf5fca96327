from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.alignment import align_face
from mmfer.faces.detector import FaceDetector
from mmfer.faces.frames import open_frames
from mmfer.faces.pipeline import FacePipeline, build_detector
from mmfer.faces.settings import FaceSettings
from mmfer.faces.structures import FaceDetections
from mmfer.registry import FACE_DETECTORS
from mmfer.testing.marked_faces import MarkedFaceDetector, draw_frame, moving_faces


class Boxes(FaceDetector):
    def detect(self, frames):
        return [FaceDetections(np.array([[8, 8, 40, 40]], np.float32), np.ones(1, np.float32))
                for _ in frames]

    def identity(self):
        return {'name': 'boxes'}


def settings_of(batch_size=1, **options):
    return FaceSettings.from_dict(dict(
        detector=dict(type='marked', batch_size=batch_size), geometry=dict(size_px=32), **options))


def images():
    """A gap, somebody small, a cut and a face that goes away."""
    frames = moving_faces(30, 2)
    for number in (7, 8, 20):
        frames[number] = draw_frame([])
    return frames + [cv2.flip(frame, 0) for frame in moving_faces(15, seed=4)]


def flat(faces):
    return [(one.frame.number, face.id, face.shot, face.status, face.score, *face.box.tolist(),
             *face.landmarks.ravel().tolist()) for one in faces for face in one.faces]


def test_all_frames_come_in_order_with_their_faces():
    frames = list(FacePipeline(settings_of()).run(open_frames(images())))
    assert [one.frame.number for one in frames] == list(range(1, 46))
    statuses = {face.status for one in frames for face in one.faces}
    assert {'found', 'interpolated'} <= statuses
    for one in frames:
        assert [face.id for face in one.faces] == sorted({face.id for face in one.faces})


def test_files_folders_and_memory_give_the_same(tmp_path):
    frames = images()
    for number, image in enumerate(frames, 1):
        cv2.imwrite(str(tmp_path / f'{number:06d}.png'), image[..., ::-1])
    pipeline = FacePipeline(settings_of())
    expected = flat(pipeline.run(open_frames(np.stack(frames))))
    with open_frames(tmp_path) as source:
        assert flat(pipeline.run(source)) == expected
    assert flat(pipeline.run(open_frames(iter(frames)))) == expected
    live = pipeline.start('camera')
    pushed = [faces for frame in open_frames(iter(frames)) for faces in live.push([frame])]
    assert flat([*pushed, *live.flush()]) == expected


@pytest.mark.parametrize('every', [1, 3])
def test_batches_change_nothing_but_the_calls(every):
    one, four = (FacePipeline(settings_of(size, tracking=dict(detect_every=every)))
                 for size in (1, 4))
    assert flat(one.run(open_frames(images()))) == flat(four.run(open_frames(images())))


def test_goes_on_from_its_state_to_the_bit():
    frames = list(open_frames(images()))
    pipeline = FacePipeline(settings_of(tracking=dict(detect_every=2)))
    expected, states = [], 0
    stream = pipeline.start('v')
    results = []
    for position, frame in enumerate(frames):
        results.append((position, stream.pending, stream.oldest, stream.state()))
        expected += list(stream.push([frame]))
    expected += list(stream.flush())
    for position, pending, oldest, state in results[::3]:
        states += pending > 0
        first = position - pending
        assert oldest == (frames[first].number if pending else None)
        again, following = pipeline.start('v'), iter(frames[first:])
        again.restore({name: array.copy() for name, array in state.items()}, following)
        rest = [faces for frame in following for faces in again.push([frame])]
        rest += again.flush()
        assert flat(rest) == flat(expected[first:])
        assert [one.frame.number for one in rest] == list(range(first + 1, 46))
    assert 1 <= states < len(results[::3])  # with and without pending frames


def test_a_crop_is_what_alignment_gives():
    pipeline = FacePipeline(settings_of())
    one = next(iter(pipeline.run(open_frames(images()))))
    face = one.faces[0]
    crop = pipeline.crop(one, face)
    assert crop.shape == (32, 32, 3) and crop.dtype == np.uint8
    np.testing.assert_array_equal(crop, align_face(
        one.frame.image, face.box, face.landmarks, 'centres5', pipeline.settings.geometry))


def test_small_faces_say_so():
    pipeline = FacePipeline(settings_of(quality=dict(min_size_px=30)))
    one = list(pipeline.run(open_frames(moving_faces(5, 2))))[2]
    assert [face.status for face in one.faces] == ['found', 'too small']


def test_a_detector_of_boxes_needs_a_geometry_of_boxes():
    with pytest.raises(ConfigError, match="geometry 'similarity' needs landmarks.*'box'"):
        FacePipeline(FaceSettings(), Boxes())
    pipeline = FacePipeline(FaceSettings.from_dict({'geometry': {'kind': 'box', 'size_px': 16}}),
                            Boxes())
    frames = list(pipeline.run(open_frames(moving_faces(4))))
    assert pipeline.crop(frames[0], frames[0].faces[0]).shape == (16, 16, 3)


def test_detectors_by_name():
    assert isinstance(build_detector({'type': 'marked', 'least_px': 9}), MarkedFaceDetector)
    with pytest.raises(ConfigError, match="no face detector 'marcked'; there are .*marked"):
        build_detector({'type': 'marcked'})
    with pytest.raises(ConfigError, match="detector 'marked': .*'least'"):
        build_detector({'type': 'marked', 'least': 9})


def test_what_an_own_detector_raises_on_a_value_names_it(monkeypatch):
    class Own(Boxes):
        def __init__(self, share):
            if float(share) > 1:
                raise DetectorError('no such share')

    monkeypatch.setitem(FACE_DETECTORS.module_dict, 'own', Own)
    with pytest.raises(ConfigError, match="detector 'own': .*could not convert .* 'abc'"):
        build_detector({'type': 'own', 'share': 'abc'})
    with pytest.raises(DetectorError, match='^no such share'):
        build_detector({'type': 'own', 'share': 2})


def test_the_hash_is_that_of_its_settings_and_detector():
    pipeline = FacePipeline(settings_of())
    assert pipeline.settings_hash == pipeline.settings.settings_hash(pipeline.detector)
