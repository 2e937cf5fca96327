"""Paired comparisons of methods on the same clips."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.folds import Pool, check_same_clips
from mmfer.evaluation.intervals import RESAMPLES
from mmfer.evaluation.mismatch import mismatch
from mmfer.evaluation.paired_tests import PairedTest, holm, mcnemar, paired_test

__all__ = ['TESTED', 'compare', 'with_holm']

TESTED = ('WAR', 'UAR')
"""The scores that are tested: sums over clips, see
:func:`~mmfer.evaluation.paired_tests.score_contributions`."""


def compare(a: Pool, b: Pool, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Any]:
    """Paired tests of method A against method B on the same splits and clips.

    WAR has one test, the one that fits the data: McNemar's exact test where every clip is a
    unit of its own and each side has one seed, otherwise the permutation test that swaps
    whole units, as for UAR. Answers per frame are swapped by whole units too.

    The sides are compared on the clips with a face where those are the same, otherwise on
    all clips, and one without a face then counts as missed.

    Returns:
        ``a`` and ``b``: names of the methods; ``over``: 'all clips' where faceless ones count,
        else 'clips with a face'; ``missed_a``, ``missed_b``: how many have no face;
        ``answers``: 'clips', 'predictions' (some clips were tested in several splits) or
        'frames'; ``predictions``: how many; ``units``, ``unit``;
        ``only_a``, ``only_b``: on how many A alone and B alone was right (None with several
        seeds); per score in :data:`TESTED` the ``difference``, ``p``, ``test`` ('McNemar' or
        'permutation'), ``differing_units``, and whether it is ``exact``; for WAR also
        ``answers``, the difference in answers.

    Raises:
        MismatchError: Annotation or protocol differ.
        PredictionError: Classes differ, or A and B do not cover the same clips.
    """
    for key in ('classes', 'annotation_hash', 'protocol_hash'):
        if a.metadata[key] != b.metadata[key]:
            raise mismatch(key, f'A and B cannot be compared: {key} is {a.metadata[key]!r} '
                           f'against {b.metadata[key]!r}', a.answered, b.answered)
    if a.per_frame != b.per_frame:
        raise PredictionError('A and B cannot be compared: one has answers per clip, the other '
                              'per frame')
    if set(a.keys) != set(b.keys) and not a.per_frame:
        a, b = a.over_all_clips(), b.over_all_clips()
    check_same_clips(dict(zip(a.keys, a.entries, strict=True)),
                     dict(zip(b.keys, b.entries, strict=True)), a.name, b.name)
    hits_a, hits_b = _hits(a), _hits(b)[:, _places(a, b)]
    tests = paired_test(a.labels, hits_a.mean(0), hits_b.mean(0), a.units,
                        len(a.metadata['classes']), resamples, seed)
    single = len(a.seeds) == len(b.seeds) == 1
    result: dict[str, Any] = {
        'a': a.name, 'b': b.name,
        'over': 'all clips' if a.all_clips else 'clips with a face',
        'missed_a': len(a.faceless), 'missed_b': len(b.faceless),
        'answers': _answers(a), 'predictions': len(a.labels),
        'units': a.units.count, 'unit': a.units.name,
        'only_a': int(np.sum(hits_a & ~hits_b)) if single else None,
        'only_b': int(np.sum(hits_b & ~hits_a)) if single else None,
        **{name: _plain(test) for name, test in tests.items()}}
    result['WAR']['answers'] = float(hits_a.mean(0).sum() - hits_b.mean(0).sum())
    if single and a.units.count == len(a.keys) and not a.per_frame:
        result['WAR'].update(test='McNemar', p=mcnemar(hits_a[0], hits_b[0]), exact=True)
    return result


def _hits(pool: Pool) -> NDArray[np.bool_]:
    """(S, M) whether the answer was right."""
    return pool.predicted == pool.labels


def _places(a: Pool, b: Pool) -> NDArray[np.int64]:
    """(M,) where b has the answers of a; they differ where clips without a face do."""
    if a.per_frame:
        return np.arange(len(a.labels))
    place = {key: index for index, key in enumerate(b.keys)}
    return np.array([place[key] for key in a.keys], np.int64)


def _answers(pool: Pool) -> str:
    if pool.per_frame:
        return 'frames'
    return 'clips' if len({clip for _, clip in pool.keys}) == len(pool.keys) else 'predictions'


def _plain(test: PairedTest) -> dict[str, Any]:
    return {'difference': test.difference, 'p': test.p, 'test': 'permutation',
            'differing_units': test.units, 'exact': test.exact}


def with_holm(comparisons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comparisons with ``p_holm`` added to each of their tests, over all of them."""
    for name in TESTED:
        adjusted = holm([entry[name]['p'] for entry in comparisons])
        for entry, p in zip(comparisons, adjusted, strict=True):
            entry[name]['p_holm'] = float(p)
    return list(comparisons)
