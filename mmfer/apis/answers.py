"""What a model says of some frames of one person.

Axes: T sampled frames as K clips of T / K, C classes.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from mmaction.structures import ActionDataSample
from numpy.typing import NDArray

from mmfer.structures import CLIP_AXIS, frame_numbers

__all__ = ['Answer', 'answer_of', 'joined']


@dataclass(frozen=True)
class Answer:
    """One answer, and what it rests on.

    Attributes:
        probabilities: (C,) float32, summing to 1; of a model that answers for every frame the
            mean over its frames.
        label: Name of the class with the highest probability.
        frames: (T,) int64 1-based numbers of the sampled frames, in the order of sampling;
            a frame may occur several times.
        clips: (K, T / K), how the sampler divided them.
        attention: By the names of :mod:`mmfer.structures` without the axis N: float32, the
            first axis counts T frames or, of those in ``CLIP_AXIS``, K clips.
        frame_probabilities: (T, C) float32 of a model that answers for every frame.
    """

    probabilities: NDArray[np.float32]
    label: str
    frames: NDArray[np.int64]
    clips: tuple[int, int]
    attention: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    frame_probabilities: NDArray[np.float32] | None = None


def answer_of(sample: ActionDataSample, classes: Sequence[str],
              numbers: NDArray[np.int64] | None = None) -> Answer:
    """The answer in a data sample that a model has predicted.

    Args:
        sample: With ``pred_score`` or ``pred_frame_scores``.
        classes: Names.
        numbers: (T,) of the sampled frames, where the sample does not hold them.
    """
    numbers = frame_numbers(sample) if numbers is None else numbers
    attention = {name: weights.numpy() for name, weights in sample.get('attention', {}).items()}
    clips = (int(sample.get('num_clips') or 1), int(sample.get('clip_len') or len(numbers)))
    per_frame = sample.get('pred_frame_scores')
    if per_frame is None:
        scores = sample.pred_score.float().cpu().numpy()
    else:
        per_frame = per_frame.float().cpu().numpy()
        scores = _mean(per_frame)
    return Answer(scores, classes[int(scores.argmax())], numbers, clips, attention, per_frame)


def joined(windows: Sequence[Answer], classes: Sequence[str]) -> Answer:
    """One answer of those to successive windows of a clip, of a model that answers per frame.

    Of a frame that was answered several times, because a window was filled up or moved back,
    the first answer counts, as in a test.
    """
    if len(windows) == 1 and len(np.unique(windows[0].frames)) == len(windows[0].frames):
        return windows[0]
    numbers = np.concatenate([window.frames for window in windows])
    distinct, first = np.unique(numbers, return_index=True)
    scores = np.concatenate([window.frame_probabilities for window in windows])[first]
    attention = {name: np.concatenate([window.attention[name] for window in windows])[first]
                 for name in windows[0].attention if name not in CLIP_AXIS}
    mean = _mean(scores)
    return Answer(mean, classes[int(mean.argmax())], distinct, (1, len(distinct)), attention,
                  scores)


def _mean(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return scores.mean(axis=0, dtype=np.float64).astype(np.float32)
