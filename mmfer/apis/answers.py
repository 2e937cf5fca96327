"""What a model says of some frames of one person.

Axes: T sampled frames as K clips of T / K, C classes.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from mmaction.structures import ActionDataSample
from numpy.typing import NDArray

from mmfer.structures import CLIP_AXIS, CLIP_SCORES, FRAME_WEIGHTS, counted_frames, video_frames

__all__ = ['Answer', 'answer_of', 'in_video', 'joined']


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
        counted: (T,) bool, False of frames that weigh nothing whatever the method says, because
            there is no picture of them (``MissingFaces`` of the policy ``'mask'``); None: all
            count.
    """

    probabilities: NDArray[np.float32]
    label: str
    frames: NDArray[np.int64]
    clips: tuple[int, int]
    attention: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    frame_probabilities: NDArray[np.float32] | None = None
    counted: NDArray[np.bool_] | None = None

    @property
    def even_share(self) -> NDArray[np.float64]:
        """Share (T,) of each sampled frame if all that count weighed the same, summing to 1."""
        counted = np.ones(len(self.frames), bool) if self.counted is None else self.counted
        return counted / counted.sum()

    @property
    def importance(self) -> NDArray[np.float64] | None:
        """Share (T,) of each sampled frame in the answer, summing to 1.

        ``frame_weights`` or, of a method that weighs clips alone, the score of its clip, divided
        evenly among those of its frames that count; None of a method that weighs neither.
        """
        shares = self.attention.get(FRAME_WEIGHTS)
        if shares is None and CLIP_SCORES in self.attention:
            even = self.even_share.reshape(self.clips)
            total = even.sum(axis=1, keepdims=True)
            within = np.divide(even, total, out=np.zeros_like(even), where=total > 0)
            shares = (self.attention[CLIP_SCORES][:, None] * within).reshape(-1)
        if shares is None or not shares.sum() > 0:
            return None
        return shares.astype(np.float64) / float(shares.sum())


def answer_of(sample: ActionDataSample, classes: Sequence[str],
              numbers: NDArray[np.int64] | None = None,
              clips: tuple[int, int] | None = None,
              counted: NDArray[np.bool_] | None = None) -> Answer:
    """The answer in a data sample that a model has predicted.

    Args:
        sample: With ``pred_score`` or ``pred_frame_scores``.
        classes: Names.
        numbers: (T,) of the sampled frames, where the sample does not hold them.
        clips: How they divide into clips, likewise.
        counted: (T,) which of them count, likewise.
    """
    if numbers is None:
        numbers = video_frames(sample)
    if clips is None:
        clips = (int(sample.get('num_clips') or 1), int(sample.get('clip_len') or len(numbers)))
    if counted is None:
        counted = counted_frames(sample.get('frame_present', np.ones(len(numbers), bool)))
    attention = {name: weights.numpy() for name, weights in sample.get('attention', {}).items()}
    per_frame = sample.get('pred_frame_scores')
    if per_frame is None:
        scores = sample.pred_score.float().cpu().numpy()
    else:
        per_frame = per_frame.float().cpu().numpy()
        scores = _mean(per_frame[per_frame.any(axis=1)])
    return Answer(scores, classes[int(scores.argmax())], numbers, clips, attention, per_frame,
                  None if counted.all() else counted)


def joined(windows: Sequence[Answer], classes: Sequence[str]) -> Answer:
    """One answer of those to successive windows of a clip, of a model that answers per frame.

    Its frames ascend, and are those that were answered for; all of them count. Of a frame that
    was answered several times, because a window was filled up or moved back, the first answer
    is taken, as in a test.
    """
    scores = np.concatenate([window.frame_probabilities for window in windows])
    answered = np.flatnonzero(scores.any(axis=1))  # others have no face, and do not count
    numbers = np.concatenate([window.frames for window in windows])
    distinct, first = np.unique(numbers[answered], return_index=True)
    rows = answered[first]
    attention = {name: np.concatenate([window.attention[name] for window in windows])[rows]
                 for name in windows[0].attention if name not in CLIP_AXIS}
    scores, mean = scores[rows], _mean(scores[rows])
    return Answer(mean, classes[int(mean.argmax())], distinct, (1, len(distinct)), attention,
                  scores)


def in_video(answer: Answer, numbers: NDArray[np.int64]) -> Answer:
    """An answer whose frames are counted from 1 in a part of a video, by the video's numbers.

    Args:
        answer: Its frames are places among those of the part, from 1.
        numbers: Numbers of the part's frames in the video.
    """
    return replace(answer, frames=numbers[answer.frames - 1])


def _mean(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    return scores.mean(axis=0, dtype=np.float64).astype(np.float32)
