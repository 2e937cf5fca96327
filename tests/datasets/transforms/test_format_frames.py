from __future__ import annotations

import numpy as np
import pytest
import torch

from mmfer.datasets.transforms import FormatFrames
from mmfer.errors import MediaError


def test_channels_first_and_in_order() -> None:
    imgs = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    views = [img[:, ::-1] for img in imgs]  # not contiguous, as after a crop
    out = FormatFrames()(dict(imgs=views))['imgs']
    assert out.shape == (4, 3, 5, 6) and out.dtype == torch.uint8 and out.is_contiguous()
    assert np.array_equal(out.numpy(), imgs[:, :, ::-1].transpose(0, 3, 1, 2))


@pytest.mark.parametrize('mirrored', [False, True])
def test_an_array_is_formatted_in_its_own_memory(mirrored: bool) -> None:
    imgs = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
    given = imgs.copy()[:, :, ::-1] if mirrored else imgs.copy()
    expected = given.transpose(0, 3, 1, 2).copy()
    out = FormatFrames()(dict(imgs=given))['imgs']
    assert out.is_contiguous() and np.array_equal(out.numpy(), expected)
    assert np.shares_memory(out.numpy(), given) is not mirrored


def test_sizes_must_agree() -> None:
    imgs = [np.zeros((4, 5, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)]
    with pytest.raises(MediaError, match='5x4 and 6x4'):
        FormatFrames()(dict(imgs=imgs))
