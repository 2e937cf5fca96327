"""The metric that trains, validates and tests: scores of clips or frames, over all ranks."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.dist import all_gather_object, broadcast_object_list, is_main_process
from mmengine.evaluator import BaseMetric
from numpy.typing import ArrayLike

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.functional import (
    PER_FRAME_SCORES,
    SCORES,
    confusion_matrix,
    restricted_scores,
)
from mmfer.evaluation.localization import measure_attention
from mmfer.evaluation.missed_frames import MissedFrames, part_missed
from mmfer.evaluation.predictions import ClipPrediction, Predictions, write_predictions
from mmfer.evaluation.windows import frame_scores, join_windows, padded_scores
from mmfer.registry import METRICS
from mmfer.structures import (
    CLIP_AXIS,
    CLIP_SCORES,
    FRAME_SCORES,
    FRAME_WEIGHTS,
    SPATIAL_MAPS,
    counted_frames,
)

_NEEDED = ('clip', 'pred_score', 'gt_label', 'frame_inds')
_NEEDED_PER_FRAME = ('clip', 'pred_frame_scores', 'frame_inds')

Answer = tuple[int, ClipPrediction | FramePredictions]
"""Number of the sample among those of its clip, and what was said of it."""


def score_rows(rows: Sequence[ClipPrediction], num_classes: int) -> dict[str, float]:
    """Scores of clips, and of their attention where it is known.

    Args:
        rows: One per clip.
        num_classes: C.

    Returns:
        ``WAR``, ``UAR``, ``F1``; with frame weights also ``last_half_mass`` (0.5 by
        chance); with frame weights and apex ranges also ``hit_rate``, ``hit_rate_chance``,
        ``attention_mass`` and ``attention_mass_chance``; with clip scores and apex ranges
        also ``clip_hit_rate`` and ``clip_hit_rate_chance``. All in [0, 1]. Where the scores
        are probabilities also ``NLL``, the mean of -log p(true class), at most 87: what
        schedules that wait for a plateau watch, for it moves where no answer changes.
    """
    confusion = confusion_matrix([row.label for row in rows],
                                 [int(row.scores.argmax()) for row in rows], num_classes)
    result = {name: float(score(confusion)) for name, score in SCORES.items()}
    scores = np.stack([row.scores for row in rows]).astype(np.float64)
    if scores.min() >= 0 and np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        true = scores[np.arange(len(rows)), [row.label for row in rows]]
        result['NLL'] = float(-np.log(np.maximum(true, np.finfo(np.float32).tiny)).mean())
    measures: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, pair in measure_attention(row.attention, row.frame_numbers, row.apex).items():
            measures.setdefault(name, []).append(pair)
    for name, pairs in measures.items():
        value, chance = np.mean(pairs, axis=0)
        result[name] = float(value)
        if name != 'last_half_mass':  # one half in any case
            result[f'{name}_chance'] = float(chance)
    return result


@METRICS.register_module()
class ExpressionMetric(BaseMetric):
    """WAR, UAR, macro-F1 and localisation of attention, over the distinct clips.

    Works with every recognizer whose samples carry ``pred_score``, ``gt_label`` and the
    meta information of :data:`mmfer.structures.META_KEYS`, mmaction's own included. The
    results of all ranks are joined by clip, so a clip that a sampler repeated to fill up a
    rank counts once. Names of the values: see :func:`score_rows`.

    Samples with ``pred_frame_scores`` are answers per frame. The scores are then WAR, UAR,
    macro-F1 and S over the frames with a label (``gt_frame_labels``, -1 leaves out; the
    clip's label where there are none of frames). The samples of a clip are its windows: a
    frame that is answered twice, because a window was filled up or moved back, counts once,
    with the earlier window's answer.

    Of several corpora (:class:`~mmfer.datasets.JointDataset`) the values of each are given as
    well, as ``mmi/WAR`` and so on.

    Clips in which no face was found are no samples, and count in no value here; the
    predictions file lists those that the dataset's ``metainfo['faceless']`` names. The same
    goes for frames of which samples say in ``frame_present`` that they have no face: of answers
    per frame those with a label are listed as missed; of answers per clip the file has the
    frames that were seen.

    Args:
        dump: Predictions file to write at each evaluation; None writes nothing.
        metadata: Values for the file's metadata
            (:data:`mmfer.evaluation.predictions.METADATA_KEYS`); ``classes`` defaults to
            the dataset's.
        score_columns: Of the scores those of these classes only, brought to sum 1: for a
            model that knows more classes than the dataset.
        count_padding: Also give, as ``WAR_padded`` and so on, the scores over every answer,
            the repeated frames of ``WindowSample(tail='repeat')`` included. For answers per
            frame.
        prefix: Put before the names as ``prefix/name``; None puts nothing.
        collect_device: Kept for MMEngine's interface; the results are gathered in memory.

    Attributes:
        counted: What the last evaluation scored, on the main process: ``clips`` and, of
            answers per frame, ``frames`` and, where there are any, ``missed_frames``;
            ``faceless``, the clips that it could not score; ``coverage``, the mean of all
            clips, where the dataset knows it.
    """

    # An empty prefix is not None: it keeps plain names without MMEngine's warning
    default_prefix = ''

    def __init__(self, dump: str | os.PathLike[str] | None = None,
                 metadata: dict[str, Any] | None = None,
                 score_columns: Sequence[int] | None = None, count_padding: bool = False,
                 prefix: str | None = None, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.results: list[Answer] = []
        self.dump = dump
        self.metadata = dict(metadata or {})
        self.score_columns = None if score_columns is None else list(score_columns)
        self.count_padding = count_padding
        self.counted: dict[str, float] = {}

    def process(self, data_batch: Any,
                data_samples: Sequence[dict[str, Any] | ActionDataSample]) -> None:
        """Keeps what is needed of a batch of predicted samples."""
        for sample in data_samples:
            values = sample if isinstance(sample, dict) else sample.to_dict()
            per_frame = values.get('pred_frame_scores') is not None
            missing = [key for key in (_NEEDED_PER_FRAME if per_frame else _NEEDED)
                       if values.get(key) is None]
            if per_frame and not {'gt_frame_labels', 'gt_label'} & values.keys():
                missing.append('gt_frame_labels')
            if missing:
                raise PredictionError(f'clip {values.get("clip")!r}: the predicted sample lacks '
                                      f'{", ".join(missing)}; pack with PackExpressionInputs')
            scores = _array(values['pred_frame_scores' if per_frame else 'pred_score'])
            if not np.isfinite(scores).all():
                raise PredictionError(f'clip {values["clip"]!r}: the scores are not finite; the '
                                      'training has diverged')
            if self.score_columns is not None:
                scores = restricted_scores(scores, self.score_columns)
            self.results.append((int(values.get('repeat_index') or 0),
                                 (self._window if per_frame else self._row)(values, scores)))

    def _row(self, sample: dict[str, Any], scores: np.ndarray) -> ClipPrediction:
        attention = sample.get('attention') or {}
        if self.dump is None:  # maps of long videos are large, and only files need them
            attention = {name: weights for name, weights in attention.items()
                         if name in (FRAME_WEIGHTS, CLIP_SCORES)}
        if self.score_columns is not None and FRAME_SCORES in attention:
            attention = {**attention, FRAME_SCORES: restricted_scores(
                _array(attention[FRAME_SCORES]), self.score_columns)}
        apex, facts = sample.get('apex'), self._facts(sample)
        arrays = {name: _array(weights) for name, weights in attention.items()}
        if sample.get('frame_present') is not None:
            facts['frame_numbers'], arrays = seen_only(
                facts['frame_numbers'], arrays, counted_frames(sample['frame_present']))
        return ClipPrediction(
            **facts, label=_label(sample), scores=scores,
            apex=None if apex is None else (int(apex[0]), int(apex[1])), attention=arrays)

    def _window(self, sample: dict[str, Any], scores: np.ndarray) -> FramePredictions:
        """Answers for the frames of one sample, as :func:`join_windows` takes them.

        Those of frames without a face are NaN.
        """
        labels = sample.get('gt_frame_labels')
        labels = np.full(len(scores), _label(sample)) if labels is None else np.asarray(labels)
        facts = self._facts(sample)
        if sample.get('video_frames') is not None:
            facts['frame_numbers'] = np.asarray(sample['video_frames'], np.int32).reshape(-1)
        if sample.get('frame_present') is not None:
            scores = np.where(np.reshape(sample['frame_present'], (-1, 1)), scores, np.nan)
        if not len(labels) == len(scores) == len(facts['frame_numbers']):
            raise PredictionError(
                f'clip {sample["clip"]!r}: {len(scores)} answers and {len(labels)} labels for '
                f'{len(facts["frame_numbers"])} sampled frames')
        return FramePredictions(**facts, labels=labels.astype(np.int64), scores=scores)

    def _facts(self, sample: dict[str, Any]) -> dict[str, Any]:
        """What both kinds of answer say of the clip."""
        start = sample.get('start_index')
        start = 1 if start is None else int(start)
        numbers = np.asarray(sample['frame_inds']).reshape(-1) - start + 1
        frames = sample.get('frame_dir') or sample.get('filename') or ''
        is_folder = bool(sample.get('frame_dir'))
        return dict(
            clip=str(sample['clip']), split=str(self.metadata.get('split') or ''),
            frame_numbers=numbers.astype(np.int32), frames=self._relative(str(frames)),
            subject=sample.get('subject'),
            filename_tmpl=sample.get('filename_tmpl') if is_folder else None, start_index=start)

    def _relative(self, frames: str) -> str:
        """Path below the data root where it is there, with forward slashes."""
        root = self.metadata.get('data_root')
        if root is None or not frames:
            return frames
        path = Path(frames).absolute()
        for base in (Path(root).absolute(), Path(root).resolve()):  # the root may be a link
            if path.is_relative_to(base):
                return path.relative_to(base).as_posix()
        return frames

    def evaluate(self, size: int) -> dict[str, float]:
        """Joins the clips of all ranks and scores them; all ranks get the values.

        MMEngine's own gathering assumes interleaved ranks and cuts at ``size``; joining by
        clip, and by window of a clip, holds for any sampler.

        Args:
            size: Clips in the dataset, or windows.

        Raises:
            PredictionError: Not every clip or window of the dataset was predicted.
        """
        gathered = all_gather_object(self.results)
        self.results = []
        outcome: list[Any] = [None]
        if is_main_process():
            try:
                outcome = [self._joined(gathered, size)]
            except ValueError as error:  # raised on every rank, or the others would wait
                outcome = [error]
        broadcast_object_list(outcome)
        if isinstance(outcome[0], ValueError):
            raise outcome[0]
        if self.prefix:
            return {f'{self.prefix}/{name}': value for name, value in outcome[0].items()}
        return outcome[0]

    def _joined(self, gathered: list[list[Answer]], size: int) -> dict[str, float]:
        clips: dict[str, ClipPrediction] = {}
        windows: dict[tuple[str, int], FramePredictions] = {}
        for index, answer in (answer for rank in gathered for answer in rank):
            if isinstance(answer, ClipPrediction):
                clips.setdefault(answer.clip, answer)
            else:
                windows.setdefault((answer.clip, index), answer)
        if clips and windows:
            raise PredictionError('some samples have one answer per clip, others one per frame')
        if len(clips) + len(windows) != size:
            what = 'windows' if windows else 'clips'
            raise PredictionError(f'{len(clips) + len(windows)} distinct {what} were predicted, '
                                  f'but the dataset holds {size}')
        if windows:
            return self._frame_metrics([windows[key] for key in sorted(windows)])
        if self.count_padding:
            raise PredictionError('count_padding=True needs answers per frame; these are per clip')
        return self.compute_metrics([clips[name] for name in sorted(clips)])

    def compute_metrics(self, results: list[ClipPrediction]) -> dict[str, float]:
        """Scores the distinct clips, and writes the predictions file where asked."""
        num_classes = len(results[0].scores)
        self._write(rows=results, num_classes=num_classes, labels=[row.label for row in results])
        self.counted = {'clips': len(results), **self._without_a_face()}
        return score_rows(results, num_classes) | self._by_corpus(results, score_rows, num_classes)

    def _frame_metrics(self, windows: list[FramePredictions]) -> dict[str, float]:
        """Scores the labelled frames of windows that are sorted by clip and number."""
        num_classes = windows[0].scores.shape[1]
        joined = [join_windows(list(of_clip)) for _, of_clip in groupby(windows, _clip)]
        parts = [part_missed(track) for track in joined if track is not None]
        tracks = [track for track, _ in parts if track is not None]
        if not tracks:
            raise PredictionError('no frame of the dataset has a label'
                                  f'{" and a face" if parts else ""}')
        missed = [*(frames for _, frames in parts if frames is not None), *self._faceless_frames()]
        labels = np.concatenate([track.labels for track in tracks])
        self._write(tracks=tracks, num_classes=num_classes, labels=labels, missed=missed)
        self.counted = {'clips': len(tracks), 'frames': len(labels), **self._without_a_face()}
        if missed:
            self.counted['missed_frames'] = sum(len(frames.labels) for frames in missed)
        padded = padded_scores(windows, num_classes) if self.count_padding else {}
        return (frame_scores(tracks, num_classes) | padded
                | self._by_corpus(tracks, frame_scores, num_classes))

    def _by_corpus(self, answers: Sequence[Any], score: Callable[[Sequence[Any], int], dict],
                   num_classes: int) -> dict[str, float]:
        """Of several corpora the scores of each, as ``name/WAR`` and so on."""
        result = {}
        for name in (self.dataset_meta or {}).get('corpora') or ():
            own = [answer for answer in answers if answer.clip.startswith(f'{name}/')]
            scores = score(own, num_classes) if own else {}
            result.update({f'{name}/{key}': value for key, value in scores.items()
                           if key in PER_FRAME_SCORES})
        return result

    def _write(self, num_classes: int, labels: ArrayLike, rows: Sequence[ClipPrediction] = (),
               tracks: Sequence[FramePredictions] = (),
               missed: Sequence[MissedFrames] = ()) -> None:
        """Checks the classes, and writes the predictions file where asked."""
        names = self.metadata.get('classes') or (self.dataset_meta or {}).get('classes')
        classes = [str(name) for name in names or range(num_classes)]
        if len(classes) != num_classes:
            raise PredictionError(f'{num_classes} scores per {"frame" if tracks else "clip"} for '
                                  f'the {len(classes)} classes {", ".join(classes)}; set '
                                  'num_classes of the head')
        if not 0 <= np.min(labels) <= np.max(labels) < num_classes:
            raise PredictionError(f'a label is outside 0..{num_classes - 1}')
        if self.dump is not None:
            coverage = (self.dataset_meta or {}).get('coverage')
            write_predictions(self.dump, Predictions(
                {**self.metadata, 'classes': classes,
                 **({'coverage': coverage} if coverage else {})}, tuple(rows), str(self.dump),
                tuple(tracks), self._faceless(), tuple(missed)))

    def _without_a_face(self) -> dict[str, float]:
        coverage = (self.dataset_meta or {}).get('coverage')
        return {'faceless': len(self._faceless()),
                **({'coverage': coverage['mean']} if coverage else {})}

    def _faceless_frames(self) -> Iterator[MissedFrames]:
        """The labelled frames of clips without a face, where the dataset says how many."""
        split = str(self.metadata.get('split') or '')
        for clip in (self.dataset_meta or {}).get('faceless', ()):
            if sum(clip.get('frame_counts', ())):
                yield MissedFrames(clip['clip'], split, tuple(clip['frame_counts']),
                                   clip['subject'])

    def _faceless(self) -> tuple[FacelessClip, ...]:
        """The clips of the dataset that are no samples, for want of a face."""
        split = str(self.metadata.get('split') or '')
        return tuple(FacelessClip(clip['clip'], split, int(clip['label']), clip['subject'])
                     for clip in (self.dataset_meta or {}).get('faceless', ())
                     if clip['label'] is not None)


def seen_only(numbers: np.ndarray, attention: dict[str, np.ndarray],
              counted: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Sampled frames and their attention without the frames that do not count.

    Where there are weights of clips of equal length, the frames stay, so that the clips do: each
    has the number of the one whose picture stands in its place, and what belongs to a picture is
    that one's; weights remain 0.

    Args:
        numbers: (T,) of the pictures shown.
        attention: By name, (T, ...) or, of clips, (K, ...).
        counted: (T,) bool.
    """
    if not set(CLIP_AXIS) & attention.keys():
        return numbers[counted], {name: weights[counted] for name, weights in attention.items()}
    place = {number: row for row, number in enumerate(numbers) if counted[row]}
    rows = [place[number] for number in numbers]
    return numbers, {name: weights[rows] if name in (SPATIAL_MAPS, FRAME_SCORES) else weights
                     for name, weights in attention.items()}


def _clip(window: FramePredictions) -> str:
    return window.clip


def _label(sample: dict[str, Any]) -> int:
    return int(_array(sample['gt_label']).reshape(-1)[0])


def _array(values: Any) -> np.ndarray:
    """A tensor of any device and precision as float32."""
    if isinstance(values, torch.Tensor):
        return values.detach().float().cpu().numpy()
    return np.asarray(values, np.float32)
