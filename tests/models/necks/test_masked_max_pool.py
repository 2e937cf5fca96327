import pytest
import torch
from torch import nn

from mmfer.models.necks.masked_max_pool import MaskedMaxPool


@pytest.mark.parametrize('rows, expected, shares', [
    ([[1.0], [3.0], [2.0]], 3.0, [0, 1, 0]),
    ([[-5.0], [-4.0], [9.0]], -4.0, [0, 1, 0]),  # the last one is padding
    ([[2.0], [2.0], [9.0]], 2.0, [0.5, 0.5, 0]),
])
def test_maximum_of_the_rows_that_exist(rows, expected, shares):
    mask = torch.tensor([[True, True, rows[2][0] != 9.0]])
    rows = torch.tensor([rows], requires_grad=True)
    pooled = MaskedMaxPool()(rows, mask)
    assert pooled.tolist() == [[expected]]
    pooled.sum().backward()
    assert rows.grad[0, :, 0].tolist() == shares


def test_padding_may_hold_anything():
    rows = torch.tensor([[[1.0, 2.0], [float('nan')] * 2]], requires_grad=True)
    pooled = MaskedMaxPool()(rows, torch.tensor([[True, False]]))
    pooled.sum().backward()
    assert pooled.tolist() == [[1.0, 2.0]] and rows.grad.tolist() == [[[1.0, 1.0], [0.0, 0.0]]]


def test_counters_know_its_kind():
    assert isinstance(MaskedMaxPool(), nn.AdaptiveMaxPool1d)
