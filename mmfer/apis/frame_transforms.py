"""What a test pipeline does to each frame, done to frames one by one as they come.

Axes: T frames, H and W pixels.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mmfer.apis.pipeline import Step, apply_step
from mmfer.datasets.memory_frames import MemoryFrames
from mmfer.datasets.randomness import fixed_generator
from mmfer.errors import ConfigError

__all__ = ['FrameTransforms']

_PROBES, _PROBE_PX = 3, 256


class FrameTransforms:
    """What a test pipeline does to each frame, for frames in memory.

    Args:
        steps: ``LoadFrames`` and the steps behind it, to the packing transform.

    Raises:
        ConfigError: A step draws at random, mixes frames, or does not leave one image for
            each; it is named. Or the result is not uint8 (T, 3, H, W).
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self._check()

    def __call__(self, image: NDArray[np.uint8]) -> Tensor:
        """One crop (h, w, 3) uint8 RGB to the frame (1, 3, H, W) uint8 that the trunk gets.

        Raises:
            MediaError: It is not such an image.
        """
        sample = _sample_of([image])
        for step in self.steps:
            sample = step(sample)  # type: ignore[assignment]
        return sample['inputs']

    def _check(self) -> None:
        shape = (_PROBES, _PROBE_PX, _PROBE_PX, 3)
        images = fixed_generator(0).integers(0, 256, shape, dtype=np.uint8)
        together = _sample_of(list(images))
        alone = [_sample_of([image]) for image in images]
        for step in self.steps:
            together = apply_step(step, together, 'changes frames')
            alone = [apply_step(step, one, 'changes frames') for one in alone]
            of_all, of_each = _images(together), [_images(one) for one in alone]
            if (len(of_all) != _PROBES or any(len(one) != 1 for one in of_each)
                    or any(not np.array_equal(frame, one[0])
                           for frame, one in zip(of_all, of_each))):
                raise ConfigError(
                    f'{type(step).__name__} in the test pipeline makes something else of several '
                    'frames at once than of each alone, so frames cannot be prepared as they come')
        frames = together.get('inputs')
        if not isinstance(frames, Tensor) or frames.dtype != torch.uint8 or frames.shape[1] != 3:
            raise ConfigError('the test pipeline does not give uint8 (T, 3, H, W); end it with '
                              'FormatFrames and PackExpressionInputs')


def _sample_of(images: list[NDArray[np.uint8]]) -> dict[str, Any]:
    """What a sampler leaves of a clip of these frames, each taken once."""
    count = len(images)
    return dict(clip='stream', memory_frames=MemoryFrames(images), start_index=0,
                total_frames=count, frame_inds=np.arange(count), num_clips=1, clip_len=count,
                modality='RGB', offset=0)


def _images(sample: Mapping[str, Any]) -> Any:
    frames = sample['inputs'] if 'inputs' in sample else sample['imgs']
    return list(frames.values())[0] if isinstance(frames, Mapping) else frames
