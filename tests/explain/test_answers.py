import numpy as np
import pytest
import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.explain.answers import (
    check_recognizer,
    choose_label,
    class_scores,
    evaluating,
    probabilities,
)
from mmfer.models.preprocessor import pack_frames
from mmfer.testing import make_batch
from mmfer.testing.recognizers import make_recognizer

BLSTM = dict(type='BLSTMHead', hidden_channels=4)


def test_modes_come_back_each_its_own():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.Dropout()))
    model[1].eval()
    with pytest.raises(KeyError), evaluating(model):
        assert not any(part.training for part in model.modules())
        raise KeyError
    assert [part.training for part in model.modules()] == [True, True, False, False]


@pytest.mark.parametrize('parts', [dict(neck=dict(type='FANNeck')), dict(head=BLSTM)])
def test_several_videos_are_as_one_by_one(parts):
    model, frames = make_recognizer(**parts), make_batch([3, 5])['inputs']
    together, alone = pack_frames(frames), [pack_frames([one]) for one in frames]
    for function in (lambda inputs: probabilities(model, inputs),
                     lambda inputs: class_scores(model.eval(), inputs, 'logit').detach().numpy(),
                     lambda inputs: class_scores(model.eval(), inputs).detach().numpy()):
        np.testing.assert_allclose(function(together),
                                   np.concatenate([function(one) for one in alone]), rtol=1e-9)
    np.testing.assert_allclose(probabilities(model, together).sum(1), 1, rtol=1e-9)


def test_scores_and_probabilities_agree():
    model, inputs = make_recognizer(dict(type='MeanNeck')), pack_frames(make_batch([3])['inputs'])
    model.eval()
    p = probabilities(model, inputs)
    np.testing.assert_allclose(class_scores(model, inputs).exp().detach(), p, rtol=1e-9)
    np.testing.assert_allclose(class_scores(model, inputs, 'logit').softmax(-1).detach(), p,
                               rtol=1e-9)


def test_choice_of_the_class():
    assert choose_label(torch.tensor([1., 3., 2.]), None) == 1
    assert choose_label(torch.tensor([1., 3., 2.]), 0) == 0
    for label in (-1, 3):
        with pytest.raises(ConfigError, match='0 to 2'):
            choose_label(torch.zeros(3), label)


def test_other_models_are_refused():
    with pytest.raises(ConfigError, match='frame by frame'):
        check_recognizer(nn.Linear(1, 1))
