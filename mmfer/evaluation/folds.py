"""Pooling the predictions of a protocol's splits and seeds.

Three numbers are easily confused and are kept apart here, each with its denominator: the
score of one split, the mean and spread over splits, and the pooled score of all test clips
together. Runs that differ in their seed only are averaged.

Answers per frame are scored over frames, but a frame is never a unit of an interval or a
test: the frames of a clip are as good as copies of each other, so its subject or clip is.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.functional import (
    PER_FRAME_SCORES,
    SCORES,
    Array,
    confusion_matrix,
    per_class_recall,
)
from mmfer.evaluation.localization import measure_attention
from mmfer.evaluation.mismatch import mismatch
from mmfer.evaluation.predictions import (
    ClipPrediction,
    Predictions,
    predicted_classes,
    true_classes,
)
from mmfer.evaluation.statistics import (
    RESAMPLES,
    Units,
    group_units,
    mcnemar,
    mean_interval,
    paired_test,
    score_interval,
    unit_confusions,
)

Entry = TypeVar('Entry', ClipPrediction, FramePredictions)
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
    """

    metadata: dict[str, Any]
    seeds: tuple[int | None, ...]
    splits: tuple[str, ...]
    rows: tuple[tuple[ClipPrediction, ...], ...]
    tracks: tuple[tuple[FramePredictions, ...], ...] = ()

    @property
    def per_frame(self) -> bool:
        """Whether the answers are for frames."""
        return bool(self.tracks)

    @property
    def entries(self) -> Sequence[ClipPrediction | FramePredictions]:
        """The clips of the first seed, of either kind, each once per split."""
        return self.tracks[0] if self.per_frame else self.rows[0]

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
        return true_classes(self.rows[0], self.tracks[0] if self.tracks else ())

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(S, M) predicted classes."""
        return np.stack([predicted_classes(rows, self.tracks[seed] if self.tracks else ())
                         for seed, rows in enumerate(self.rows)])

    @property
    def units(self) -> Units:
        """Unit of each answer, for intervals and tests: a subject or clip, never a frame."""
        units = group_units([entry.subject for entry in self.entries],
                            [entry.clip for entry in self.entries])
        if not self.per_frame:
            return units
        counts = [len(track.labels) for track in self.tracks[0]]
        return Units(np.repeat(units.index, counts), units.count, units.name)

    def only(self, split: str) -> Pool:
        """The part of the pool that one split tested."""
        rows = tuple(tuple(row for row in rows if row.split == split) for rows in self.rows)
        tracks = tuple(tuple(track for track in tracks if track.split == split)
                       for tracks in self.tracks)
        return Pool(self.metadata, self.seeds, (split, ), rows, tracks)


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
    seeds = sorted(runs, key=lambda seed: (seed is not None, seed))
    for seed in seeds[1:]:
        for of_kind in (runs, framed):
            _check_same_clips(of_kind[seeds[0]], of_kind[seed], f'seed {seeds[0]}', f'seed {seed}')
    splits = sorted({split for _, split in sources}, key=natural)
    common = {key: first.metadata[key] for key in _MUST_AGREE if key in first.metadata}
    return Pool(common, tuple(seeds), tuple(splits),
                tuple(_in_order(runs[seed]) for seed in seeds),
                tuple(_in_order(framed[seed]) for seed in seeds) if first.tracks else ())


def _in_order(entries: dict[tuple[str, str], Entry]) -> tuple[Entry, ...]:
    return tuple(entries[key] for key in sorted(entries, key=lambda k: (natural(k[0]), k[1])))


def _check_same_clips(a: Mapping[tuple[str, str], ClipPrediction | FramePredictions],
                      b: Mapping[tuple[str, str], ClipPrediction | FramePredictions],
                      name_a: str, name_b: str) -> None:
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


def _same_facts(a: ClipPrediction | FramePredictions,
                b: ClipPrediction | FramePredictions) -> bool:
    """Whether label, subject and, where the answers are for them, frames are the same."""
    if isinstance(a, FramePredictions) and isinstance(b, FramePredictions):
        return (a.subject == b.subject and np.array_equal(a.labels, b.labels)
                and np.array_equal(a.frame_numbers, b.frame_numbers))
    return (isinstance(a, ClipPrediction) and isinstance(b, ClipPrediction)
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


def summarize(pool: Pool, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """All numbers of a pool, as plain data.

    Args:
        pool: Predictions of one method.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Returns:
        ``metadata``, ``notes``, ``seeds``; ``answers``: 'clips' or 'frames', what is scored;
        ``splits``: scores per split; ``over_splits``:
        mean and sample standard deviation (None for one split); ``over_seeds``: the same of
        the pooled score (None for one seed); ``pooled``: scores of all test clips, per-class
        recall and confusion matrix (summed over seeds); ``localization``: attention against
        the apex, or None. A score is {'value', 'interval'}, the interval a pair or None.
    """
    parts = [pool.only(split) for split in pool.splits]
    splits = [{'split': part.splits[0], **_scores(part, resamples, seed)} for part in parts]
    pooled = _scores(pool, resamples, seed)
    total = _confusions(pool)
    over_splits = over_seeds = None
    if len(splits) > 1:
        over_splits = {
            name: _spread(split['scores'][name]['value'] for split in splits)
            for name in pool.scores
        }
    if len(pool.seeds) > 1:
        over_seeds = {name: _spread(score(total)) for name, score in pool.scores.items()}
    summed = total.sum(0)
    classes, answers = pool.metadata['classes'], 'frames' if pool.per_frame else 'clips'
    pooled['confusion'] = summed.tolist()
    pooled['recall'] = [
        {'class': name, 'recall': None if np.isnan(value) else float(value),
         answers: int(row.sum()) // len(pool.seeds)}
        for name, value, row in zip(classes, per_class_recall(summed), summed, strict=True)
    ]
    return {
        'metadata': pool.metadata, 'notes': notes(pool.metadata), 'seeds': list(pool.seeds),
        'answers': answers,
        'splits': splits, 'over_splits': over_splits, 'over_seeds': over_seeds,
        'pooled': pooled, 'localization': _localization(pool, resamples, seed),
    }


def _confusions(pool: Pool) -> NDArray[np.int64]:
    """(S, C, C), one confusion matrix per seed."""
    classes = len(pool.metadata['classes'])
    return np.stack([confusion_matrix(pool.labels, given, classes) for given in pool.predicted])


def _scores(pool: Pool, resamples: int, seed: int) -> dict[str, Any]:
    """Scores with intervals and denominators, averaged over the seeds."""
    units = pool.units
    counts = unit_confusions(pool.labels, pool.predicted, units, len(pool.metadata['classes']))
    total = counts.sum(1)
    return {
        'predictions': len(pool.labels),
        'clips': len({clip for _, clip in pool.keys}), **_frame_counts(pool),
        'units': units.count, 'unit': units.name,
        'scores': {
            name: {'value': float(score(total).mean()),
                   'interval': score_interval(counts, score, resamples, seed)}
            for name, score in pool.scores.items()
        },
    }


def _frame_counts(pool: Pool) -> dict[str, int]:
    """``frames``, each once however many splits tested it; nothing for answers per clip."""
    if not pool.per_frame:
        return {}
    counts = {track.clip: len(track.labels) for track in pool.tracks[0]}
    return {'frames': sum(counts.values())}


def _spread(values: Iterable[float]) -> dict[str, float | int]:
    """Mean and sample standard deviation."""
    table = np.array(list(values), np.float64)
    return {'mean': float(table.mean()), 'std': float(table.std(ddof=1)), 'n': len(table)}


def _localization(pool: Pool, resamples: int, seed: int) -> dict[str, Any] | None:
    """Attention against apex and time, averaged over seeds; None without attention."""
    table: dict[str, list[list[float]]] = {}
    members: dict[str, list[ClipPrediction]] = {}
    for runs in zip(*pool.rows, strict=True):
        found = [measure_attention(row.attention, row.frame_numbers, runs[0].apex)
                 for row in runs]
        for name in set.intersection(*map(set, found)):
            pairs = [measures[name] for measures in found]
            table.setdefault(name, []).append(np.mean(pairs, axis=0).tolist())
            members.setdefault(name, []).append(runs[0])
    result = {}
    for name in sorted(table):
        values_, rows = np.array(table[name]), members[name]
        units = group_units([row.subject for row in rows], [row.clip for row in rows])
        result[name] = {
            'value': float(values_[:, 0].mean()), 'chance': float(values_[:, 1].mean()),
            'interval': mean_interval(values_[:, 0], units, resamples, seed),
            'predictions': len(rows), 'units': units.count, 'unit': units.name,
        }
    return result or None


def compare(a: Pool, b: Pool, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """Paired tests of method A against method B on the same splits and clips.

    Returns:
        ``a`` and ``b``: names of the configs; per score ('WAR', 'UAR') the difference, p,
        the number of units that differ and of all units, and whether the test is exact;
        ``mcnemar`` where every clip is a unit of its own and each side has one seed, else
        None. Answers per frame are swapped by whole units too, and have no McNemar test.

    Raises:
        MismatchError: Annotation or protocol differ.
        PredictionError: Classes differ, or A and B do not cover the same clips.
    """
    for key in ('classes', 'annotation_hash', 'protocol_hash'):
        if a.metadata[key] != b.metadata[key]:
            raise mismatch(key, f'A and B cannot be compared: {key} is {a.metadata[key]!r} '
                           f'against {b.metadata[key]!r}', a.entries, b.entries)
    if a.per_frame != b.per_frame:
        raise PredictionError('A and B cannot be compared: one has answers per clip, the other '
                              'per frame')
    _check_same_clips(dict(zip(a.keys, a.entries, strict=True)),
                      dict(zip(b.keys, b.entries, strict=True)), 'A', 'B')
    units, classes = a.units, len(a.metadata['classes'])
    correct = [(pool.predicted == pool.labels).mean(0) for pool in (a, b)]
    tests = paired_test(a.labels, correct[0], correct[1], units, classes, resamples, seed)
    single = (len(a.seeds) == len(b.seeds) == 1 and units.count == len(a.keys)
              and not a.per_frame)
    return {
        'a': a.metadata['config_name'], 'b': b.metadata['config_name'],
        'units': units.count, 'unit': units.name,
        **{name: {'difference': test.difference, 'p': test.p, 'differing_units': test.units,
                  'exact': test.exact} for name, test in tests.items()},
        'mcnemar': mcnemar(correct[0] > .5, correct[1] > .5) if single else None,
    }

