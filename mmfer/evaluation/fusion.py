"""Late fusion: the answers of several models for the same clips, joined into one.

Shape legend: P models, C classes, T frames.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.mismatch import mismatch
from mmfer.evaluation.predictions import ClipPrediction, Predictions

__all__ = ['METHODS', 'fuse_predictions', 'fuse_scores']

METHODS = ('arithmetic', 'geometric')
Entry = TypeVar('Entry', ClipPrediction, FramePredictions)
_MUST_AGREE = ('classes', 'annotation_hash', 'protocol_hash', 'protocol_name', 'split',
               'selection', 'subject_disjoint', 'trained_on', 'tested_on')
_SUM_TOLERANCE = 1e-3  # of float32 probabilities that may have been computed in half precision
_SMALLEST = float(np.finfo(np.float32).tiny)


def fuse_scores(scores: ArrayLike, weights: ArrayLike,
                method: str = 'arithmetic') -> NDArray[np.float64]:
    """Weighted mean of the probabilities of several models.

    Args:
        scores: (P, ..., C) probabilities.
        weights: (P,) positive; their sum does not matter.
        method: ``'arithmetic'``: sum_p w_p s_p. ``'geometric'``: prod_p s_p^w_p, divided by
            its sum over the classes; a class that one model excludes stays excluded but for
            float32's smallest number.

    Returns:
        (..., C) probabilities.
    """
    values = np.asarray(scores, np.float64)
    shares = np.asarray(weights, np.float64) / np.sum(weights)
    if method == 'arithmetic':
        mean = np.tensordot(shares, values, axes=1)
    else:
        logs = np.tensordot(shares, np.log(np.maximum(values, _SMALLEST)), axes=1)
        mean = np.exp(logs - logs.max(-1, keepdims=True))
    return mean / mean.sum(-1, keepdims=True)


def fuse_predictions(files: Sequence[Predictions], weights: Sequence[float] | None = None,
                     method: str = 'arithmetic') -> Predictions:
    """Joins prediction files of several models for the same clips of one split.

    Args:
        files: P files, at least two.
        weights: P positive numbers; equal ones where None.
        method: One of :data:`METHODS`, see :func:`fuse_scores`.

    Returns:
        Predictions with the clips of the first file and without attention, which belongs to
        one model. ``config_name`` and ``config_hash`` name the parts, weights and method;
        ``seed`` and ``data_root`` are kept where all agree.

    Raises:
        MismatchError: The files are of different protocols or annotation files.
        PredictionError: The files differ in classes, split, selection or clips, or hold no
            probabilities; or the weights do not fit.
    """
    given = [1.] * len(files) if weights is None else [float(weight) for weight in weights]
    if method not in METHODS:
        raise PredictionError(f'method {method!r} does not exist; choose one of '
                              f'{", ".join(METHODS)}')
    if len(files) < 2:
        raise PredictionError('one file alone cannot be fused; give at least two')
    if len(given) != len(files) or not all(np.isfinite(w) and w > 0 for w in given):
        raise PredictionError(f'weights {given}: give one positive number for each of the '
                              f'{len(files)} parts')
    first = files[0]
    for other in files[1:]:
        for key in _MUST_AGREE:
            if other.metadata.get(key) != first.metadata.get(key):
                raise mismatch(
                    key, f'{other.path} cannot be fused with {first.path}: {key} is '
                    f'{other.metadata.get(key)!r} against {first.metadata.get(key)!r}',
                    other.rows or other.tracks, first.rows or first.tracks)
        if bool(other.tracks) != bool(first.tracks):
            raise PredictionError(f'{other.path} cannot be fused with {first.path}: one has '
                                  'answers per clip, the other per frame')
        if set(other.faceless) != set(first.faceless):
            raise PredictionError(f'{other.path} cannot be fused with {first.path}: the clips '
                                  'without a face are others')
        if set(other.missed) != set(first.missed):
            raise PredictionError(f'{other.path} cannot be fused with {first.path}: the frames '
                                  'without a face are others')
    return Predictions(
        _metadata(files, given, method), _fused([f.rows for f in files], files, given, method),
        tracks=_fused([f.tracks for f in files], files, given, method), faceless=first.faceless,
        missed=first.missed)


def _metadata(files: Sequence[Predictions], weights: Sequence[float], method: str) -> dict:
    shares = [weight / sum(weights) for weight in weights]
    parts = [[f.metadata['config_name'], f.metadata['config_hash'], share]
             for f, share in zip(files, shares, strict=True)]
    identity = hashlib.sha256(json.dumps([method, parts]).encode()).hexdigest()
    names = '+'.join(str(name) for name, _, _ in parts)
    common = {key: files[0].metadata[key] if all(
        f.metadata[key] == files[0].metadata[key] for f in files) else None
        for key in ('seed', 'data_root')}
    return {**files[0].metadata, **common, 'checkpoint': None, 'config_hash': identity,
            'config_name': f'fused({names})'}


def _fused(parts: Sequence[Sequence[Entry]], files: Sequence[Predictions],
           weights: Sequence[float], method: str) -> tuple[Entry, ...]:
    tables = [{(entry.split, entry.clip): entry for entry in part} for part in parts]
    for table, file in zip(tables, files, strict=True):
        lacking = set(table) ^ set(tables[0])
        if lacking:
            split, clip = min(lacking)
            raise PredictionError(f'{file.path} cannot be fused with {files[0].path}: clip '
                                  f'{clip!r} of split {split!r} is in one of them only')
    result = []
    for key, entry in tables[0].items():
        entries = [table[key] for table in tables]
        for other, file in zip(entries, files, strict=True):
            _check_same(entry, other, file.path)
        scores = fuse_scores([e.scores for e in entries], weights, method).astype(np.float32)
        changes: dict[str, Any] = {'scores': scores}
        if isinstance(entry, ClipPrediction):
            changes['attention'] = {}
        result.append(replace(entry, **changes))
    return tuple(result)


def _check_same(a: Entry, b: Entry, path: str) -> None:
    """Refuses other facts on one clip, and scores that are no probabilities."""
    same = a.subject == b.subject
    if isinstance(a, FramePredictions) and isinstance(b, FramePredictions):
        same &= (np.array_equal(a.labels, b.labels)
                 and np.array_equal(a.frame_numbers, b.frame_numbers))
    elif isinstance(a, ClipPrediction) and isinstance(b, ClipPrediction):
        same &= a.label == b.label
    if not same:
        raise PredictionError(f'{path}: clip {b.clip!r} has another label, subject or frames than '
                              'in the first file')
    sums = b.scores.sum(-1)
    if b.scores.min() < 0 or np.abs(sums - 1).max() > _SUM_TOLERANCE:
        raise PredictionError(f"{path}: clip {b.clip!r}: the scores are no probabilities; test "
                              "again with average_clips='prob'")
