import numpy as np
import pytest
import torch

from mmfer.apis.encoder import FrameEncoder
from mmfer.apis.frame_transforms import FrameTransforms
from mmfer.apis.pipeline import split_pipeline
from mmfer.apis.windows import WindowSampling, answer_windows
from mmfer.errors import ConfigError
from mmfer.structures import CLIP_SCORES, FRAME_WEIGHTS, SPATIAL_MAPS
from mmfer.testing import BFLOAT16, FLOAT32

from .offline import ALL, METHODS, UNIFORM, build, faces, predict, scores_of


def full(total):
    """A window with a face on every frame."""
    return np.ones(total, bool)


def kept(encoder, pipeline, images):
    """The vectors of crops, and the sampling of their pipeline."""
    before, behind = split_pipeline(pipeline)
    transforms = FrameTransforms(behind)
    return encoder(torch.cat([transforms(image) for image in images])), WindowSampling(before)


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('total', [1, 8])
def test_answers_are_the_bits_of_a_test_on_the_same_frames(method, total):
    # one frame at a time, so that the trunk's sums do not depend on which others were sampled
    model, pipeline = build(method, frame_chunk=1)
    images = faces(total)
    encoder = FrameEncoder(model)
    vectors, sampling = kept(encoder, pipeline, images)
    answer, = answer_windows(encoder, [vectors], [sampling.plan(full(total))])
    expected = predict(model, pipeline, images)
    assert torch.equal(scores_of(answer), scores_of(expected))
    assert answer.attention.keys() == expected.attention.keys()
    for name, weights in expected.attention.items():
        assert torch.equal(answer.attention[name], weights), name
    plan = sampling.plan(full(total))
    assert plan.rows.tolist() == np.ravel(expected.frame_inds).tolist()
    assert plan.clips == (answer.num_clips, answer.clip_len)


@pytest.mark.parametrize('method', METHODS)
def test_chunks_and_company_change_nothing_but_the_order_of_sums(method):
    model, pipeline = build(method, dtype=torch.float64)
    clips = [faces(total, seed) for seed, total in enumerate((8, 3, 5))]
    encoder = FrameEncoder(model, frame_chunk=4)
    found = [kept(encoder, pipeline, images) for images in clips]
    answers = answer_windows(encoder, [vectors for vectors, _ in found],
                             [sampling.plan(full(len(vectors))) for vectors, sampling in found])
    for answer, images in zip(answers, clips, strict=True):
        expected = predict(model, pipeline, images)
        torch.testing.assert_close(scores_of(answer), scores_of(expected), **FLOAT32)
        torch.testing.assert_close(answer.attention, expected.attention, **FLOAT32)


def test_scores_differ_between_windows():
    model, pipeline = build('fan')
    encoder = FrameEncoder(model)
    vectors, sampling = kept(encoder, pipeline, faces(12))
    early, late = answer_windows(encoder, [vectors.take(slice(0, 8)), vectors.take(slice(4, 12))],
                                 [sampling.plan(full(8))] * 2)
    assert (scores_of(early) - scores_of(late)).abs().max() > 1e-3


def test_attention_has_its_names_and_axes():
    model, pipeline = build('ceflnet')
    encoder = FrameEncoder(model)
    vectors, sampling = kept(encoder, pipeline, faces(40))
    answer, = answer_windows(encoder, [vectors], [sampling.plan(full(40))])
    assert (answer.num_clips, answer.clip_len) == (7, 5)
    assert answer.attention[CLIP_SCORES].shape == (7, )
    assert answer.attention[FRAME_WEIGHTS].shape == (35, )
    model, pipeline = build('spatial attention and temporal softmax')
    encoder = FrameEncoder(model)
    vectors, sampling = kept(encoder, pipeline, faces(40))
    answer, = answer_windows(encoder, [vectors], [sampling.plan(full(40))])
    assert answer.attention[SPATIAL_MAPS].shape == (6, 2, 4, 4)
    assert sampling.plan(full(40)).rows.tolist() == [3, 10, 16, 23, 30, 36]


def test_amp_is_near_the_test_under_amp():
    model, pipeline = build('fan')
    images = faces(8)
    encoder = FrameEncoder(model, amp=True)
    vectors, sampling = kept(encoder, pipeline, images)
    answer, = answer_windows(encoder, [vectors], [sampling.plan(full(8))])
    with torch.autocast('cpu'):
        expected = predict(model, pipeline, images)
    torch.testing.assert_close(scores_of(answer), scores_of(expected), **BFLOAT16)


def test_no_window_no_answer():
    assert answer_windows(FrameEncoder(build('fan')[0]), [], []) == []


def test_neck_that_wants_a_number_of_frames_says_so():
    model, pipeline = build('sa, ca, fa')
    encoder = FrameEncoder(model)
    vectors, sampling = kept(encoder, [ALL, *pipeline[1:]], faces(2))
    with pytest.raises(ConfigError, match='a video has 2 frames instead of num_frames=6'):
        answer_windows(encoder, [vectors], [sampling.plan(full(2))])


@pytest.mark.parametrize('sampler, message', [
    (dict(type='SegmentSample', num_segments=3), 'SegmentSample in the test pipeline samples '
     'frames at random'),
    (dict(type='RandomSample', num_frames=3), 'RandomSample .* at random'),
    (dict(type='ContinuousSample', length=3), 'ContinuousSample .* at random'),
    (dict(type='ClipSample'), 'ClipSample .* at random'),
    (dict(type='WindowSample', length=8, tail='zeros'), 'fills a window of 5 frames up with '
     'black ones'),
    (dict(type='MapFrameNumbers'), r'no sampler before LoadFrames \(MapFrameNumbers\)'),
])
def test_samplers_that_cannot_stream_are_refused(sampler, message):
    sampling = WindowSampling(split_pipeline([sampler, dict(type='LoadFrames')])[0])
    with pytest.raises(ConfigError, match=message):
        sampling.plan(full(5))


def test_samplers_of_mmaction_serve():
    sampling = WindowSampling(split_pipeline([
        dict(type='mmaction.SampleFrames', clip_len=2, num_clips=2, test_mode=True),
        dict(type='MapFrameNumbers'), dict(type='LoadFrames')])[0])
    # the first clip of 2 begins with the window, the last one ends with it
    assert sampling.plan(full(5)).rows.tolist() == [0, 1, 3, 4]
    assert sampling.plan(full(5)).clips == (2, 2)


def test_longest_window_of_a_sampler():
    steps = [dict(type='WindowSample', length=4, tail='shift'), dict(type='LoadFrames')]
    sampling = WindowSampling(split_pipeline(steps)[0])
    assert sampling.longest == 4
    assert sampling.plan(full(3)).rows.tolist() == [0, 1, 2]
    assert WindowSampling(split_pipeline([UNIFORM, dict(type='LoadFrames')])[0]).longest is None


@pytest.mark.parametrize('policy, rows, places, counted', [
    # sampled are the places 0, 2, 3, 5 of 6; faces are on 1, 2 and 5
    ('repeat', [0, 1, 1, 2], [0, 2, 3, 5], [True] * 4),
    ('mask', [1, 1, 1, 2], [0, 2, 3, 5], [False, True, False, True]),
    # sampled are the places 0, 1, 1, 2 of the three faces
    ('drop', [0, 1, 1, 2], [1, 2, 2, 5], [True] * 4),
    ('interpolate', [0, 1, 1, 2], [1, 2, 2, 5], [True] * 4),
    (None, [0, 1, 1, 2], [1, 2, 2, 5], [True] * 4),
])
def test_frames_without_a_face(policy, rows, places, counted):
    steps = [dict(type='UniformSample', num_frames=4), dict(type='LoadFrames')]
    if policy is not None:
        steps.insert(0, dict(type='MissingFaces', policy=policy))
    sampling = WindowSampling(split_pipeline(steps)[0])
    for _ in range(2):
        plan = sampling.plan(np.array([False, True, True, False, False, True]))
        assert plan.rows.tolist() == rows and plan.places.tolist() == places
        assert plan.counted.tolist() == counted


def test_a_plan_is_made_once():
    calls = []

    def sampler(sample):
        calls.append(sample['total_frames'])
        return dict(sample, frame_inds=np.arange(sample['total_frames']))

    sampling = WindowSampling([sampler])
    for _ in range(2):
        assert sampling.plan(full(3)).clips == (1, 3)
        assert sampling.plan(full(4)).clips == (1, 4)
    assert calls == [3, 4]


@pytest.mark.parametrize('inds', [[-1, 0], [0, 3], []])
def test_frames_outside_of_a_window_are_refused(inds):
    sampling = WindowSampling([lambda sample: dict(sample, frame_inds=np.array(inds, int))])
    with pytest.raises(ConfigError, match='of a window of 3 frames'):
        sampling.plan(full(3))
