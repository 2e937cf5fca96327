"""Scores of a classifier, as pure functions of its confusion matrix.

Shape legend: M predictions, C classes. A confusion matrix is (..., C, C) with the true
class in the rows; any leading axes (seeds, clusters, resamples) are kept, so one call
scores thousands of resamples. A further column, (..., C, C + 1), may count clips without an
answer: they are misses of their class. All scores are in [0, 1].

A class is *present* when the test set has at least one clip of it. UAR and macro-F1
average over the present classes; a class that is predicted but never true lowers the
scores of the classes that it takes clips from, and is no term of its own.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import PredictionError

Array = NDArray[Any]


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, num_classes: int) -> Array:
    """Counts predictions by true and predicted class.

    Args:
        labels: (M,) true classes, 0..C-1.
        predicted: (M,) predicted classes, 0..C-1.
        num_classes: C.

    Returns:
        (C, C) int64, true class in the rows.

    Raises:
        ValueError: The lengths differ, or a class is outside 0..C-1.
    """
    true, given = np.asarray(labels), np.asarray(predicted)
    if true.shape != given.shape or true.ndim != 1:
        raise ValueError(f'labels {true.shape} and predictions {given.shape} must be two '
                         'vectors of one length')
    for name, values in (('label', true), ('prediction', given)):
        if values.size and not (0 <= values.min() and values.max() < num_classes):
            raise ValueError(f'a {name} is outside 0..{num_classes - 1}')
    cells = true.astype(np.int64) * num_classes + given.astype(np.int64)
    return np.bincount(cells, minlength=num_classes**2).reshape(num_classes, num_classes)


def _ratio(part: Array, whole: Array) -> Array:
    """``part / whole`` with NaN where the whole is zero."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _mean_present(values: Array) -> Array:
    """Mean over the last axis without its NaNs; NaN where there is nothing else."""
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0.).sum(-1), present.sum(-1))


def war(confusion: ArrayLike) -> Array:
    """Weighted average recall, which is the overall accuracy: (..., C, C) -> (...)."""
    counts = np.asarray(confusion)
    return _ratio(np.trace(counts, axis1=-2, axis2=-1), counts.sum((-2, -1)))


def per_class_recall(confusion: ArrayLike) -> Array:
    """Share of each class's clips that were found: (..., C, C) -> (..., C).

    NaN for classes that are absent from the test set.
    """
    counts = np.asarray(confusion)
    return _ratio(np.diagonal(counts, axis1=-2, axis2=-1), counts.sum(-1))


def uar(confusion: ArrayLike) -> Array:
    """Unweighted average recall over the present classes: (..., C, C) -> (...)."""
    return _mean_present(per_class_recall(confusion))


def per_class_f1(confusion: ArrayLike) -> Array:
    """F1 of each class, 2TP / (2TP + FP + FN): (..., C, C) -> (..., C).

    NaN for classes that are absent from the test set.
    """
    counts = np.asarray(confusion)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    true, given = counts.sum(-1), counts.sum(-2)[..., :counts.shape[-2]]
    return np.where(true > 0, _ratio(2 * hits, true + given), np.nan)


def macro_f1(confusion: ArrayLike) -> Array:
    """Mean F1 over the present classes: (..., C, C) -> (...)."""
    return _mean_present(per_class_f1(confusion))


def abaw_formula(accuracy: ArrayLike, f1: ArrayLike) -> Array:
    """S = 0.33 accuracy + 0.67 macro-F1, of the expression track of ABAW 2020."""
    return 0.33 * np.asarray(accuracy) + 0.67 * np.asarray(f1)


def abaw_score(confusion: ArrayLike) -> Array:
    """S of :func:`abaw_formula`, with F1 over the present classes: (..., C, C) -> (...)."""
    return abaw_formula(war(confusion), macro_f1(confusion))


def restricted_scores(scores: ArrayLike, columns: Sequence[int]) -> Array:
    """Probabilities of some of the classes alone: (..., C) -> (..., K), each row sums to 1.

    The softmax of the logits of those classes, where the scores are a softmax. A row that
    gives none of them anything is uniform.

    Raises:
        PredictionError: A score is negative, so they are no probabilities.
    """
    kept = np.asarray(scores, np.float64)[..., list(columns)]
    if (kept < 0).any():
        raise PredictionError('scores below 0 cannot be restricted to some classes: let the model '
                              "give probabilities (average_clips='prob')")
    total = kept.sum(-1, keepdims=True)
    uniform = np.full_like(kept, 1 / kept.shape[-1])
    return np.divide(kept, total, out=uniform, where=total > 0).astype(np.float32)


SCORES: dict[str, Callable[[ArrayLike], Array]] = {'WAR': war, 'UAR': uar, 'F1': macro_f1}
"""The scores of answers per clip, by the name that metrics and files use."""
PER_FRAME_SCORES: dict[str, Callable[[ArrayLike], Array]] = {**SCORES, 'S': abaw_score}
"""The scores of answers per frame."""
