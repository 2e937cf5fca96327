"""EIAN alone against the paper's equations in float64 (conftest.py)."""
import numpy as np
import torch

from mmfer.models.necks.eian import EmotionalIntensityActivation
from mmfer.models.packing import lengths_to_mask
from mmfer.testing import FLOAT64, fill_parameters

D = 5
LENGTHS = (3, 1, 4)  # clips of each video


def make_eian(width=D):
    return fill_parameters(EmotionalIntensityActivation(width), seed=7).double()


def draw(lengths=LENGTHS, width=D):
    generator = torch.Generator().manual_seed(3)
    return torch.randn(len(lengths), max(lengths), width, generator=generator,
                       dtype=torch.float64)


def test_equals_eq_5_7_and_8(equations):
    eian, clips = make_eian(), draw()
    videos, scores, maps = (value.detach().numpy()
                            for value in eian(clips, lengths_to_mask(LENGTHS)))
    assert videos.shape == (len(LENGTHS), D) and maps.shape == clips.shape
    for i, length in enumerate(LENGTHS):
        video, expected, rows = equations.activation(clips[i, :length].numpy(), eian)
        np.testing.assert_allclose(videos[i], video, **FLOAT64)
        np.testing.assert_allclose(scores[i, :length], expected, **FLOAT64)
        np.testing.assert_allclose(maps[i, :length], rows, **FLOAT64)
        assert not scores[i, length:].any() and not maps[i, length:].any()


def test_gradients_by_finite_differences():
    eian, mask = make_eian(3), lengths_to_mask((3, 2))

    def call(clips, weight):
        return torch.func.functional_call(eian, {'intensity.weight': weight}, (clips, mask))

    assert torch.autograd.gradcheck(
        call, (draw((3, 2), 3).requires_grad_(), eian.intensity.weight))


def test_padding_is_no_clip():
    eian, mask = make_eian(), lengths_to_mask(LENGTHS)
    # negative everywhere, so that the zeros of padding would be the largest
    clips = -draw().abs()
    clean = eian(clips.masked_fill(~mask[..., None], 0.), mask)
    assert (clean[0] < 0).all()
    dirty = clips.masked_fill(~mask[..., None], 1e30).requires_grad_()
    out = eian(dirty, mask)
    assert all(torch.equal(a, b) for a, b in zip(out, clean))
    out[0].square().sum().backward()
    assert (dirty.grad[~mask] == 0).all() and (dirty.grad[mask] != 0).any(dim=-1).all()


def test_only_clip_is_the_video():
    clips = draw((1, 1))
    videos, scores, maps = make_eian()(clips, lengths_to_mask((1, 1)))
    assert torch.equal(videos, clips[:, 0]) and torch.equal(maps, clips)
    assert scores.tolist() == [[1.], [1.]]


def test_order_of_clips_moves_their_scores_only():
    eian, clips, order = make_eian(), draw(), [3, 1, 0, 2]
    mask = lengths_to_mask((4, 4, 4))
    videos, scores, maps = eian(clips, mask)
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(3).double(), **FLOAT64)
    moved = eian(clips[:, order], mask)
    torch.testing.assert_close(moved, (videos, scores[:, order], maps[:, order]), **FLOAT64)


def test_one_weight_per_channel():
    assert [p.shape for p in EmotionalIntensityActivation(512).parameters()] == [(1, 512, 1)]
