"""Pooling the predictions of a protocol's splits and seeds.

Answers per frame are scored over frames, but a frame is never a unit of an interval or a
test: the frames of a clip are as good as copies of each other, so its subject or clip is.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.functional import PER_FRAME_SCORES, SCORES, Array
from mmfer.evaluation.mismatch import mismatch
from mmfer.evaluation.missed_frames import MissedFrames
from mmfer.evaluation.predictions import (
    ClipPrediction,
    Predictions,
    predicted_classes,
    true_classes,
)
from mmfer.evaluation.units import Units, group_units, unit_confusions

Entry = TypeVar('Entry', ClipPrediction, FramePredictions, FacelessClip, MissedFrames)
_OPTIONAL = ('corpora', 'trained_on', 'tested_on')
_MUST_AGREE = ('classes', 'config_name', 'config_hash', 'annotation_hash', 'protocol_name',
               'protocol_hash', 'selection', 'subject_disjoint', *_OPTIONAL)


@dataclass(frozen=True)
class Pool:
    """The predictions of one method on one protocol.

    M counts the answers: the clips, or the frames of all clips one after the other.

    Attributes:
        metadata: What all files agree on.
        seeds: The S seeds.
        splits: Names of the splits.
        rows: For each seed the same (split, clip) pairs, sorted; empty where the answers are
            for frames.
        tracks: The same of answers for frames; () where they are for clips.
        faceless: The test clips without a face, sorted; equal for all seeds.
        missed: The labelled frames without a face, of answers for frames; equal for all seeds.
        all_clips: Whether those count among the M, as missed; see :meth:`over_all_clips`.
        coverage: Mean share of a video's frames on which the face was seen, and over how many
            clips; None where it is not known.
        title: What to call the method; its config's name where ''.
    """

    metadata: dict[str, Any]
    seeds: tuple[int | None, ...]
    splits: tuple[str, ...]
    rows: tuple[tuple[ClipPrediction, ...], ...]
    tracks: tuple[tuple[FramePredictions, ...], ...] = ()
    faceless: tuple[FacelessClip, ...] = ()
    missed: tuple[MissedFrames, ...] = ()
    all_clips: bool = False
    coverage: tuple[float, int] | None = None
    title: str = ''

    @property
    def name(self) -> str:
        """What to call the method."""
        return self.title or self.metadata['config_name'] or 'predictions'

    @property
    def per_frame(self) -> bool:
        """Whether the answers are for frames."""
        return bool(self.tracks)

    @property
    def answered(self) -> Sequence[ClipPrediction | FramePredictions]:
        """The clips of the first seed, of either kind, each once per split."""
        return self.tracks[0] if self.per_frame else self.rows[0]

    @property
    def unanswered(self) -> Sequence[FacelessClip | MissedFrames]:
        """What has no answer: clips without a face or, of answers for frames, such frames."""
        return self.missed if self.per_frame else self.faceless

    @property
    def entries(self) -> Sequence[ClipPrediction | FramePredictions | FacelessClip | MissedFrames]:
        """Those that count: the answered ones and, over all clips, those without a face."""
        return (*self.answered, *self._missed)

    @property
    def _missed(self) -> Sequence[FacelessClip | MissedFrames]:
        return self.unanswered if self.all_clips else ()

    @property
    def scores(self) -> dict[str, Callable[[ArrayLike], Array]]:
        """The scores that fit the answers, by name."""
        return PER_FRAME_SCORES if self.per_frame else SCORES

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The (split, clip) pairs."""
        return [(entry.split, entry.clip) for entry in self.entries]

    @property
    def labels(self) -> NDArray[np.int64]:
        """(M,) true classes."""
        answered = true_classes(self.rows[0], self.tracks[0] if self.tracks else ())
        return np.concatenate([answered, *(entry.labels for entry in self._missed)])

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(S, M) predicted classes; C, which is none, for clips and frames without a face."""
        missed = np.full(sum(len(entry.labels) for entry in self._missed),
                         len(self.metadata['classes']), np.int64)
        return np.stack([np.append(predicted_classes(
            rows, self.tracks[seed] if self.tracks else ()), missed)
            for seed, rows in enumerate(self.rows)])

    @property
    def unit_confusions(self) -> NDArray[np.int64]:
        """(S, G, C, C) counts of each unit, (S, G, C, C + 1) over all clips."""
        return unit_confusions(self.labels, self.predicted, self.units,
                               len(self.metadata['classes']), self.all_clips)

    @property
    def units(self) -> Units:
        """Unit of each answer, for intervals and tests: a subject or clip, never a frame."""
        units = group_units([entry.subject for entry in self.entries],
                            [entry.clip for entry in self.entries])
        if not self.per_frame:
            return units
        counts = [len(entry.labels) for entry in (*self.tracks[0], *self._missed)]
        return Units(np.repeat(units.index, counts), units.count, units.name)

    def only(self, split: str) -> Pool:
        """The part of the pool that one split tested."""
        rows = tuple(tuple(row for row in rows if row.split == split) for rows in self.rows)
        tracks = tuple(tuple(track for track in tracks if track.split == split)
                       for tracks in self.tracks)
        faceless = tuple(clip for clip in self.faceless if clip.split == split)
        missed = tuple(clip for clip in self.missed if clip.split == split)
        return replace(self, splits=(split, ), rows=rows, tracks=tracks, faceless=faceless,
                       missed=missed)

    def over_all_clips(self) -> Pool:
        """The pool in which the clips, or frames, without a face count, as missed.

        Raises:
            PredictionError: The answers are for frames, and only clips have no face.
        """
        if self.per_frame and not self.missed:
            raise PredictionError('clips without a face have no frames to count as missed')
        return replace(self, all_clips=True)


def pool_predictions(files: Sequence[Predictions]) -> Pool:
    """Pools files of one method: any number of splits, each with the same seeds.

    Raises:
        MismatchError: Files are of different protocols or annotation files.
        PredictionError: Files do not belong together (classes, config, selection), a split
            was given twice for one seed, or the seeds do not cover the same clips; the
            message names both files.
    """
    if not files:
        raise PredictionError('there are no predictions to pool')
    first = files[0]
    runs: dict[int | None, dict[tuple[str, str], ClipPrediction]] = {}
    framed: dict[int | None, dict[tuple[str, str], FramePredictions]] = {}
    faceless: dict[int | None, dict[tuple[str, str], FacelessClip]] = {}
    missed: dict[int | None, dict[tuple[str, str], MissedFrames]] = {}
    sources: dict[tuple[int | None, str], str] = {}
    for file in files:
        for key in _MUST_AGREE:
            if file.metadata.get(key) != first.metadata.get(key):
                raise mismatch(
                    key, f'{file.path} does not belong to {first.path}: {key} is '
                    f'{file.metadata.get(key)!r} against {first.metadata.get(key)!r}; evaluate '
                    'methods and protocols one at a time',
                    file.rows or file.tracks, first.rows or first.tracks)
        if bool(file.tracks) != bool(first.tracks):
            raise PredictionError(f'{file.path} does not belong to {first.path}: one has answers '
                                  'per clip, the other per frame')
        seed = file.metadata['seed']
        for split in sorted({row.split for row in file.rows} | {t.split for t in file.tracks}):
            if (seed, split) in sources:
                raise PredictionError(
                    f'{file.path} and {sources[seed, split]} both hold split {split!r} with '
                    f'seed {seed}; give one of them')
            sources[seed, split] = file.path
        runs.setdefault(seed, {}).update({(row.split, row.clip): row for row in file.rows})
        framed.setdefault(seed, {}).update({(t.split, t.clip): t for t in file.tracks})
        faceless.setdefault(seed, {}).update({(c.split, c.clip): c for c in file.faceless})
        missed.setdefault(seed, {}).update({(c.split, c.clip): c for c in file.missed})
    seeds = sorted(runs, key=lambda seed: (seed is not None, seed))
    for seed in seeds[1:]:
        for of_kind in (runs, framed, faceless, missed):
            check_same_clips(of_kind[seeds[0]], of_kind[seed], f'seed {seeds[0]}', f'seed {seed}')
    splits = sorted({split for _, split in sources}, key=natural)
    common = {key: first.metadata[key] for key in _MUST_AGREE if key in first.metadata}
    return Pool(common, tuple(seeds), tuple(splits),
                tuple(_in_order(runs[seed]) for seed in seeds),
                tuple(_in_order(framed[seed]) for seed in seeds) if first.tracks else (),
                _in_order(faceless[seeds[0]]), _in_order(missed[seeds[0]]),
                coverage=_coverage([f for f in files if f.metadata['seed'] == seeds[0]]))


def _coverage(files: Sequence[Predictions]) -> tuple[float, int] | None:
    """Mean coverage of the tested clips of some files, and of how many; None where unknown."""
    known = [file.metadata['coverage'] for file in files if file.metadata.get('coverage')]
    count = sum(one['clips'] for one in known)
    return (sum(one['mean'] * one['clips'] for one in known) / count, count) if count else None


def _in_order(entries: dict[tuple[str, str], Entry]) -> tuple[Entry, ...]:
    return tuple(entries[key] for key in sorted(entries, key=lambda k: (natural(k[0]), k[1])))


def check_same_clips(a: Mapping[tuple[str, str], Any], b: Mapping[tuple[str, str], Any],
                     name_a: str, name_b: str) -> None:
    """Refuses two sides that do not cover the same clips, with the same facts.

    Args:
        a: Answers for clips or frames, or clips without a face, by split and clip.
        b: The same of the other side.
        name_a: Of one side, for the message.
        name_b: Of the other.

    Raises:
        PredictionError: The message names a clip.
    """
    for one, other, name in ((a, b, name_b), (b, a, name_a)):
        lacking = sorted(set(one) - set(other))
        if lacking:
            split, clip = lacking[0]
            raise PredictionError(f'{name} lacks {len(lacking)} of the predictions, the first '
                                  f'is clip {clip!r} of split {split!r}; both must cover the '
                                  'same clips')
    for key, entry in a.items():
        if not _same_facts(entry, b[key]):
            raise PredictionError(f'clip {key[1]!r} has another label or subject in {name_b} '
                                  f'than in {name_a}')


def _same_facts(a: Any, b: Any) -> bool:
    """Whether label, subject and, where the answers are for them, frames are the same."""
    if isinstance(a, FramePredictions) and isinstance(b, FramePredictions):
        return (a.subject == b.subject and np.array_equal(a.labels, b.labels)
                and np.array_equal(a.frame_numbers, b.frame_numbers))
    if isinstance(a, MissedFrames) or isinstance(b, MissedFrames):
        return a == b
    return (not isinstance(a, FramePredictions) and not isinstance(b, FramePredictions)
            and (a.label, a.subject) == (b.label, b.subject))


def natural(name: str) -> str:
    """Sort key under which fold2 comes before fold10."""
    return re.sub(r'[0-9]+', lambda digits: digits.group().zfill(12), name)


def notes(metadata: dict[str, Any]) -> list[str]:
    """What a reader must know of every number: how the checkpoint and subjects were chosen."""
    result = []
    trained, tested = metadata.get('trained_on'), metadata.get('tested_on')
    if trained and tested:
        result.append(f'cross-corpus: trained on {trained["corpus"]}, tested on '
                      f'{tested["corpus"]}; {tested["rule"]}')
    elif metadata['selection'] == 'literature':
        result.append('SELECTED ON THE TEST SET: the best epoch was chosen by its test score')
    if metadata['subject_disjoint'] is False:
        result.append('subjects shared between training and test')
    return result
