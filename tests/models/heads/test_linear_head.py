import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import LinearHead
from mmfer.structures import VideoFeatures
from mmfer.testing import make_batch

MASK = torch.ones(3, 2, dtype=torch.bool)
SAMPLES = make_batch([1, 1, 1], size_px=1, num_classes=4)['data_samples']


def test_loss_is_cross_entropy_of_the_logits():
    head = LinearHead(4, 5)
    features = VideoFeatures(torch.randn(3, 5), MASK)
    logits, weights = head(features)
    labels = torch.cat([s.gt_label for s in SAMPLES])
    expected = -logits.log_softmax(1)[torch.arange(3), labels].mean()
    losses = head.loss(features, SAMPLES)
    torch.testing.assert_close(losses['loss_cls'], expected)
    assert weights == {} and 0 <= float(losses['top1_acc']) <= 1


def test_loss_comes_from_the_config():
    torch.manual_seed(0)
    plain = LinearHead(4, 5)
    double = LinearHead(4, 5, loss=dict(type='CrossEntropyLoss', loss_weight=2.0))
    double.load_state_dict(plain.state_dict())
    features = VideoFeatures(torch.randn(3, 5), MASK)
    torch.testing.assert_close(double.loss(features, SAMPLES)['loss_cls'],
                               2 * plain.loss(features, SAMPLES)['loss_cls'])


def test_predict():
    head = LinearHead(4, 5, dropout=0.9).eval()
    features = VideoFeatures(torch.randn(3, 5), MASK)
    probabilities, _ = head.predict(features)
    torch.testing.assert_close(probabilities, head.fc(features.feats).softmax(1))


def test_dropout_in_training():
    head = LinearHead(4, 50, dropout=0.5)
    features = VideoFeatures(torch.ones(3, 50), MASK)
    torch.manual_seed(0)
    assert not torch.equal(head(features)[0], head(features)[0])


@pytest.mark.parametrize('shape, message', [((3, 2, 5), 'neck, or use ScoreFusionHead'),
                                            ((3, 6), r'\(N, 5\), got \(3, 6\)')])
def test_wrong_features(shape, message):
    with pytest.raises(ConfigError, match=message):
        LinearHead(4, 5)(VideoFeatures(torch.randn(shape), MASK))


def test_full_precision_under_autocast():
    head = LinearHead(4, 5)
    features = VideoFeatures(torch.randn(3, 5), MASK)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        logits = head(features)[0]
    assert torch.equal(logits, head(features)[0])
