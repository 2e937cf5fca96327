"""What all sources have, whatever they read from."""
from __future__ import annotations

from collections.abc import Generator

import numpy as np
import pytest

from mmfer.errors import ConfigError, MediaError
from mmfer.faces.frames.source import ASSUMED_RATE_HZ, FrameSource, check_rate_hz
from mmfer.faces.structures import VideoFrame

IMAGE = np.zeros((1, 1, 3), np.uint8)


class Numbers(FrameSource):
    """Frames 1, 2, 4 and 5, and notes of when something is opened and closed."""

    def __init__(self, rate_hz: float | None = None, damaged_at: int | None = None) -> None:
        super().__init__('numbers', rate_hz, 4)
        self.damaged_at = damaged_at
        self.notes: list[str] = []

    def _read(self, number: int) -> Generator[VideoFrame, None, None]:
        self.notes.append(f'open {number}')
        try:
            for at in (1, 2, 4, 5):
                if at == self.damaged_at:
                    raise MediaError('numbers is damaged')
                if at >= number:
                    yield VideoFrame(IMAGE, at, self._time_s(at))
        finally:
            self.notes.append('close')


def numbers_of(source: FrameSource) -> list[int]:
    return [frame.number for frame in source]


def test_nothing_is_opened_before_a_frame_is_asked_for() -> None:
    source = Numbers()
    assert (source.name, source.rate_hz, source.count) == ('numbers', None, 4)
    source.seek(2)
    source.seek(4)
    assert source.notes == []
    assert numbers_of(source) == [4, 5] and source.notes == ['open 4', 'close']


def test_a_second_loop_goes_on() -> None:
    source = Numbers()
    assert iter(source) is source
    assert [next(source).number, next(source).number] == [1, 2]
    assert numbers_of(source) == [4, 5] and numbers_of(source) == []
    assert source.notes == ['open 1', 'close']


def test_seeking_closes_what_was_read_and_opens_it_again() -> None:
    source = Numbers()
    next(source)
    source.seek(3)  # missing: the next one that there is
    assert next(source).number == 4
    source.seek(1)
    assert numbers_of(source) == [1, 2, 4, 5]
    assert source.notes == ['open 1', 'close', 'open 3', 'close', 'open 1', 'close']
    source.seek(6)
    assert numbers_of(source) == []


@pytest.mark.parametrize('number', [0, -1])
def test_a_wrong_number_changes_nothing(number: int) -> None:
    source = Numbers()
    next(source)
    with pytest.raises(ValueError, match=f'numbered from 1; there is no frame {number}'):
        source.seek(number)
    assert numbers_of(source) == [2, 4, 5]


def test_it_closes_itself_after_an_error_too() -> None:
    with pytest.raises(KeyError), Numbers() as source:
        next(source)
        raise KeyError
    assert source.notes == ['open 1', 'close'] and numbers_of(source) == []
    source.close()  # once more does no harm
    source.seek(5)
    assert numbers_of(source) == [5]


def test_frames_before_a_damage_are_given() -> None:
    source, seen = Numbers(damaged_at=4), []
    with pytest.raises(MediaError, match='numbers is damaged'):
        seen.extend(frame.number for frame in iter(source.__next__, None))
    assert seen == [1, 2] and numbers_of(source) == []


@pytest.mark.parametrize(('rate_hz', 'expected'), [(None, ASSUMED_RATE_HZ), (10., 10.)])
def test_time_counts_from_the_first_number(rate_hz: float | None, expected: float) -> None:
    times_s = [frame.time_s for frame in Numbers(rate_hz)]
    np.testing.assert_allclose(times_s, np.array([0, 1, 3, 4]) / expected)


@pytest.mark.parametrize('rate_hz', [0., -5., float('nan'), float('inf'), -float('inf')])
def test_impossible_rates(rate_hz: float) -> None:
    with pytest.raises(ConfigError, match=f'{rate_hz} frames per second are impossible.*above 0'):
        check_rate_hz(rate_hz)
    check_rate_hz(None)
    check_rate_hz(1e-3)
