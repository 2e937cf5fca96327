"""A test pipeline taken apart at ``LoadFrames``.

Streams and kept features need the two parts on their own: a frame passes its transforms and
the trunk when it comes, long before it is known which windows sample it. So no step may draw
at random, which is tried.
"""
from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from mmfer.datasets.randomness import BUILD, DRAW, seeded
from mmfer.datasets.transforms import LoadFrames
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['Step', 'apply_step', 'split_pipeline']

Step = Callable[[dict[str, Any]], dict[str, Any] | None]
"""A transform."""


def split_pipeline(pipeline: Sequence[Mapping[str, Any] | Step]) -> tuple[list[Step], list[Step]]:
    """The steps before ``LoadFrames``, and ``LoadFrames`` with what follows, built.

    Raises:
        ConfigError: There is no ``LoadFrames``, or test-time augmentation around it.
    """
    names = ', '.join(_name(step) for step in pipeline)
    if 'TestTimeAug' in names:
        raise ConfigError(f'the test pipeline ({names}) is one of test-time augmentation, which '
                          'takes several views of a whole clip; take the plain test pipeline')
    with seeded(BUILD):  # some transforms of the hosts draw when they are built
        steps = [TRANSFORMS.build({'_scope_': 'mmfer', **step})
                 if isinstance(step, Mapping) else step for step in pipeline]
    place = next((i for i, step in enumerate(steps) if isinstance(step, LoadFrames)), None)
    if place is None:
        raise ConfigError(f'the test pipeline ({names}) has no LoadFrames, which parts the '
                          'sampling from what is done to each frame')
    return steps[:place], steps[place:]


def _name(step: Mapping[str, Any] | Step) -> str:
    kind = step['type'] if isinstance(step, Mapping) else type(step)
    return kind if isinstance(kind, str) else kind.__name__


def apply_step(step: Step, sample: dict[str, Any], what: str) -> dict[str, Any]:
    """A sample behind a step, tried for what a stream cannot do.

    Args:
        step: Of the test pipeline.
        sample: What it gets.
        what: What it does, for messages.

    Raises:
        ConfigError: It draws random numbers, or rejects the sample.
    """
    name = type(step).__name__
    with _drawing_nothing(f'{name} in the test pipeline {what} at random'):
        result = step(sample)
    if result is None:
        raise ConfigError(f'{name} in the test pipeline rejects a sample that is a window of a '
                          'stream')
    return result


@contextmanager
def _drawing_nothing(complaint: str) -> Iterator[None]:
    """Runs its body, and refuses it where a global generator has advanced."""
    with seeded(DRAW, 0):
        before = _generator_states()
        yield
        if _generator_states() != before:
            raise ConfigError(f'{complaint}, so a stream would not answer as the test does; choose '
                              'one that draws nothing, e.g. UniformSample or AllFrames to sample')


def _generator_states() -> tuple[Any, ...]:
    numpy = np.random.get_bit_generator().state['state']  # type: ignore[attr-defined]
    return (random.getstate(), numpy['pos'], numpy['key'].tobytes(),
            torch.default_generator.get_state().numpy().tobytes())
