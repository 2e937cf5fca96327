import numpy as np
import pytest
from mmaction.models.data_preprocessors import ActionDataPreprocessor
from mmengine import Config

from mmfer.apis import ExpressionInferencer
from mmfer.apis.frame_transforms import FrameTransforms
from mmfer.apis.pipeline import split_pipeline
from mmfer.apis.streaming import StreamingRecognizer
from mmfer.apis.windows import WindowSampling
from mmfer.configuration import load_config
from mmfer.errors import CheckpointError, ConfigError, MediaError
from mmfer.models.clip_tta_model import ClipTTAModel
from mmfer.registry import MODELS
from mmfer.structures import CLIP_SCORES, FRAME_WEIGHTS, counted_frames, video_frames
from mmfer.testing import FLOAT32
from mmfer.testing.recognizers import make_recognizer

from .conftest import ROOT
from .counting import CountingTrunk
from .offline import ALL, METHODS, STEPS, UNIFORM, build, faces, predict, scores_of
from .small_fan import CLASSES, write_fan

# of windows, so that the sampler of windows of 8 can answer for them
WINDOW = 8


def stream(method='fan', **settings):
    model, pipeline = build(method, frame_chunk=1)
    return StreamingRecognizer(model, pipeline, **{'window': WINDOW, **settings}), model, pipeline


@pytest.mark.parametrize('method', METHODS)
def test_answers_are_the_bits_of_a_test_on_the_same_window(method):
    recognizer, model, pipeline = stream(method)
    images = faces(20)
    for number, image in enumerate(images, start=1):
        answer, = recognizer.update(number, {1: image})
        if number not in (1, 5, 8, 9, 20):
            continue
        first = max(number - WINDOW, 0)
        expected = predict(model, pipeline, images[first:number])
        scores = scores_of(expected).numpy()
        if scores.ndim == 1:
            assert np.array_equal(answer.now, scores)
            assert answer.window.frame_probabilities is None
        else:
            assert np.array_equal(answer.window.frame_probabilities, scores)
            assert np.array_equal(answer.now, scores[-1])
        assert answer.window.attention.keys() == expected.attention.keys()
        for name, weights in expected.attention.items():
            assert np.array_equal(answer.window.attention[name], weights.numpy()), name
        sampled = np.ravel(expected.frame_inds) + first + 1
        assert answer.window.frames.tolist() == sampled.tolist()
        assert answer.window.clips == (expected.num_clips, expected.clip_len)
        assert answer.label == str(answer.now.argmax())


@pytest.mark.parametrize('method', ['fan', 'temporal softmax', 'ceflnet', 'blstm', 'sa, ca, fa'])
def test_people_in_company_get_what_they_get_alone(method):
    model, pipeline = build(method)
    together = StreamingRecognizer(model, pipeline, window=WINDOW)
    images = {person: faces(12, seed=person) for person in (1, 2, 5)}
    present = {1: range(1, 13), 2: (3, 4, 5, 9, 10), 5: (6, 7, 8, 9, 11)}
    for number in range(1, 13):
        answers = together.update(number, {
            person: images[person][number - 1] for person in (5, 2, 1)
            if number in present[person]})
    assert [answer.id for answer in answers] == [1, 2, 5]
    for answer in answers:
        numbers = [n for n in present[answer.id] if n > 12 - WINDOW]
        expected = predict(model, pipeline, images[answer.id][np.array(numbers) - 1])
        np.testing.assert_allclose(answer.now, scores_of(expected), **FLOAT32)
        for name, weights in expected.attention.items():
            np.testing.assert_allclose(answer.window.attention[name], weights, **FLOAT32)
        assert answer.seen == (answer.id == 1)
        assert answer.coverage == len(numbers) / WINDOW
        assert set(answer.window.frames) <= set(numbers)


def test_each_frame_passes_the_trunk_once():
    recognizer, model, _ = stream(frame_chunk=64)
    model.backbone = CountingTrunk(model.backbone)
    for number, image in enumerate(faces(30), start=1):
        recognizer.update(number, {1: image, 2: image})
    assert model.backbone.calls == [2] * 30


def test_frames_without_a_face_are_left_out_of_the_window():
    recognizer, model, pipeline = stream()
    images = faces(12)
    for number in range(1, 13):
        absent = number in (6, 7, 10)
        answers = recognizer.update(number, {} if absent else {4: images[number - 1]})
        assert answers[0].seen == (not absent)
    kept = [5, 8, 9, 11, 12]
    assert answers[0].window.frames.tolist() == kept and answers[0].coverage == 5 / 8
    expected = predict(model, pipeline, images[np.array(kept) - 1])
    assert np.array_equal(answers[0].now, scores_of(expected))


@pytest.mark.parametrize('policy', ['drop', 'interpolate', 'repeat', 'mask'])
@pytest.mark.parametrize('method', ['fan', 'temporal softmax', 'ceflnet', 'blstm',
                                    'blstm of frames', 'sa, ca, fa'])
def test_policy_for_missing_faces_is_that_of_the_test(method, policy):
    model, pipeline = build(method, frame_chunk=1)
    pipeline = [dict(type='MissingFaces', policy=policy), *pipeline]
    recognizer, images = StreamingRecognizer(model, pipeline, window=WINDOW), faces(20)
    seen = np.array([n not in (1, 2, 6, 7, 8, 11, 12, 14, 20) for n in range(1, 21)])
    for number in range(1, 21):
        answers = recognizer.update(number, {3: images[number - 1]} if seen[number - 1] else {})
        if number not in (5, 8, 13, 20):
            continue
        window = slice(max(number - WINDOW, 0), number)
        expected = predict(model, pipeline, images[window][seen[window]], seen[window])
        scores = answers[0].window.frame_probabilities
        scores = answers[0].now if scores is None else scores
        assert np.array_equal(scores, scores_of(expected))
        for name, weights in expected.attention.items():
            assert np.array_equal(answers[0].window.attention[name], weights.numpy()), name
        assert np.array_equal(answers[0].window.frames, video_frames(expected) + window.start)
        counts = np.ones(len(video_frames(expected)), bool)
        if policy == 'mask' and expected.get('frame_present') is not None:
            counts = counted_frames(expected.frame_present)
        assert np.array_equal(answers[0].window.even_share, counts / counts.sum())


def test_of_a_model_that_answers_per_frame_the_newest_frame_with_a_face_counts():
    model, pipeline = build('blstm of frames')
    recognizer = StreamingRecognizer(model, [dict(type='MissingFaces', policy='mask'), *pipeline],
                                     window=WINDOW)
    for number, image in enumerate(faces(6), start=1):
        answer, = recognizer.update(number, {} if number > 4 else {1: image})
    assert answer.window.frames.tolist() == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(answer.now, answer.window.frame_probabilities[3])
    assert not answer.seen and answer.coverage == 4 / 6


def test_frames_that_never_came_are_frames_without_a_face():
    recognizer, *_ = stream()
    images = faces(3)
    for number, image in zip((10, 13, 19), images):
        answer, = recognizer.update(number, {1: image})
    assert answer.window.frames.tolist() == [13, 19] and answer.coverage == 2 / 8


def test_coverage_counts_from_the_first_frame():
    recognizer, *_ = stream()
    assert recognizer.update(1, {}) == []
    assert recognizer.update(2, {1: faces(1)[0]})[0].coverage == 1 / 2


@pytest.mark.parametrize('gap, remembered', [(2, True), (3, False)])
def test_people_are_forgotten_after_a_gap(gap, remembered):
    recognizer, *_ = stream(forget_after=3)
    image = faces(1)[0]
    for number in (1, 2):
        recognizer.update(number, {7: image})
    for number in range(3, 3 + gap):
        recognizer.update(number, {})
    assert recognizer.people == ((7, ) if remembered else ())
    answer, = recognizer.update(3 + gap, {7: image})
    assert answer.window.frames.tolist() == ([1, 2] if remembered else []) + [3 + gap]


def test_nobody_is_kept_longer_than_the_window():
    recognizer, *_ = stream()
    image = faces(1)[0]
    for number in range(1, 200):
        recognizer.update(number, {number // 3: image})
        assert len(recognizer.people) <= 4


def test_stride_and_fewest_frames():
    recognizer, *_ = stream(stride=3, min_frames=2)
    images = faces(20)
    answered = [number for number in range(1, 16)
                if recognizer.update(number, {} if number in (1, 7, 8) else {
                    1: images[number]})]
    # frame 3 is the first with two faces in the window
    assert answered == [3, 6, 9, 12, 15]


def test_answers_wait_for_somebody():
    recognizer, *_ = stream(stride=5)
    images = faces(20)
    answered = [number for number in range(1, 16)
                if recognizer.update(number, {1: images[number]} if number >= 4 else {})]
    assert answered == [4, 9, 14]


def test_reset_is_for_another_video():
    recognizer, *_ = stream()
    images = faces(3)
    before = [recognizer.update(n, {1: image})[0] for n, image in enumerate(images, start=1)]
    with pytest.raises(MediaError, match='frame 3 came after frame 3.*reset'):
        recognizer.update(3, {})
    recognizer.reset()
    again = [recognizer.update(n, {1: image})[0] for n, image in enumerate(images, start=1)]
    for one, other in zip(before, again):
        assert np.array_equal(one.now, other.now)
        assert one.coverage == other.coverage == 1


def test_crops_may_differ_in_size_where_the_pipeline_makes_them_one():
    recognizer, model, pipeline = stream()
    small, large = faces(1, size_px=30)[0], faces(1, size_px=70)[0]
    answers = recognizer.update(1, {1: small, 2: large})
    for answer, image in zip(answers, (small, large)):
        expected = scores_of(predict(model, pipeline, image[None]))
        np.testing.assert_allclose(answer.now, expected, **FLOAT32)


def test_attention_has_its_names():
    recognizer, *_ = stream('ceflnet')
    answer, = recognizer.update(1, {1: faces(1)[0]})
    assert answer.window.attention[CLIP_SCORES].shape == (7, )
    assert answer.window.attention[FRAME_WEIGHTS].shape == (35, )
    assert answer.window.frames.tolist() == [1] * 35


@pytest.mark.parametrize('settings, message', [
    (dict(window=0), 'window=0: must be at least 1'),
    (dict(stride=0), 'stride=0: must be at least 1'),
    (dict(min_frames=0), 'min_frames=0: must be at least 1'),
    (dict(min_frames=9), 'min_frames=9: a window has 8 frames'),
    (dict(forget_after=0), 'forget_after=0: must be at least 1'),
    (dict(forget_after=9), 'forget_after=9: a window has 8 frames'),
    (dict(frame_chunk=0), 'frame_chunk=0'),
])
def test_impossible_numbers_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        stream(**settings)


@pytest.mark.parametrize('steps, message', [
    ([dict(type='SegmentSample', num_segments=3), *STEPS], 'SegmentSample .* at random'),
    ([UNIFORM, *STEPS[:3], dict(type='Flip', flip_ratio=.5), *STEPS[3:]], 'Flip .* at random'),
    ([dict(type='WindowSample', length=8, tail='zeros'), *STEPS], 'answer for full windows only'),
    ([dict(type='WindowSample', length=4), *STEPS], 'window=8: .*windows of 4 frames'),
    ([dict(type='TestTimeAug', transforms=[])], 'test-time augmentation'),
])
def test_pipelines_that_cannot_stream_are_refused(steps, message):
    with pytest.raises(ConfigError, match=message):
        StreamingRecognizer(make_recognizer(), steps, window=WINDOW)


def test_models_that_cannot_stream_are_refused():
    preprocessor = ActionDataPreprocessor()  # built here: its name is mmaction's alone
    c3d = MODELS.build(dict(
        type='Recognizer3D', backbone=dict(type='C3D'), data_preprocessor=preprocessor,
        cls_head=dict(type='I3DHead', num_classes=3, in_channels=4096, spatial_type=None)))
    for model in (c3d, ClipTTAModel(make_recognizer())):
        with pytest.raises(ConfigError, match=f'{type(model).__name__} does not encode a video '
                                              'frame by frame'):
            StreamingRecognizer(model, [ALL, *STEPS])


def test_full_windows_need_no_filling():
    model, _ = build('blstm of frames')
    steps = [dict(type='WindowSample', length=4, tail='zeros'), *STEPS]
    recognizer = StreamingRecognizer(model, steps, min_frames=4)
    assert recognizer.window == 4
    answered = [bool(recognizer.update(n, {1: image})) for n, image in enumerate(faces(6))]
    assert answered == [False] * 3 + [True] * 3


def test_windows_are_of_50_frames_unless_the_sampler_says_otherwise():
    assert StreamingRecognizer(make_recognizer(), [UNIFORM, *STEPS]).window == 50


def test_from_config_and_checkpoint(tmp_path):
    config, checkpoint = tmp_path / 'fan.py', tmp_path / 'fan.pth'
    model, cfg = write_fan(tmp_path), Config.fromfile(config)
    recognizer = StreamingRecognizer.from_config(config, checkpoint, device='cpu', window=4,
                                                 stride=2)
    assert recognizer.classes == CLASSES and recognizer.window == 4
    images = faces(5)
    for number, image in enumerate(images):
        answers = recognizer.update(number, {1: image})
    expected = predict(model, cfg.test_pipeline, images[1:])
    np.testing.assert_allclose(answers[0].now, expected.pred_score, **FLOAT32)
    recognizer = StreamingRecognizer.from_config(
        config, checkpoint, device='cpu', cfg_options={
            'test_dataloader.dataset.pipeline.1.size': (48, 48)})
    assert recognizer.transforms(images[0]).shape == (1, 3, 48, 48)
    with pytest.raises(CheckpointError, match='does not exist'):
        StreamingRecognizer.from_config(config, tmp_path / 'none.pth')


METHOD_CONFIGS = {
    'fan': 'configs/fan/fan_r18_unified.py',
    'fan of all frames': 'configs/fan/fan_r18_ckplus.py',
    'temporal softmax': 'configs/sa_tp/sa-tp_r18_unified.py',
    'ceflnet': 'configs/ceflnet/ceflnet_r18_generic.py',
    'sa-ca-fa': 'configs/sa_ca_fa/sa-ca-fa_r18_unified.py',
    'blstm': 'configs/cbam_blstm/blstm_r18_unified.py',
}


@pytest.mark.parametrize('config', METHOD_CONFIGS.values(), ids=METHOD_CONFIGS)
def test_a_method_s_config_answers_as_in_a_test_bit_for_bit(config, small):
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', frame_chunk=1,
                                      cfg_options=settings)
    recognizer = StreamingRecognizer.from_config(ROOT / config, checkpoint, 'cpu', settings,
                                                 window=20, stride=23, frame_chunk=1)
    images = faces(24)
    for number, image in enumerate(images, start=1):
        answers = recognizer.update(number, {1: image})
    expected, = inferencer.answer_clips([images[4:]])
    window = answers[0].window
    assert np.array_equal(window.probabilities, expected.probabilities)
    assert window.label == expected.label == answers[0].label
    assert window.frames.tolist() == (expected.frames + 4).tolist()
    assert window.clips == expected.clips and window.attention.keys() == expected.attention.keys()
    for name, weights in expected.attention.items():
        assert np.array_equal(window.attention[name], weights), name


@pytest.mark.slow
def test_every_config_streams_unless_its_model_looks_at_several_frames_at_once():
    configs = sorted(path for path in (ROOT / 'configs').glob('[!_]*/*.py'))
    refused = []
    for path in configs:
        cfg = load_config(path)
        if cfg.model.type != 'ExpressionRecognizer':
            refused.append(path.name)
            continue
        sampling, transforms = split_pipeline(cfg.test_dataloader.dataset.pipeline)
        FrameTransforms(transforms)
        sampling = WindowSampling(sampling)
        for total in (1, sampling.longest or 50):
            sampling.plan(np.ones(total, bool))
    assert len(configs) > 100
    assert refused == ['c3d-lstm_bu4dfe.py', 'c3d_bu4dfe.py', 'i3d_r50_generic.py']
