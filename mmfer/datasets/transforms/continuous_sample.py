"""Successive frames from a random start."""
from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import global_generator
from mmfer.datasets.transforms.sampling import run_starts, set_frame_inds
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['ContinuousSample']


@TRANSFORMS.register_module()
class ContinuousSample(BaseTransform):
    """Samples ``length`` successive frames of a clip, from a uniformly random start.

    By default their numbers are consecutive, so that each of these frames has a face ("a
    continuous 8 frame video clip (i.e., without any frame from which faces are unable to be
    detected)", Liu et al., FG 2020). Their released code takes 8 successive frames that
    have a face and a label, and draws the start again while the last number exceeds the
    first one's by more than 12: ``max_span=12, labelled_only=True``. Here the start is
    drawn once, among those that pass, which is the same distribution.

    A clip without such a run gives the tightest one that it has (the first of equals), with
    a warning; a clip of fewer than ``length`` frames gives all of them.

    Needs ``total_frames`` and ``start_index``; sets ``frame_inds`` (t,), ``num_clips`` and
    ``clip_len``.

    Args:
        length: Frames.
        max_span: Most that the last frame's number may exceed the first one's;
            ``length - 1`` where ``None``.
        labelled_only: Pass over frames labelled -1. Where the clip has one label for all,
            every frame is labelled.
    """

    def __init__(self, length: int = 8, max_span: int | None = None,
                 labelled_only: bool = False) -> None:
        if length < 1:
            raise ConfigError(f'ContinuousSample: length is {length}; give at least 1')
        if max_span is not None and max_span < length - 1:
            raise ConfigError(f'ContinuousSample: {length} frames span at least {length - 1}, '
                              f'but max_span is {max_span}')
        self.length = length
        self.max_span = length - 1 if max_span is None else max_span
        self.labelled_only = labelled_only

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Draws the frames of one sample."""
        numbers = results.get('video_numbers', results.get('frame_numbers'))
        if numbers is None:
            numbers = np.arange(1, results['total_frames'] + 1)
        positions = np.arange(len(numbers))
        if self.labelled_only and 'frame_labels' in results:
            positions = np.flatnonzero(results['frame_labels'][numbers - 1] >= 0)
            if not positions.size:
                raise ConfigError(f'ContinuousSample: clip {results.get("clip", "?")!r} has no '
                                  'labelled frame; raise first_frames of the dataset, or set '
                                  'labelled_only=False')
        starts = run_starts(numbers[positions], self.length, self.max_span)
        start = starts[global_generator().integers(len(starts))]
        chosen = positions[start:start + self.length]
        if numbers[chosen[-1]] - numbers[chosen[0]] > self.max_span:
            warnings.warn(f'ContinuousSample: clip {results.get("clip", "?")!r} has no '
                          f'{self.length} frames within {self.max_span + 1} numbers; its '
                          'tightest run is taken', stacklevel=2)
        return set_frame_inds(results, chosen)

    def __repr__(self) -> str:
        """The transform as it is built."""
        return (f'ContinuousSample(length={self.length}, max_span={self.max_span}, '
                f'labelled_only={self.labelled_only})')
