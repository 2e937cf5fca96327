import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import MLPHead
from mmfer.structures import VideoFeatures
from mmfer.testing import FLOAT64, fill_parameters, make_batch

MASK = torch.ones(3, 2, dtype=torch.bool)
SAMPLES = make_batch([1, 1, 1], size_px=1, num_classes=4)['data_samples']


def test_equals_the_layers_written_out():
    head = fill_parameters(MLPHead(4, 5, hidden=(7, 6))).double().eval()
    feats = torch.randn(3, 5, dtype=torch.float64)
    x = feats.numpy()
    for layer in (head.hidden[0], head.hidden[2]):
        x = np.maximum(x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy(), 0)
    x = x @ head.fc.weight.detach().numpy().T + head.fc.bias.detach().numpy()
    logits, weights = head(VideoFeatures(feats, MASK))
    np.testing.assert_allclose(logits.detach().numpy(), x, **FLOAT64)
    assert weights == {}


@pytest.mark.parametrize('hidden, classes, count', [
    ((128, 64), 6, 512 * 128 + 128 + 128 * 64 + 64 + 64 * 6 + 6),
    ((256, 128), 7, 512 * 256 + 256 + 256 * 128 + 128 + 128 * 7 + 7),
    ((9, ), 3, 512 * 9 + 9 + 9 * 3 + 3),
])
def test_widths(hidden, classes, count):
    head = MLPHead(classes, 512, hidden=hidden)
    assert sum(p.numel() for p in head.parameters()) == count


def test_dropout_before_the_last_layer_in_training_only():
    head = fill_parameters(MLPHead(4, 50, dropout=0.5))
    features = VideoFeatures(torch.ones(3, 50), MASK)
    seen = []
    head.fc.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    head(features)
    hidden = head.hidden(features.feats)
    kept = seen[0] != 0
    torch.testing.assert_close(seen[0][kept], 2 * hidden[kept])
    assert not kept[hidden != 0].all()
    head.eval()(features)
    assert torch.equal(seen[1], hidden)


def test_every_parameter_learns():
    head = fill_parameters(MLPHead(4, 5))
    head.loss(VideoFeatures(torch.randn(3, 5), MASK), SAMPLES)['loss_cls'].backward()
    assert all(p.grad.any() for p in head.parameters())


def test_mistakes_are_named():
    with pytest.raises(ConfigError, match='hidden=.*LinearHead'):
        MLPHead(4, 5, hidden=())
    with pytest.raises(ConfigError, match='MLPHead: expects video vectors'):
        MLPHead(4, 5)(VideoFeatures(torch.randn(3, 6), MASK))
