"""From answers for windows of a clip to one answer for each of its labelled frames.

Shape legend: t frames of a window, T labelled frames of a clip, M of all clips, C classes.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.functional import PER_FRAME_SCORES, confusion_matrix

__all__ = ['frame_scores', 'join_windows', 'padded_scores']


def join_windows(windows: Sequence[FramePredictions]) -> FramePredictions | None:
    """One answer per labelled frame of a clip; None where no frame is labelled.

    Of a frame that was answered several times, because a window was filled up or moved
    back, the first answer counts.

    Args:
        windows: Of one clip, in order. Here ``frame_numbers`` (t,) may repeat, and
            ``labels`` (t,) may be -1, which leaves a frame out.
    """
    numbers, labels, scores = (np.concatenate([getattr(window, name) for window in windows])
                               for name in ('frame_numbers', 'labels', 'scores'))
    kept = np.flatnonzero(labels >= 0)
    if not kept.size:
        return None
    distinct, first = np.unique(numbers[kept], return_index=True)
    return replace(windows[0], frame_numbers=distinct.astype(np.int32),
                   labels=labels[kept][first], scores=scores[kept][first])


def frame_scores(tracks: Sequence[FramePredictions], num_classes: int) -> dict[str, float]:
    """``WAR``, ``UAR``, ``F1`` and ``S`` over the labelled frames of all clips, in [0, 1].

    Frames whose scores are NaN have no answer, and do not count.
    """
    labels = np.concatenate([track.labels for track in tracks])
    scores = np.concatenate([track.scores for track in tracks])
    kept = (labels >= 0) & ~np.isnan(scores).any(axis=1)
    confusion = confusion_matrix(labels[kept], scores[kept].argmax(1), num_classes)
    return {name: float(score(confusion)) for name, score in PER_FRAME_SCORES.items()}


def padded_scores(windows: Sequence[FramePredictions], num_classes: int) -> dict[str, float]:
    """The scores over every labelled answer, those for filled up or repeated frames included.

    What the released code of ResNet-101 + CBAM + BLSTM counts in validation. Named
    ``WAR_padded`` and so on.
    """
    return {f'{name}_padded': value for name, value in frame_scores(windows, num_classes).items()}
