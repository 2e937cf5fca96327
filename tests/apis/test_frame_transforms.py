import cv2
import numpy as np
import pytest

from mmfer.apis.frame_transforms import FrameTransforms
from mmfer.apis.pipeline import split_pipeline
from mmfer.datasets.memory_frames import MemoryFrames
from mmfer.errors import ConfigError, MediaError
from mmfer.registry import TRANSFORMS

from .offline import STEPS, UNIFORM, faces

END = [dict(type='FormatFrames'), dict(type='PackExpressionInputs')]
LOAD = dict(type='LoadFrames')


def transforms(*steps):
    return FrameTransforms(split_pipeline([UNIFORM, *steps])[1])


@pytest.mark.parametrize('steps', [
    STEPS,
    [dict(type='LoadFrames', size=(32, 24)), *END],
    [dict(type='LoadFrames', size=(32, 24), interpolation='bicubic', resize_library='pillow'),
     *END],
    [LOAD, dict(type='RepeatFrames'), dict(type='Resize', scale=(30, 30)), *END],
])
def test_a_frame_alone_is_the_bits_of_that_frame_in_a_clip(steps):
    images, alone = faces(4), transforms(*steps)
    sample = dict(clip='one', memory_frames=MemoryFrames(images), start_index=0, total_frames=4,
                  frame_inds=np.arange(4), num_clips=1, clip_len=4, modality='RGB', offset=0)
    for step in steps:
        sample = TRANSFORMS.build(step)(sample)
    before = images.copy()
    for image, expected in zip(images, sample['inputs'].numpy(), strict=True):
        frame = alone(image)
        assert frame.shape[0] == 1 and np.array_equal(frame[0].numpy(), expected)
    assert np.array_equal(images, before)


def test_resize_and_crop_are_opencv_s():
    image = faces(1)[0]
    expected = cv2.resize(image, (36, 36), interpolation=cv2.INTER_LINEAR)[2:34, 2:34]
    assert np.array_equal(transforms(*STEPS)(image)[0].permute(1, 2, 0).numpy(), expected)


class Difference:
    """Each frame less the one before it."""

    def __call__(self, sample):
        images = np.stack(sample['imgs'])
        images[1:] -= images[:-1]
        return dict(sample, imgs=list(images))


class Brightness:
    """Every frame as bright as the mean of the clip."""

    def __call__(self, sample):
        images = np.stack(sample['imgs']).astype(float)
        images *= images.mean() / images.mean((1, 2, 3), keepdims=True)
        return dict(sample, imgs=list(images.clip(0, 255).astype(np.uint8)))


@pytest.mark.parametrize('step, message', [
    (Difference(), 'Difference .* something else of several frames'),
    (Brightness(), 'Brightness .* something else of several frames'),
    (dict(type='ThreeCrop', crop_size=256), 'ThreeCrop .* something else of several frames'),
    (dict(type='Flip', flip_ratio=.5), 'Flip in the test pipeline changes frames at random'),
    (dict(type='Flip', flip_ratio=0.), 'Flip .* at random'),
    (dict(type='RandomRotate'), 'RandomRotate .* at random'),
    (dict(type='ColorJitter'), 'ColorJitter .* at random'),
    (dict(type='RandomCrop', size=20), 'RandomCrop .* at random'),
])
def test_steps_that_cannot_stream_are_refused_by_name(step, message):
    with pytest.raises(ConfigError, match=message):
        transforms(LOAD, step, *END)


@pytest.mark.parametrize('end, message', [
    ([dict(type='RepeatFrames'), dict(type='FormatShape', input_format='NCTHW'),
      dict(type='PackExpressionInputs')], 'FormatShape .* something else of several frames'),
    ([dict(type='FormatFrames')], 'end it with FormatFrames and PackExpressionInputs'),
    ([dict(type='PackExpressionInputs')], 'end it with|PackExpressionInputs'),
])
def test_other_ends_are_refused(end, message):
    with pytest.raises(ConfigError, match=message):
        transforms(LOAD, *end)


@pytest.mark.parametrize('image', [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)),
                                   np.zeros((0, 8, 3), np.uint8)])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(MediaError, match=r'uint8 \(H, W, 3\)'):
        transforms(*STEPS)(image)
