"""Checks of settings that several detectors have."""
from __future__ import annotations

import math
from numbers import Real

from mmfer.errors import ConfigError

__all__ = ['check_counts', 'check_numbers', 'check_upsample']


def check_counts(**counts: int | None) -> None:
    """Refuses settings that are no whole numbers of at least 1; None is left alone.

    Raises:
        ConfigError: Names the setting.
    """
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or count < 1):
            raise ConfigError(f'{name} is {count!r}; it has to be a whole number of at least 1')


def check_numbers(**numbers: float | None) -> None:
    """Refuses settings that are no finite numbers; None is left alone.

    Raises:
        ConfigError: Names the setting.
    """
    for name, number in numbers.items():
        if number is not None and (not isinstance(number, Real) or isinstance(number, bool)
                                   or not math.isfinite(number)):
            raise ConfigError(f'{name} is {number!r}; it has to be a number')


def check_upsample(upsample: int) -> None:
    """Refuses what is no number of doublings.

    Raises:
        ConfigError: It is no whole number from 0.
    """
    if not isinstance(upsample, int) or upsample < 0:
        raise ConfigError(f'upsample is {upsample!r}; it has to be a whole number from 0')
