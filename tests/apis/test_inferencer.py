"""The answers of ``ExpressionInferencer`` against those of ``tools/test.py``."""
from __future__ import annotations

import weakref

import cv2
import numpy as np
import pytest

from mmfer.apis import CropClip, ExpressionInferencer, WindowSettings
from mmfer.apis import kept as kept_module
from mmfer.apis.kept import KeptVectors
from mmfer.cli.test import build_parser, prepare
from mmfer.cli.test import test as run_test
from mmfer.errors import AlignmentError, ConfigError, MediaError
from mmfer.evaluation import read_predictions
from mmfer.faces.alignment import Geometry
from mmfer.faces.settings import FaceSettings
from mmfer.faces.structures import FrameFaces, VideoFrame
from mmfer.testing import FLOAT32
from mmfer.testing.marked_faces import GROUND, moving_faces, write_video

from .conftest import CLASSES, LENGTHS, ROOT, crops_of

CLIP_METHODS = {
    'fan': 'configs/fan/fan_r18_unified.py',
    'fan of all frames': 'configs/fan/fan_r18_ckplus.py',
    'temporal softmax': 'configs/sa_tp/sa-tp_r18_unified.py',
    'ceflnet': 'configs/ceflnet/ceflnet_r18_unified.py',
    'sa-ca-fa': 'configs/sa_ca_fa/sa-ca-fa_r18_unified.py',
    'blstm': 'configs/cbam_blstm/blstm_r18_unified.py',
}
FRAMES = 'configs/cbam_blstm/r101_blstm_affwild2.py'
OF_FRAMES = {'model.backbone.depth': 18, 'model.cls_head.hidden_channels': 8}


def predictions_of(config, settings, checkpoint, folder, *flags):
    """Predictions of tools/test.py with the same settings."""
    args = build_parser().parse_args([str(ROOT / config), checkpoint, '--work-dir', str(folder),
                                      *flags])
    args.cfg_options = settings
    path = folder / 'predictions.parquet'
    run_test(prepare(args), checkpoint, str(path))
    return read_predictions(path)


THREE_D = f"""
_base_ = {str(ROOT / 'configs/ceflnet/c3d_bu4dfe.py')!r}
model = dict(
    backbone=dict(_delete_=True, type='ResNet3d', depth=50, base_channels=2, pretrained2d=False,
                  conv1_kernel=(3, 3, 3), norm_eval=False),
    cls_head=dict(num_classes=7, in_channels=64, spatial_type='avg'))
"""


def in_memory(name):
    images = crops_of(name)
    return CropClip.of_images(list(images.values()), name, list(images))


@pytest.mark.parametrize('config', CLIP_METHODS.values(), ids=CLIP_METHODS)
def test_answers_are_those_of_the_test_bit_for_bit(config, small, crops, tmp_path):
    settings, checkpoint = small(config)
    rows = predictions_of(config, settings, checkpoint, tmp_path).rows
    assert [row.clip for row in rows] == list(LENGTHS)
    assert len({row.scores.tobytes() for row in rows}) == len(rows)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    folders = [crops / 'crops' / name for name in LENGTHS]
    for answers in (inferencer.answer_clips(folders),
                    inferencer.answer_clips([in_memory(name) for name in LENGTHS])):
        for row, answer in zip(rows, answers, strict=True):
            check_equal(row, answer)


def check_equal(row, answer):
    assert answer.probabilities.tolist() == row.scores.tolist()
    assert answer.label == CLASSES[row.scores.argmax()]
    assert answer.frames.tolist() == row.frame_numbers.tolist()
    assert answer.attention.keys() == row.attention.keys()
    for name, weights in row.attention.items():
        np.testing.assert_array_equal(answer.attention[name].ravel(), weights.ravel())


def test_answers_per_frame_are_those_of_the_test_bit_for_bit(small, crops, tmp_path):
    settings, checkpoint = small(FRAMES, 'frames', **OF_FRAMES)
    tracks = predictions_of(FRAMES, settings, checkpoint, tmp_path).tracks
    inferencer = ExpressionInferencer(ROOT / FRAMES, checkpoint, 'cpu', cfg_options=settings)
    answers = inferencer.answer_clips([in_memory(name) for name in LENGTHS])
    for track, answer in zip(tracks, answers, strict=True):
        assert answer.frames.tolist() == track.frame_numbers.tolist() == list(
            crops_of(track.clip))
        assert answer.frame_probabilities.tolist() == track.scores.tolist()
        np.testing.assert_allclose(answer.probabilities, track.scores.mean(0), rtol=1e-6)


@pytest.mark.parametrize('flag', ['--tta', '--amp'])
def test_flags_do_what_they_do_in_the_test(flag, small, crops, tmp_path):
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config)
    rows = predictions_of(config, settings, checkpoint, tmp_path, flag).rows
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings,
                                      **{flag.strip('-'): True})
    plain = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    clips = [in_memory(name) for name in LENGTHS]
    for row, answer, other in zip(rows, inferencer.answer_clips(clips), plain.answer_clips(clips),
                                  strict=True):
        check_equal(row, answer)
        assert answer.probabilities.tolist() != other.probabilities.tolist()


def test_recognizers_of_clips_answer_as_in_the_test(small, crops, tmp_path):
    """A 3D trunk sees several frames at once, through MMAction2's own recognizer and sampler."""
    config = tmp_path / 'small_3d.py'
    config.write_text(THREE_D)
    settings, checkpoint = small(config, narrow=False)
    rows = predictions_of(config, settings, checkpoint, tmp_path).rows
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    for row, answer in zip(rows, inferencer.answer_clips([in_memory(name) for name in LENGTHS]),
                           strict=True):
        check_equal(row, answer)


def test_sources_of_one_clip_agree(small, crops):
    """A folder, an array, a list and a generator of the same frames."""
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    images = list(crops_of('a').values())
    sources = [str(crops / 'crops' / 'a'), np.stack(images), images, iter(images)]
    answers = [inferencer.answer_clips([source])[0] for source in sources]
    for answer in answers[1:]:
        assert answer.probabilities.tolist() == answers[0].probabilities.tolist()
        assert len(answer.frames) == len(answers[0].frames)
    assert inferencer.answer_clips([]) == []


def test_memory_is_not_changed_by_the_pipeline(small):
    """MMAction2's Flip mirrors images where they lie."""
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config, **{'test_dataloader.dataset.pipeline.1.size': None})
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings,
                                      tta=True)
    images = np.stack(list(crops_of('a').values()))
    before = images.copy()
    inferencer.answer_clips([images])
    np.testing.assert_array_equal(images, before)


def test_bad_input_is_named(small, tmp_path):
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    with pytest.raises(MediaError, match='nowhere.*does not exist'):
        inferencer.answer_clips([tmp_path / 'nowhere'])
    with pytest.raises(MediaError, match='no image'):
        inferencer.answer_clips([tmp_path])
    with pytest.raises(MediaError, match='float32.*uint8'):
        inferencer.answer_clips([np.zeros((2, 8, 8, 3), np.float32)])
    with pytest.raises(ConfigError, match='at least 1'):
        ExpressionInferencer(ROOT / config, checkpoint, 'cpu', frame_chunk=0,
                             cfg_options=settings)
    with pytest.raises(ConfigError, match='repeat=None'):
        ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options={
            **settings, 'test_dataloader.dataset.repeat': 'frames'}).answer_clips([in_memory('a')])


@pytest.fixture(scope='module')
def analyst(small):
    """Of FAN, with faces on a blue ground."""
    settings, checkpoint = small(CLIP_METHODS['fan'])
    return ExpressionInferencer(
        ROOT / CLIP_METHODS['fan'], checkpoint, 'cpu', cfg_options=settings,
        faces=FaceSettings(detector=dict(type='marked'), geometry=Geometry(size_px=48)))


WINDOWS = WindowSettings(length_frames=10, stride_frames=5)


def test_everybody_in_a_video_gets_a_timeline(analyst):
    """Two people, of whom the second one is away for long, and for a moment."""
    frames = np.stack(moving_faces(60, people=2))
    frames[8:12, :, 64:] = frames[40:, :, 64:] = GROUND
    counted = []
    assert not analyst.answers_frames
    analysis = analyst(frames, name='two', windows=WINDOWS, rate_hz=10.,
                       progress=lambda count, total: counted.append((count, total)))
    assert counted == [(number, 60) for number in range(1, 61)]
    assert analysis.name == 'two' and analysis.classes == CLASSES
    assert analysis.numbers.tolist() == list(range(1, 61))
    np.testing.assert_allclose(analysis.times_s, np.arange(60) / 10)
    first, second = analysis.people
    assert (first.id, second.id) == (1, 2)
    assert first.coverage == 1 and first.crops == 60 and first.timeline.answered.all()
    assert first.timeline.first_frame.tolist() == list(range(1, 52, 5))
    assert second.stay.numbers[[0, -1]].tolist() == [1, 40]
    assert second.stay.statuses[9] != 'found' and second.coverage < 1
    # only the steps of faces that the crops were made by may differ between the two ways
    crops = [analyst.faces.crop(FrameFaces(VideoFrame(frames[number - 1], number, 0.), (face, )),
                                face)
             for number, face in first.stay.faces.items()]
    expected = analyst.answer_clips([crops])[0]
    np.testing.assert_allclose(first.answer.probabilities, expected.probabilities, **FLOAT32)
    assert first.answer.frames.tolist() == expected.frames.tolist()
    assert first.answer.probabilities.tolist() != second.answer.probabilities.tolist()


def test_landmarks_of_no_face_are_as_good_as_absent(analyst, monkeypatch):
    crop = analyst.faces.crop

    def failing(seen, face):
        if seen.frame.number in (4, 5):
            raise AlignmentError('degenerate')
        return crop(seen, face)

    monkeypatch.setattr(analyst.faces, 'crop', failing)
    (person, ) = analyst(moving_faces(12)).people
    assert person.stay.runs() == 'found*3 absent*2 found*7' and person.crops == 10
    assert not {4, 5} & set(person.answer.frames.tolist()) and person.coverage == 10 / 12


def test_people_who_are_hardly_seen_get_no_answer(analyst):
    frames = np.stack(moving_faces(30, people=2))
    frames[10:, :, 64:] = GROUND
    first, second = analyst(frames, min_frames=15).people
    assert first.answer is not None and first.timeline is not None
    assert second.answer is None and second.timeline is None and 0 < second.crops < 15


def test_windows_in_which_nobody_is_seen_say_so(analyst, tmp_path):
    """A folder of crops with a gap: a window is answered by its own crops, or not at all."""
    images = list(crops_of('b').values())
    numbers = [*range(1, 9), *range(28, 41)]
    for number, image in zip(numbers, images, strict=True):
        assert cv2.imwrite(str(tmp_path / f'{number:06d}.png'), image[..., ::-1])
    (person, ) = analyst(tmp_path, crops=True, windows=WINDOWS).people
    assert person.coverage == 21 / 40 and person.crops == 21
    timeline = person.timeline
    assert timeline.first_frame.tolist() == [1, 6, 11, 16, 21, 26, 31]
    np.testing.assert_allclose(timeline.coverage, [.8, .3, 0, 0, .3, .8, 1])
    assert timeline.answered.tolist() == [True, False, False, False, False, True, True]
    assert [answer is not None for answer in timeline.answers] == timeline.answered.tolist()
    for place in np.flatnonzero(timeline.answered).tolist():
        first, last = timeline.first_frame[place], timeline.last_frame[place]
        inside = [(number - first + 1, image) for number, image in zip(numbers, images)
                  if first <= number <= last]
        clip = CropClip.of_images([image for _, image in inside], 'a', [n for n, _ in inside])
        expected, window = analyst.answer_clips([clip])[0], timeline.answers[place]
        np.testing.assert_allclose(window.probabilities, expected.probabilities, **FLOAT32)
        np.testing.assert_array_equal(timeline.probabilities[place], window.probabilities)
        assert window.frames.tolist() == (expected.frames + first - 1).tolist()
    whole = analyst.answer_clips([tmp_path])[0]
    np.testing.assert_allclose(person.answer.probabilities, whole.probabilities, **FLOAT32)
    assert person.answer.frames.tolist() == whole.frames.tolist()


def test_maps_of_a_window_are_gone_when_the_next_is_answered(small, monkeypatch):
    config, answers, alive, seen = CLIP_METHODS['temporal softmax'], KeptVectors.answers, [], []

    def watched(self, *given):
        for samples in answers(self, *given):
            seen.append(weakref.ref(samples[0].attention['spatial_maps']))
            alive.append(sum(one() is not None for one in seen))
            yield samples
            del samples

    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    monkeypatch.setattr(kept_module, '_SAMPLED', 1)  # one window at a time
    monkeypatch.setattr(KeptVectors, 'answers', watched)
    (person, ) = inferencer(moving_faces(60), crops=True, windows=WINDOWS).people
    assert len(person.timeline) == 11 and len(alive) == 12
    # that for the stay, which shows its maps, and of the windows the newest one and its neighbour
    assert max(alive) <= 3


@pytest.mark.parametrize(('tta', 'answer', 'expected'), [
    (True, 'frames', True), (False, 'clip', False)])
def test_which_models_answer_for_every_frame(small, tta, answer, expected):
    settings, checkpoint = small(FRAMES, 'frames', **OF_FRAMES)
    inferencer = ExpressionInferencer(
        ROOT / FRAMES, checkpoint, 'cpu', tta=tta,
        cfg_options={**settings, 'model.cls_head.answer': answer})
    assert inferencer.answers_frames is expected


def test_every_frame_is_answered_where_the_model_does(small):
    settings, checkpoint = small(FRAMES, 'frames', **OF_FRAMES)
    inferencer = ExpressionInferencer(ROOT / FRAMES, checkpoint, 'cpu', cfg_options=settings)
    images = list(crops_of('b').values())
    assert inferencer.answers_frames
    with pytest.raises(ConfigError, match='every frame, so windows have no effect'):
        inferencer(images, crops=True, windows=WindowSettings())
    (person, ) = inferencer(images, crops=True, rate_hz=5.).people
    expected = inferencer.answer_clips([images])[0]
    assert person.timeline.kind == 'frames' and len(person.timeline) == 21
    np.testing.assert_allclose(person.timeline.probabilities, expected.frame_probabilities,
                               **FLOAT32)
    np.testing.assert_allclose(person.timeline.time_s, np.arange(21) / 5)


def test_sources_of_frames(analyst, tmp_path):
    """A video, an iterator, and bad ones."""
    frames = moving_faces(12)
    analysis = analyst(iter(frames))
    assert [person.crops for person in analysis.people] == [12]
    write_video(tmp_path / 'a.mp4', frames)
    analysis = analyst(tmp_path / 'a.mp4')
    assert analysis.name == 'a.mp4' and [person.crops for person in analysis.people] == [12]
    assert analyst([np.full((32, 32, 3), GROUND, np.uint8)] * 3).people == ()
    with pytest.raises(MediaError, match='has no frame'):
        analyst(iter([]))
    (tmp_path / 'b.mp4').write_bytes(b'no video')
    with pytest.raises(MediaError, match='b.mp4'):
        analyst(tmp_path / 'b.mp4')
