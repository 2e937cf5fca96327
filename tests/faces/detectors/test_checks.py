from __future__ import annotations

import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.faces.detectors.checks import check_counts, check_numbers, check_upsample


def test_whole_numbers_pass() -> None:
    check_counts(batch_size=1, max_side_px=10**6)
    check_counts(batch_size=2, max_side_px=None)
    check_counts()
    for upsample in (0, 1, 3):
        check_upsample(upsample)


@pytest.mark.parametrize('count', [0, -3, 1.5, 2., '2', float('nan')])
def test_other_counts_are_named(count: object) -> None:
    with pytest.raises(ConfigError) as caught:
        check_counts(batch_size=4, max_side_px=count, threads=0)
    assert str(caught.value) == (
        f'max_side_px is {count!r}; it has to be a whole number of at least 1')


@pytest.mark.parametrize('upsample', [-1, .5, 1., '1', None])
def test_other_upsampling_is_named(upsample: object) -> None:
    with pytest.raises(ConfigError) as caught:
        check_upsample(upsample)
    assert str(caught.value) == f'upsample is {upsample!r}; it has to be a whole number from 0'


def test_numbers_pass() -> None:
    check_numbers(threshold=0, min_score=-.5, other=None)
    check_numbers(threshold=np.float32(.5))


@pytest.mark.parametrize('number', ['abc', '0.5', True, [1], float('nan'), float('inf')])
def test_what_is_no_number_is_named(number: object) -> None:
    with pytest.raises(ConfigError) as caught:
        check_numbers(other=1., threshold=number)
    assert str(caught.value) == f'threshold is {number!r}; it has to be a number'
