"""Answers do not depend on the device, in clips, in videos of crops and in streams."""
import numpy as np
import pytest
import torch

from mmfer.apis import ExpressionInferencer
from mmfer.apis.streaming import StreamingRecognizer
from mmfer.testing import BFLOAT16, FLOAT32

from .conftest import ROOT
from .offline import faces

CONFIGS = {'fan': 'configs/fan/fan_r18_unified.py',
           'ceflnet': 'configs/ceflnet/ceflnet_r18_generic.py'}
COUNT = 24
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')


def answers_of(config, settings, checkpoint, device, amp=False):
    """Of the same crops as a clip, with test-time augmentation, in a video, and in a stream."""
    images, answers = faces(COUNT), []
    for tta in (False, True):
        inferencer = ExpressionInferencer(config, checkpoint, device, amp, cfg_options=settings,
                                          tta=tta)
        assert next(inferencer.model.parameters()).device.type == device
        answers += inferencer.answer_clips([images])
        answers.append(inferencer(images, crops=True).people[0].answer)
    stream = StreamingRecognizer.from_config(config, checkpoint, device, settings, window=COUNT,
                                             min_frames=COUNT, amp=amp)
    for number, image in enumerate(images, start=1):
        found = stream.update(number, {1: image})
    return [*answers, found[0].window]


@pytest.mark.parametrize('device, amp', [
    pytest.param('cpu', True, id='cpu, amp'),
    pytest.param('cuda', False, marks=needs_gpu, id='cuda'),
    pytest.param('cuda', True, marks=needs_gpu, id='cuda, amp')])
@pytest.mark.parametrize('config', CONFIGS.values(), ids=CONFIGS)
def test_answers_are_those_of_a_cpu_in_full_precision(config, device, amp, small, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', False)
    settings, checkpoint = small(config)
    exact = answers_of(ROOT / config, settings, checkpoint, 'cpu')
    found = answers_of(ROOT / config, settings, checkpoint, device, amp)
    tolerance = BFLOAT16 if amp else FLOAT32
    for one, other in zip(found, exact, strict=True):
        assert one.probabilities.dtype == np.float32
        assert one.frames.tolist() == other.frames.tolist()
        np.testing.assert_allclose(one.probabilities, other.probabilities, **tolerance)
        assert not amp or not np.array_equal(one.probabilities, other.probabilities)
        assert one.attention.keys() == other.attention.keys()
        for name, weights in other.attention.items():
            np.testing.assert_allclose(one.attention[name], weights, **tolerance)
