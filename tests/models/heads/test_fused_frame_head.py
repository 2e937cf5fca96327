import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models.heads.fused_frame_head import FusedFrameHead
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, VideoFeatures


class FirstFrame(FusedFrameHead):
    """Answers with what the first frame says."""

    def join(self, logits, mask):
        return logits[:, 0], torch.eye(mask.shape[1], dtype=logits.dtype)[:1].expand(mask.shape)


def make_features(channels=5):
    feats = torch.randn(2, 3, channels, generator=torch.Generator().manual_seed(0))
    return VideoFeatures(feats, torch.tensor([[True, True, True], [True, False, False]]))


def test_subclasses_say_how_frames_are_joined():
    head, features = FirstFrame(4, 5), make_features()
    probabilities, weights = head.predict(features)
    frames = head.fc(features.feats).softmax(-1)
    torch.testing.assert_close(probabilities, frames[:, 0])
    torch.testing.assert_close(weights[FRAME_SCORES][features.mask], frames[features.mask])
    assert (weights[FRAME_SCORES][~features.mask] == 0).all()
    assert weights[FRAME_WEIGHTS].tolist() == [[1, 0, 0]] * 2
    with pytest.raises(NotImplementedError):
        FusedFrameHead(4, 5)(features)


def test_dropout_acts_in_training_only():
    head, features = FirstFrame(4, 5, dropout=0.5), make_features()
    torch.manual_seed(0)
    assert not torch.equal(head(features)[0], head(features)[0])
    head.eval()
    assert torch.equal(head(features)[0], head(features)[0])


def test_wrong_features_name_the_head():
    with pytest.raises(ConfigError, match=r'FirstFrame: expects frame vectors \(N, T, 5\)'):
        FirstFrame(4, 5)(make_features(6))
    with pytest.raises(ConfigError, match='take the neck out'):
        FirstFrame(4, 5)(VideoFeatures(torch.zeros(2, 5), torch.ones(2, 1, dtype=torch.bool)))
