import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError
from mmfer.models import MeanNeck
from mmfer.models.packing import lengths_to_mask
from mmfer.structures import FRAME_WEIGHTS
from mmfer.testing import FLOAT64
from mmfer.testing.gaps import check_gaps

LENGTHS = (3, 1, 6)
D = 5


def make_batch():
    generator = torch.Generator().manual_seed(0)
    feats = torch.randn(len(LENGTHS), max(LENGTHS), D, generator=generator, dtype=torch.float64)
    return feats, lengths_to_mask(LENGTHS)


def test_is_the_mean_of_the_frames():
    feats, mask = make_batch()
    out = MeanNeck(D)(feats, mask)
    for i, length in enumerate(LENGTHS):
        np.testing.assert_allclose(out.feats[i], feats[i, :length].numpy().mean(0), **FLOAT64)
        shares = out.weights[FRAME_WEIGHTS][i].numpy()
        np.testing.assert_allclose(shares[:length], 1 / length, **FLOAT64)
        assert (shares[length:] == 0).all()


def test_padding_may_hold_anything_and_gets_no_gradient():
    feats, mask = make_batch()
    expected = MeanNeck(D)(feats, mask).feats
    dirty = feats.masked_fill(~mask.unsqueeze(-1), float('nan')).requires_grad_()
    video = MeanNeck(D)(dirty, mask).feats
    assert torch.equal(video, expected)
    video.sum().backward()
    expected = torch.stack([keep / n for keep, n in zip(mask.double(), LENGTHS)])
    torch.testing.assert_close(dirty.grad, expected.unsqueeze(-1).expand_as(feats), **FLOAT64)


def test_frames_in_any_order_and_twice():
    feats, _ = make_batch()
    whole = torch.ones(1, 6, dtype=torch.bool)
    video = MeanNeck(D)(feats[2:], whole).feats
    other = feats[2:, torch.randperm(6, generator=torch.Generator().manual_seed(1))]
    torch.testing.assert_close(MeanNeck(D)(other, whole).feats, video, **FLOAT64)
    twice = feats[2:].repeat_interleave(2, dim=1)
    torch.testing.assert_close(
        MeanNeck(D)(twice, torch.ones(1, 12, dtype=torch.bool)).feats, video, **FLOAT64)


def test_adds_up_in_full_precision():
    feats, mask = make_batch()
    with torch.autocast('cpu', torch.bfloat16):
        assert MeanNeck(D)(feats.bfloat16(), mask).feats.dtype == torch.float32


def test_width():
    assert MeanNeck(D).out_channels == D
    assert not list(MeanNeck(D).parameters())
    with pytest.raises(ConfigError, match='in_channels=5, but the frame vectors have 4'):
        MeanNeck(D)(torch.zeros(1, 2, 4), torch.ones(1, 2, dtype=torch.bool))


def test_frames_without_a_face_count_as_left_out():
    check_gaps(MeanNeck(4).double(), 4)
