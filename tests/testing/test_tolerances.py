"""Each tolerance passes the rounding that it is for and fails the next coarser one."""
import pytest
import torch

from mmfer.testing import BFLOAT16, FLOAT32, FLOAT64

VALUES = torch.rand(1000, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + .5


def rounded(dtype):
    return VALUES.to(dtype).double()


@pytest.mark.parametrize(('tolerance', 'dtype'), [(FLOAT32, torch.float32),
                                                  (BFLOAT16, torch.bfloat16)])
def test_rounding_of_the_precision_passes(tolerance, dtype):
    torch.testing.assert_close(rounded(dtype), VALUES, **tolerance)


def test_order_of_a_sum_in_float64_passes():
    torch.testing.assert_close(VALUES.flip(0).cumsum(0)[-1], VALUES.cumsum(0)[-1], **FLOAT64)


@pytest.mark.parametrize(('tolerance', 'dtype'), [(FLOAT64, torch.float32),
                                                  (FLOAT32, torch.bfloat16)])
def test_rounding_of_a_coarser_precision_fails(tolerance, dtype):
    with pytest.raises(AssertionError, match='not close'):
        torch.testing.assert_close(rounded(dtype), VALUES, **tolerance)


def test_a_tenth_is_an_error_in_every_precision():
    with pytest.raises(AssertionError, match='not close'):
        torch.testing.assert_close(VALUES * 1.15, VALUES, **BFLOAT16)
