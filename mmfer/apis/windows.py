"""Answers for windows of frames whose vectors are kept, without the trunk.

Axes: T sampled frames of a window.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from numpy.typing import NDArray

from mmfer.apis.encoder import EncodedFrames, FrameEncoder
from mmfer.apis.pipeline import Step, apply_step
from mmfer.datasets.transforms import MissingFaces, WindowSample
from mmfer.errors import ConfigError
from mmfer.faces.status_runs import format_runs
from mmfer.faces.structures import ABSENT, FOUND
from mmfer.structures import counted_frames

__all__ = ['SamplePlan', 'WindowSampling', 'answer_windows']


_GAPPED = ('repeat', 'mask')
"""Policies of ``MissingFaces`` under which a sampler sees frames without a face."""


@dataclass(frozen=True)
class SamplePlan:
    """Which frames of a window a method looks at.

    Attributes:
        rows: (T,) int64, for every sampled frame its place among the window's frames with a
            face, from 0; of a frame without one, that of the face in its stead. May repeat.
        places: (T,) int64, for every sampled frame its place in the window, from 0.
        clips: (num_clips, clip_len), how the sampler divides them, with product T.
        counted: (T,) bool, False where a frame weighs nothing (``MissingFaces`` of the policy
            ``'mask'``).
    """

    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    clips: tuple[int, int]
    counted: NDArray[np.bool_]


class WindowSampling:
    """The sampler of a test pipeline, asked for windows instead of clips.

    Axes: S frames of a window, P of which have a face.

    Args:
        steps: The steps before ``LoadFrames``.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self._sees_gaps = any(isinstance(step, MissingFaces) and step.policy in _GAPPED
                              for step in steps)
        self._plans: dict[int, SamplePlan] = {}

    @property
    def longest(self) -> int | None:
        """Most frames of a window that one answer covers; None where there is no limit."""
        lengths = [step.length for step in self.steps if isinstance(step, WindowSample)]
        return min(lengths, default=None)

    def plan(self, seen: NDArray[np.bool_]) -> SamplePlan:
        """The frames that the test would sample of a clip with these faces.

        Args:
            seen: (S,) whether each frame of the window has a face; one has.

        Raises:
            ConfigError: The sampler draws at random, asks for frames that a window does not
                have, or fills a short window up with black ones.
        """
        there = np.flatnonzero(seen)
        if self._sees_gaps and len(there) < len(seen):
            return self._sampled(there, len(seen))  # too many patterns to remember
        if len(there) not in self._plans:
            self._plans[len(there)] = self._sampled(np.arange(len(there)), len(there))
        plan = self._plans[len(there)]
        return replace(plan, places=there[plan.places])

    def _sampled(self, there: NDArray[np.int64], span: int) -> SamplePlan:
        gaps, names = len(there) < span, ', '.join(type(step).__name__ for step in self.steps)
        sample: dict[str, Any] = dict(
            clip='window', total_frames=len(there), start_index=0, modality='RGB', offset=0,
            frame_numbers=there + 1 if gaps else None, sample_idx=0, seed=0, repeat_index=0,
            repeat_count=-(-span // (self.longest or span)))
        if gaps:
            sample['face_status'] = format_runs(
                FOUND if face else ABSENT for face in np.isin(np.arange(span), there))
        for step in self.steps:
            sample = apply_step(step, sample, 'samples frames')
        if 'frame_inds' not in sample:
            raise ConfigError(f'the test pipeline has no sampler before LoadFrames ({names})')
        pictures = np.asarray(sample['frame_inds'], dtype=np.int64).reshape(-1)
        if np.any(sample.get('frame_blank', False)):
            raise ConfigError(f'{names} fills a window of {span} frames up with black ones, which '
                              'no frame of a stream is; answer for full windows only')
        if not len(pictures) or not np.isin(pictures, there).all():
            raise ConfigError(f'{names} asks for frames {pictures.tolist()[:8]} of a window of '
                              f'{span} frames')
        clips = (int(sample.get('num_clips', 1)), int(sample.get('clip_len', len(pictures))))
        return SamplePlan(np.searchsorted(there, pictures),
                          np.asarray(sample.get('video_frames', pictures + 1), np.int64) - 1, clips,
                          counted_frames(sample.get('frame_present', np.ones(len(pictures), bool))))


def answer_windows(encoder: FrameEncoder, windows: Sequence[EncodedFrames],
                   plans: Sequence[SamplePlan]) -> list[ActionDataSample]:
    """Answers for several windows in one batch, of one person or of many.

    What :meth:`~mmfer.models.ExpressionRecognizer.predict` answers when it is given the
    frames themselves, the same bits where the trunk gave the same bits and the batch is the
    same.

    Args:
        encoder: What gave the vectors.
        windows: The frames with a face of each window, in order.
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
        window.take(torch.from_numpy(plan.rows).to(window.vectors.device))
        for window, plan in zip(windows, plans, strict=True)])
    samples = [ActionDataSample(metainfo=dict(num_clips=plan.clips[0], clip_len=plan.clips[1]))
               for plan in plans]
    return encoder.answer(taken, tuple(plan.clips for plan in plans),
                          np.concatenate([plan.counted for plan in plans]), samples)
