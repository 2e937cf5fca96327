"""Pooling the predictions of a protocol's splits and seeds.

Three numbers are easily confused and are kept apart here, each with its denominator: the
score of one split, the mean and spread over splits, and the pooled score of all test clips
together. Runs that differ in their seed only are averaged.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.functional import SCORES, confusion_matrix, per_class_recall
from mmfer.evaluation.localization import last_half_mass, localize
from mmfer.evaluation.predictions import ClipPrediction, Predictions
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
from mmfer.structures import FRAME_WEIGHTS

_MUST_AGREE = ('classes', 'config_name', 'config_hash', 'annotation_hash', 'protocol_name',
               'protocol_hash', 'selection', 'subject_disjoint')


@dataclass(frozen=True)
class Pool:
    """The predictions of one method on one protocol.

    Attributes:
        metadata: What all files agree on.
        seeds: The S seeds.
        splits: Names of the splits.
        rows: (S, M): for each seed the same M (split, clip) pairs, sorted.
    """

    metadata: dict[str, Any]
    seeds: tuple[int | None, ...]
    splits: tuple[str, ...]
    rows: tuple[tuple[ClipPrediction, ...], ...]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """The M (split, clip) pairs."""
        return [(row.split, row.clip) for row in self.rows[0]]

    @property
    def labels(self) -> NDArray[np.int64]:
        """(M,) true classes."""
        return np.array([row.label for row in self.rows[0]], np.int64)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(S, M) predicted classes."""
        return np.array([[row.scores.argmax() for row in rows] for rows in self.rows], np.int64)

    @property
    def units(self) -> Units:
        """Unit of each prediction, for intervals and tests."""
        return group_units([row.subject for row in self.rows[0]],
                           [row.clip for row in self.rows[0]])

    def only(self, split: str) -> Pool:
        """The part of the pool that one split tested."""
        rows = tuple(tuple(row for row in rows if row.split == split) for rows in self.rows)
        return Pool(self.metadata, self.seeds, (split, ), rows)


def pool_predictions(files: Sequence[Predictions]) -> Pool:
    """Pools files of one method: any number of splits, each with the same seeds.

    Raises:
        PredictionError: Files do not belong together (classes, config, annotation,
            protocol, selection), a split was given twice for one seed, or the seeds do not
            cover the same clips; the message names both files.
    """
    if not files:
        raise PredictionError('there are no predictions to pool')
    first = files[0]
    runs: dict[int | None, dict[tuple[str, str], ClipPrediction]] = {}
    sources: dict[tuple[int | None, str], str] = {}
    for file in files:
        for key in _MUST_AGREE:
            if file.metadata[key] != first.metadata[key]:
                raise PredictionError(
                    f'{file.path} does not belong to {first.path}: {key} is '
                    f'{file.metadata[key]!r} against {first.metadata[key]!r}; evaluate '
                    'methods and protocols one at a time')
        seed = file.metadata['seed']
        for split in sorted({row.split for row in file.rows}):
            if (seed, split) in sources:
                raise PredictionError(
                    f'{file.path} and {sources[seed, split]} both hold split {split!r} with '
                    f'seed {seed}; give one of them')
            sources[seed, split] = file.path
        runs.setdefault(seed, {}).update({(row.split, row.clip): row for row in file.rows})
    seeds = sorted(runs, key=lambda seed: (seed is not None, seed))
    keys = sorted(runs[seeds[0]], key=lambda key: (natural(key[0]), key[1]))
    for seed in seeds[1:]:
        _check_same_clips(runs[seeds[0]], runs[seed], f'seed {seeds[0]}', f'seed {seed}')
    splits = sorted({split for split, _ in keys}, key=natural)
    common = {key: first.metadata[key] for key in _MUST_AGREE}
    return Pool(common, tuple(seeds), tuple(splits),
                tuple(tuple(runs[seed][key] for key in keys) for seed in seeds))


def _check_same_clips(a: dict[tuple[str, str], ClipPrediction],
                      b: dict[tuple[str, str], ClipPrediction], name_a: str,
                      name_b: str) -> None:
    for one, other, name in ((a, b, name_b), (b, a, name_a)):
        lacking = sorted(set(one) - set(other))
        if lacking:
            split, clip = lacking[0]
            raise PredictionError(f'{name} lacks {len(lacking)} of the predictions, the first '
                                  f'is clip {clip!r} of split {split!r}; both must cover the '
                                  'same clips')
    for key, row in a.items():
        if (row.label, row.subject) != (b[key].label, b[key].subject):
            raise PredictionError(f'clip {key[1]!r} has another label or subject in {name_b} '
                                  f'than in {name_a}')


def natural(name: str) -> str:
    """Sort key under which fold2 comes before fold10."""
    return re.sub(r'[0-9]+', lambda digits: digits.group().zfill(12), name)


def notes(metadata: dict[str, Any]) -> list[str]:
    """What a reader must know of every number: how the checkpoint and subjects were chosen."""
    result = []
    if metadata['selection'] == 'literature':
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
        ``metadata``, ``notes``, ``seeds``; ``splits``: scores per split; ``over_splits``:
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
            name: _spread(split['scores'][name]['value'] for split in splits) for name in SCORES
        }
    if len(pool.seeds) > 1:
        over_seeds = {name: _spread(score(total)) for name, score in SCORES.items()}
    summed = total.sum(0)
    classes = pool.metadata['classes']
    pooled['confusion'] = summed.tolist()
    pooled['recall'] = [
        {'class': name, 'recall': None if np.isnan(value) else float(value),
         'clips': int(row.sum()) // len(pool.seeds)}
        for name, value, row in zip(classes, per_class_recall(summed), summed, strict=True)
    ]
    return {
        'metadata': pool.metadata, 'notes': notes(pool.metadata), 'seeds': list(pool.seeds),
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
        'predictions': len(pool.rows[0]),
        'clips': len({clip for _, clip in pool.keys}),
        'units': units.count, 'unit': units.name,
        'scores': {
            name: {'value': float(score(total).mean()),
                   'interval': score_interval(counts, score, resamples, seed)}
            for name, score in SCORES.items()
        },
    }


def _spread(values: Iterable[float]) -> dict[str, float | int]:
    """Mean and sample standard deviation."""
    table = np.array(list(values), np.float64)
    return {'mean': float(table.mean()), 'std': float(table.std(ddof=1)), 'n': len(table)}


def _localization(pool: Pool, resamples: int, seed: int) -> dict[str, Any] | None:
    """Attention against apex and time, averaged over seeds; None without frame weights."""
    table: dict[str, list[list[float]]] = {}
    members: dict[str, list[ClipPrediction]] = {}
    for runs in zip(*pool.rows, strict=True):
        if any(FRAME_WEIGHTS not in row.attention for row in runs):
            continue
        values = {'last_half_mass': [(last_half_mass(row.attention[FRAME_WEIGHTS]), .5)
                                     for row in runs]}
        if runs[0].apex is not None:
            found = [localize(row.attention[FRAME_WEIGHTS], row.frame_numbers, runs[0].apex)
                     for row in runs]
            values['hit_rate'] = [(clip.hit, clip.chance) for clip in found]
            values['attention_mass'] = [(clip.mass, clip.chance) for clip in found]
        for name, pairs in values.items():
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
        ``mcnemar`` where every prediction is a unit of its own and each side has one seed,
        else None.

    Raises:
        PredictionError: Classes, annotation or protocol differ, or A and B do not cover
            the same clips.
    """
    for key in ('classes', 'annotation_hash', 'protocol_hash'):
        if a.metadata[key] != b.metadata[key]:
            raise PredictionError(f'A and B cannot be compared: {key} is {a.metadata[key]!r} '
                                  f'against {b.metadata[key]!r}')
    _check_same_clips(dict(zip(a.keys, a.rows[0], strict=True)),
                      dict(zip(b.keys, b.rows[0], strict=True)), 'A', 'B')
    units, classes = a.units, len(a.metadata['classes'])
    correct = [(pool.predicted == pool.labels).mean(0) for pool in (a, b)]
    tests = paired_test(a.labels, correct[0], correct[1], units, classes, resamples, seed)
    single = len(a.seeds) == len(b.seeds) == 1 and units.count == len(a.keys)
    return {
        'a': a.metadata['config_name'], 'b': b.metadata['config_name'],
        'units': units.count, 'unit': units.name,
        **{name: {'difference': test.difference, 'p': test.p, 'differing_units': test.units,
                  'exact': test.exact} for name, test in tests.items()},
        'mcnemar': mcnemar(correct[0] > .5, correct[1] > .5) if single else None,
    }

