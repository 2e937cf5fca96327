"""Randomness as a function of (seed, epoch, index).

A sampler yields a :class:`SampleIndex`, an ordinary integer that also carries seed and
epoch; the dataset runs its pipeline inside :func:`seeded`, which sets the global
generators of Python, NumPy and PyTorch from them. So own and host transforms draw the
same numbers with any number of workers, other numbers in each epoch, and the right ones
after a resume. A plain integer index draws from the process's generators as they are.
"""
from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

__all__ = [
    'BUILD', 'DRAW', 'ORDER', 'SampleIndex', 'fixed_generator', 'global_generator', 'seeded'
]

# First word of the entropy: streams of different purpose never coincide.
DRAW, ORDER, FIXED, BUILD = 1, 2, 3, 4


class SampleIndex(int):
    """An index into a dataset that knows from what its sample's draws follow.

    Sums, differences and remainders keep seed, epoch and position, so mmengine's
    ``ConcatDataset`` and ``RepeatDataset`` pass it on. Wrappers that look the index up
    in a table of their own (``ClassBalancedDataset``) turn it into a plain integer.

    Attributes:
        seed: The sampler's seed.
        epoch: The epoch, or the pass over the dataset of an infinite sampler.
        position: The index that the sampler yielded, before any wrapper's arithmetic;
            two repetitions of one sample draw different numbers.
    """

    seed: int
    epoch: int
    position: int

    def __new__(cls, value: int, seed: int, epoch: int,
                position: int | None = None) -> SampleIndex:
        """Makes the index ``value``; ``position`` is ``value`` unless given."""
        self = super().__new__(cls, value)
        self.seed, self.epoch = seed, epoch
        self.position = int(value) if position is None else position
        return self

    def _moved(self, value: Any) -> Any:
        if value is NotImplemented or isinstance(value, float):
            return value
        return SampleIndex(value, self.seed, self.epoch, self.position)

    def __add__(self, other: int) -> Any:
        """The index moved by ``other``."""
        return self._moved(int.__add__(self, other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Any:
        """The index moved back by ``other``."""
        return self._moved(int.__sub__(self, other))

    def __mod__(self, other: int) -> Any:
        """The index within one of several repetitions of length ``other``."""
        return self._moved(int.__mod__(self, other))

    def __reduce__(self) -> tuple:
        """Survives the way to a worker process."""
        return SampleIndex, (int(self), self.seed, self.epoch, self.position)


# NumPy's state costs more to read and write than a frame to resize, so its generator is
# exchanged for one of these instead.
_SPARE: list[np.random.MT19937] = []


@contextmanager
def seeded(*entropy: int) -> Iterator[None]:
    """Runs its body with the global generators set from integers.

    Python's, NumPy's and PyTorch's CPU generator continue afterwards where they were (of
    NumPy's legacy normals, drawn in pairs, one kept back is dropped); generators of
    accelerators are left alone, for dropout draws from them.
    """
    words = _words(entropy)
    python_before = random.getstate()
    torch_before = torch.default_generator.get_state()
    numpy_before = np.random.get_bit_generator()  # type: ignore[attr-defined]
    spare = _SPARE.pop() if _SPARE else np.random.MT19937()
    np.random.set_bit_generator(spare)  # type: ignore[attr-defined]
    try:
        random.seed(words[0])
        np.random.seed(words[2])
        # torch.manual_seed would reset the accelerators' generators as well
        torch.default_generator.manual_seed(words[1])
        yield
    finally:
        random.setstate(python_before)
        torch.default_generator.set_state(torch_before)
        np.random.set_bit_generator(numpy_before)  # type: ignore[attr-defined]
        _SPARE.append(spare)


def _words(entropy: tuple[int, ...]) -> tuple[int, int, int]:
    # a hash is several times faster than SeedSequence, which counts where a sample is three
    # frames; 63, 63 and 32 bits are what the three generators take
    digest = hashlib.blake2b(repr(entropy).encode(), digest_size=20).digest()
    first, second, third = struct.unpack('<QQI', digest)
    return first >> 1, second >> 1, third


def global_generator() -> np.random.Generator:
    """NumPy's global generator behind the modern interface; drawing advances it."""
    return np.random.Generator(np.random.get_bit_generator())  # type: ignore[attr-defined]


def fixed_generator(seed: int, *entropy: int) -> np.random.Generator:
    """A generator that does not change between epochs."""
    return np.random.default_rng((FIXED, seed, *entropy))
