import pytest
import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.explain import grad_cam, grad_cam_maps
from mmfer.explain.answers import class_scores
from mmfer.explain.grad_cam import layer_gradients
from mmfer.testing import FLOAT64
from mmfer.testing.recognizers import make_recognizer, make_video

MEAN = dict(type='MeanNeck')
LSTM = dict(type='LSTMNeck', hidden_channels=6)
CEFLNET = dict(type='CEFLNeck', num_heads=1)
SCORE_FUSION = dict(head=dict(type='ScoreFusionHead'))
TEMPORAL = dict(head=dict(type='TemporalSoftmaxHead'))


def maps_of(model, inputs):
    floats = model.data_preprocessor.normalize(inputs.frames)
    with torch.no_grad():
        return model.backbone(floats)


class TestClosedForm:
    """Mean over regions and frames, then a linear classifier: logit_c = w_c . mean A + b."""

    def expected(self, model, inputs, label):
        maps, (length, ) = maps_of(model, inputs), inputs.lengths
        counts = torch.bincount(inputs.gather, minlength=len(maps))
        regions = maps.shape[2] * maps.shape[3]
        weight = model.cls_head.fc.weight[label].detach()
        per_frame = [
            torch.relu(sum(weight[d] * counts[u] / (length * regions) * maps[u, d]
                           for d in range(maps.shape[1]))) for u in range(len(maps))]
        return torch.stack(per_frame)[inputs.gather].float()

    @pytest.mark.parametrize('label', [0, 1, 2])
    @pytest.mark.parametrize('gather', [None, [2, 0, 0, 3, 2, 2]])
    def test_map(self, label, gather):
        model, inputs = make_recognizer(MEAN), make_video(gather=gather)
        found = grad_cam(model, inputs, label)
        assert found.maps.shape == (inputs.lengths[0], 4, 4) and found.label == label
        torch.testing.assert_close(found.maps, self.expected(model, inputs, label),
                                   rtol=1e-6, atol=1e-9)
        assert found.maps.any()
        logits = model(inputs, mode='tensor')
        assert found.score == pytest.approx(float(logits[0, label].detach()), rel=1e-9)

    def test_the_predicted_class_is_the_default(self):
        model, inputs = make_recognizer(MEAN), make_video()
        label = int(model(inputs, mode='tensor').argmax())
        assert grad_cam(model, inputs).label == label

    def test_log_probability(self):
        # d log p_c = d logit_c - sum_j p_j d logit_j: linear in the classifier's rows
        model, inputs = make_recognizer(MEAN), make_video()
        p = model(inputs, mode='tensor').softmax(-1)[0].detach()
        found = grad_cam(model, inputs, 1, output='log_probability')
        with torch.no_grad():
            model.cls_head.fc.weight[1] -= p @ model.cls_head.fc.weight
        torch.testing.assert_close(found.maps, self.expected(model, inputs, 1), rtol=1e-6,
                                   atol=1e-9)

    def test_maps_of_clips(self):
        """Axes of regions may be any: (D, t, h, w) of a 3D trunk."""
        maps, slopes = torch.randn(2, 3, 4, 5, 6), torch.randn(2, 3, 4, 5, 6)
        alpha = slopes.mean((2, 3, 4))
        expected = (alpha[..., None, None, None] * maps).sum(1).clamp_min(0)
        torch.testing.assert_close(grad_cam_maps(maps, slopes), expected)


METHODS = [
    pytest.param(dict(neck=MEAN), None, id='mean'),
    pytest.param(dict(neck=dict(type='FANNeck')), None, id='fan'),
    pytest.param(dict(neck=LSTM), None, id='lstm'),
    pytest.param(SCORE_FUSION, None, id='score-fusion'),
    pytest.param(TEMPORAL, None, id='temporal-softmax'),
    pytest.param(dict(head=dict(type='BLSTMHead', hidden_channels=4)), None, id='blstm-per-frame'),
    pytest.param(dict(neck=CEFLNET), (2, 3), id='ceflnet'),
    pytest.param(dict(neck=LSTM, frozen=('backbone', )), None, id='frozen-trunk'),
]


@pytest.mark.parametrize('parts, clips', METHODS)
@pytest.mark.parametrize('output', ['logit', 'log_probability'])
def test_gradients_are_finite_differences(parts, clips, output):
    model, inputs = make_recognizer(**parts), make_video(4, [0, 1, 2, 3, 1, 1], clips)
    maps, slopes, label, score, layer = layer_gradients(model, inputs, None, None, output)
    assert layer == '' and maps.shape == (4, 5, 4, 4)
    torch.testing.assert_close(maps, maps_of(model, inputs), **FLOAT64)
    generator = torch.Generator().manual_seed(0)
    model.eval()
    for _ in range(3):
        direction = torch.randn(maps.shape, generator=generator, dtype=torch.float64)

        def moved(step):
            handle = model.backbone.register_forward_hook(lambda m, a, out: out + step * direction)
            with torch.no_grad():
                value = class_scores(model, inputs, output)[0, label]
            handle.remove()
            return float(value)

        slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
        assert slope == pytest.approx(float((slopes * direction).sum()), rel=1e-5, abs=1e-8)
    assert score == pytest.approx(moved(0.), rel=1e-9)


def test_nothing_of_the_model_changes():
    model, inputs = make_recognizer(LSTM, dict(type='LinearHead', dropout=.5)), make_video()
    model.train()
    model.backbone.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = grad_cam(model, inputs).maps, grad_cam(model, inputs).maps
    assert (first == second).all()  # no dropout
    assert model.cls_head.training and model.neck.training and not model.backbone.training
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all((before[name] == value).all() for name, value in model.state_dict().items())
    assert not model.backbone._forward_hooks


def test_chunks_of_frames_make_no_difference():
    model, inputs = make_recognizer(dict(type='FANNeck')), make_video(7)
    whole = grad_cam(model, inputs, 0)
    model.frame_chunk = 2
    torch.testing.assert_close(grad_cam(model, inputs, 0).maps, whole.maps)


def test_an_inner_layer_by_name():
    model, inputs = make_recognizer(MEAN), make_video()
    found = grad_cam(model, inputs, 0, 'conv')
    assert found.layer == 'conv' and found.maps.shape == (4, 4, 4)
    # tanh follows: its slope is part of the gradient
    floats = model.data_preprocessor.normalize(inputs.frames)
    maps = model.backbone.conv(floats).detach()
    slopes = (1 - maps.tanh()**2) * model.cls_head.fc.weight[0].view(1, -1, 1, 1) / (4 * 16)
    torch.testing.assert_close(found.maps, grad_cam_maps(maps, slopes.detach()).float())


def test_what_changes_maps_in_place_is_no_hindrance():
    model, inputs = make_recognizer(MEAN), make_video()
    model.backbone = nn.Sequential(model.backbone, nn.ReLU(inplace=True)).double()
    maps, slopes, *_ = layer_gradients(model, inputs, 1, '0')
    torch.testing.assert_close(maps, model.backbone[0](
        model.data_preprocessor.normalize(inputs.frames)).detach())
    assert (slopes[maps < 0] == 0).all() and (slopes[maps > 0] != 0).all()


@pytest.mark.parametrize('options, message', [
    (dict(layer='layer9'), "layer 'layer9'.*conv"), (dict(label=3), 'classes 0 to 2'),
    (dict(output='loss'), 'logit, log_probability'),
])
def test_wrong_options_are_named(options, message):
    with pytest.raises(ConfigError, match=message):
        grad_cam(make_recognizer(MEAN), make_video(), **options)


def test_takes_one_video_of_a_recognizer():
    two = make_video()
    two.lengths, two.clips = (2, 2), ((1, 2), (1, 2))
    with pytest.raises(ValueError, match='one at a time'):
        grad_cam(make_recognizer(MEAN), two)
    with pytest.raises(ConfigError, match='Linear does not encode'):
        grad_cam(nn.Linear(2, 2), make_video())
