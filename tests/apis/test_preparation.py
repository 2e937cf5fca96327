"""The test pipeline taken apart and put to crops."""
import numpy as np
import pytest

from mmfer.apis.clips import CropClip
from mmfer.apis.preparation import TestPipeline
from mmfer.configuration import load_config
from mmfer.errors import ConfigError

from .conftest import ROOT, crops_of

LOAD = [dict(type='LoadFrames'), dict(type='FormatFrames'), dict(type='PackExpressionInputs')]


def pipeline(*steps, **dataset):
    cfg = load_config(ROOT / 'configs/fan/fan_r18_unified.py')
    cfg.test_dataloader.dataset.update(pipeline=[*steps, *LOAD], **dataset)
    return TestPipeline(cfg)


def clip(numbers, face_status=None):
    images = np.stack(list(crops_of('b').values()))[:len(numbers)]
    return CropClip.of_images(images, 'b', numbers, face_status)


def test_a_layout_says_where_the_sampled_frames_are():
    (layout, ) = pipeline(dict(type='UniformSample', num_frames=4)).layouts(clip([1, 5, 6, 9, 11]))
    # positions (2 i + 1) 5 // 8 = 0, 1, 3, 4
    assert layout.rows.tolist() == [0, 1, 3, 4] and layout.numbers.tolist() == [1, 5, 9, 11]
    assert layout.clips == (1, 4) and not layout.blank.any() and layout.present.all()


def test_clips_windows_and_fillings():
    made = pipeline(dict(type='WindowSample', length=3, tail='zeros'), repeat=dict(windows=3))
    assert made.repeats(clip([1, 2, 3, 4])) == 2
    first, second = made.layouts(clip([1, 2, 3, 4]))
    assert first.rows.tolist() == [0, 1, 2] and not first.blank.any()
    assert second.rows.tolist() == [3, 3, 3] and second.blank.tolist() == [False, True, True]


@pytest.mark.parametrize(('policy', 'rows', 'numbers', 'present'), [
    ('drop', [0, 2], [1, 4], [1, 1]), ('interpolate', [0, 1, 2], [1, 3, 4], [1, 1, 1]),
    ('repeat', [0, 0, 1, 2], [1, 2, 3, 4], [1, 1, 1, 1]),
    ('mask', [0, 0, 1, 2], [1, 2, 3, 4], [1, 0, 1, 1])])
def test_frames_without_a_face_are_treated_as_the_pipeline_says(policy, rows, numbers, present):
    status = 'found*1 absent*1 interpolated*1 tracked*1'
    (layout, ) = pipeline(dict(type='MissingFaces', policy=policy),
                          dict(type='AllFrames')).layouts(clip([1, 3, 4], status))
    assert layout.rows.tolist() == rows and layout.numbers.tolist() == numbers
    assert layout.present.tolist() == [bool(value) for value in present]


def test_windows_are_counted_after_the_policy():
    made = pipeline(dict(type='MissingFaces', policy='repeat'),
                    dict(type='WindowSample', length=2), repeat=dict(windows=2))
    assert made.repeats(clip([1, 4, 6])) == 3  # of 6 frames
    assert [layout.numbers.tolist() for layout in made.layouts(clip([1, 4, 6]))] == [
        [1, 2], [3, 4], [5, 6]]


def test_frames_are_those_of_the_whole_pipeline():
    made = pipeline(dict(type='AllFrames'))
    one = clip([2, 4, 5])
    whole = made.pack(one)['inputs']
    np.testing.assert_array_equal(made.frames(one, np.array([0, 2])).numpy(),
                                  whole[[0, 2]].numpy())


def test_draws_follow_from_seed_and_position():
    made = pipeline(dict(type='SegmentSample', num_segments=3))
    one = clip(list(range(1, 20)))
    drawn = [next(made.layouts(one, position)).rows.tolist() for position in (0, 0, 1, 2, 3)]
    assert drawn[0] == drawn[1] and len({tuple(rows) for rows in drawn}) > 1
    packed = made.pack(one, 2)['data_samples']
    assert packed.frame_inds.tolist() == drawn[3]


def test_pipelines_that_cannot_take_crops_are_refused():
    cfg = load_config(ROOT / 'configs/fan/fan_r18_unified.py')
    cfg.test_dataloader.dataset.pipeline = [dict(type='AllFrames'), dict(type='RawFrameDecode')]
    with pytest.raises(ConfigError, match='LoadFrames'):
        TestPipeline(cfg)
    cfg.test_dataloader = None
    with pytest.raises(ConfigError, match='LoadFrames'):
        TestPipeline(cfg)


def test_several_pictures_of_a_frame_cannot_be_encoded_one_by_one():
    cfg = load_config(ROOT / 'configs/fan/fan_r18_unified.py')
    cfg.test_dataloader.dataset.pipeline = [
        dict(type='AllFrames'), LOAD[0], dict(type='ThreeCrop', crop_size=24), *LOAD[1:]]
    made = TestPipeline(cfg)
    with pytest.raises(ConfigError, match='one by one'):
        made.frames(clip([1, 2]), np.array([0, 1]))
