import random

import numpy as np
import pytest
import torch

from mmfer.apis.pipeline import apply_step, split_pipeline
from mmfer.errors import ConfigError

from .offline import STEPS, UNIFORM


def test_pipeline_is_parted_at_load_frames():
    before, behind = split_pipeline([UNIFORM, *STEPS])
    assert [type(step).__name__ for step in before] == ['UniformSample']
    assert [type(step).__name__ for step in behind] == [
        'LoadFrames', 'Resize', 'CenterCrop', 'FormatFrames', 'PackExpressionInputs']


@pytest.mark.parametrize('pipeline, message', [
    ([UNIFORM, dict(type='mmaction.RawFrameDecode')],
     r'\(UniformSample, mmaction.RawFrameDecode\) has no LoadFrames'),
    ([dict(type='TestTimeAug', transforms=[[UNIFORM], [dict(type='LoadFrames')]])],
     r'\(TestTimeAug\) is one of test-time augmentation, which takes several views'),
])
def test_pipelines_without_load_frames_are_refused(pipeline, message):
    with pytest.raises(ConfigError, match=message):
        split_pipeline(pipeline)


def test_building_draws_from_a_generator_of_its_own():
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    split_pipeline([UNIFORM, dict(type='LoadFrames'), dict(type='ColorJitter')])
    assert np.random.rand() == expected


@pytest.mark.parametrize('draw', [lambda: np.random.rand(), lambda: random.random(),
                                  lambda: torch.rand(1), lambda: np.random.permutation(2)])
def test_a_draw_from_any_generator_is_noticed(draw):

    def step(sample):
        draw()
        return sample

    with pytest.raises(ConfigError, match='function in the test pipeline moves at random'):
        apply_step(step, {}, 'moves')


def test_a_step_that_rejects_the_sample_is_named():
    with pytest.raises(ConfigError, match='function in the test pipeline rejects a sample'):
        apply_step(lambda sample: None, {}, 'moves')
    assert apply_step(lambda sample: sample, {'a': 1}, 'moves') == {'a': 1}
