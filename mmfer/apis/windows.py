"""Answers for windows of frames whose vectors are kept, without the trunk.

Axes: T sampled frames of a window.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from numpy.typing import NDArray

from mmfer.apis.encoder import EncodedFrames, FrameEncoder
from mmfer.apis.pipeline import Step, apply_step
from mmfer.datasets.transforms import WindowSample
from mmfer.errors import ConfigError

__all__ = ['SamplePlan', 'WindowSampling', 'answer_windows']


@dataclass(frozen=True)
class SamplePlan:
    """Which frames of a window a method looks at.

    Attributes:
        positions: (T,) int64, places among the window's frames, from 0; may repeat.
        clips: (num_clips, clip_len), how the sampler divides them, with product T.
    """

    positions: NDArray[np.int64]
    clips: tuple[int, int]


class WindowSampling:
    """The sampler of a test pipeline, asked for windows instead of clips.

    Args:
        steps: The steps before ``LoadFrames``.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self._plans: dict[tuple[int, int], SamplePlan] = {}

    @property
    def longest(self) -> int | None:
        """Most frames of a window that one answer covers; None where there is no limit."""
        lengths = [step.length for step in self.steps if isinstance(step, WindowSample)]
        return min(lengths, default=None)

    def plan(self, total: int, index: int = 0) -> SamplePlan:
        """The frames that the test would sample of a clip of ``total`` frames.

        Args:
            total: Frames of the window, at least 1.
            index: Which of the samples that a longer clip is cut into
                (``repeat=dict(windows=...)`` of the dataset).

        Raises:
            ConfigError: The sampler draws at random, asks for frames that a window does not
                have, or fills a short window up with black ones.
        """
        key = (total, index)
        if key not in self._plans:
            self._plans[key] = self._sampled(total, index)
        return self._plans[key]

    def _sampled(self, total: int, index: int) -> SamplePlan:
        longest = self.longest or total
        sample: dict[str, Any] = dict(
            clip='window', total_frames=total, start_index=0, frame_numbers=None, modality='RGB',
            offset=0, sample_idx=0, seed=0, repeat_index=index, repeat_count=-(-total // longest))
        for step in self.steps:
            sample = apply_step(step, sample, 'samples frames')
        names = ', '.join(type(step).__name__ for step in self.steps)
        if 'frame_inds' not in sample:
            raise ConfigError(f'the test pipeline has no sampler before LoadFrames ({names})')
        positions = np.asarray(sample['frame_inds'], dtype=np.int64).reshape(-1)
        if np.any(sample.get('frame_blank', False)):
            raise ConfigError(f'{names} fills a window of {total} frames up with black ones, which '
                              'no frame of a stream is; answer for full windows only')
        if not len(positions) or positions.min() < 0 or positions.max() >= total:
            raise ConfigError(f'{names} asks for frames {positions.tolist()[:8]} of a window of '
                              f'{total} frames')
        clips = (int(sample.get('num_clips', 1)), int(sample.get('clip_len', len(positions))))
        return SamplePlan(positions, clips)


@torch.no_grad()
def answer_windows(encoder: FrameEncoder, windows: Sequence[EncodedFrames],
                   plans: Sequence[SamplePlan]) -> list[ActionDataSample]:
    """Answers for several windows in one batch, of one person or of many.

    What :meth:`~mmfer.models.ExpressionRecognizer.predict` answers when it is given the
    frames themselves, the same bits where the trunk gave the same bits and the batch is the
    same.

    Args:
        encoder: What gave the vectors.
        windows: The frames of each window, in order.
        plans: What :meth:`WindowSampling.plan` says of each.

    Returns:
        For each window ``pred_score``, ``pred_label`` or ``pred_frame_scores``, and
        ``attention``, on the CPU, as ``predict`` gives them; with ``num_clips`` and ``clip_len``.

    Raises:
        ConfigError: The method cannot answer for so many frames.
    """
    if not windows:
        return []
    taken = EncodedFrames.join([
        window.take(torch.from_numpy(plan.positions).to(window.vectors.device))
        for window, plan in zip(windows, plans, strict=True)])
    samples = [ActionDataSample(metainfo=dict(num_clips=plan.clips[0], clip_len=plan.clips[1]))
               for plan in plans]
    recognizer = encoder.recognizer
    with encoder.autocast():
        frames = recognizer.arrange_frames(
            taken.vectors, taken.weights, torch.arange(len(taken)),
            [len(plan.positions) for plan in plans], tuple(plan.clips for plan in plans))
        return recognizer.answer(recognizer.join_frames(frames), samples)
