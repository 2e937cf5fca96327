import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.folds import compare, natural, notes, pool_predictions, summarize
from mmfer.testing.predictions import make_predictions, make_row, make_track


def fold(split, labels, given, seed=0, path=None, row=None, **metadata):
    rows = [make_row(f'{split}-{i}', label, answer, split=split, subject=f'{split}-{i // 2}',
                     **(row or {}))
            for i, (label, answer) in enumerate(zip(labels, given))]
    return make_predictions(rows, path or f'{split}.parquet', seed=seed, split=split, **metadata)


def test_splits_and_pool_have_their_own_denominators():
    # 3 of 4 and 1 of 2: the mean over splits is 0.625, the pooled score 4 of 6
    summary = summarize(pool_predictions([
        fold('fold10', [0, 1], [0, 0]), fold('fold2', [0, 1, 2, 2], [0, 1, 2, 1])]), 200)
    assert [s['split'] for s in summary['splits']] == ['fold2', 'fold10']
    assert [s['scores']['WAR']['value'] for s in summary['splits']] == [.75, .5]
    assert [s['clips'] for s in summary['splits']] == [4, 2]
    assert summary['over_splits']['WAR'] == {
        'mean': .625, 'std': pytest.approx(np.std([.75, .5], ddof=1)), 'n': 2}
    pooled = summary['pooled']
    assert pooled['scores']['WAR']['value'] == pytest.approx(4 / 6)
    assert (pooled['clips'], pooled['units'], pooled['unit']) == (6, 3, 'subjects')
    assert pooled['confusion'] == [[2, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert [(r['recall'], r['clips']) for r in pooled['recall']] == [(1, 2), (.5, 2), (.5, 2)]
    low, high = pooled['scores']['WAR']['interval']
    assert low < 4 / 6 < high
    # the second fold has one subject, which says nothing of others
    assert summary['splits'][1]['scores']['WAR']['interval'] is None
    assert summary['over_seeds'] is None and summary['localization'] is None


def test_seeds_are_averaged_and_add_no_clips():
    files = [fold('fold1', [0, 0, 1, 1], given, seed=seed)
             for seed, given in enumerate(([0, 0, 1, 1], [0, 0, 0, 0]))]
    summary = summarize(pool_predictions(files), 200)
    pooled = summary['pooled']
    assert pooled['scores']['WAR']['value'] == .75
    assert pooled['scores']['F1']['value'] == pytest.approx((1 + (2 / 3) / 2) / 2)
    assert (pooled['clips'], pooled['predictions'], pooled['units']) == (4, 4, 2)
    assert summary['over_seeds']['WAR']['mean'] == .75
    assert summary['over_seeds']['WAR']['std'] == pytest.approx(np.std([1, .5], ddof=1))
    assert summary['over_splits'] is None
    assert pooled['confusion'] == [[4, 0, 0], [2, 2, 0], [0, 0, 0]]
    assert [(r['recall'], r['clips']) for r in pooled['recall']] == [(1, 2), (.5, 2), (None, 0)]


def test_repeated_splits_may_share_clips():
    files = [make_predictions([make_row('a', 0, 0, split=split), make_row('b', 1, 0, split=split)],
                              split) for split in ('split1', 'split2')]
    pooled = summarize(pool_predictions(files), 200)['pooled']
    assert (pooled['predictions'], pooled['clips'], pooled['units']) == (4, 2, 2)
    assert pooled['unit'] == 'clips'


def test_localisation_is_averaged_over_seeds_and_clips():
    def files(weights, seed):
        weights = np.array(weights, np.float32)
        attention = {'frame_weights': weights, 'clip_scores': weights.reshape(2, 2).sum(axis=1)}
        return fold('fold1', [0, 1, 1], [0, 0, 1], seed,
                    row={'apex': (4, 4), 'attention': attention})

    summary = summarize(pool_predictions([files([.1, .1, .2, .6], 0), files([.7, .1, .1, .1], 1)]),
                        200)
    found = summary['localization']
    assert found['hit_rate']['value'] == .5 and found['hit_rate']['chance'] == .25
    assert found['attention_mass']['value'] == pytest.approx(.35)
    assert found['last_half_mass']['value'] == pytest.approx(.5)
    assert found['last_half_mass']['chance'] == .5
    assert found['hit_rate']['units'] == 2
    assert (found['clip_hit_rate']['value'], found['clip_hit_rate']['chance']) == (.5, .5)


@pytest.mark.parametrize('key,value', [
    ('classes', ['fear', 'anger', 'happiness']), ('config_name', 'other'), ('config_hash', 'x'),
    ('annotation_hash', 'x'), ('protocol_hash', 'x'), ('selection', 'inner'),
])
def test_refuses_files_that_do_not_belong_together(key, value):
    with pytest.raises(PredictionError, match=f'fold2.*fold1.*{key}'):
        pool_predictions([fold('fold1', [0], [0]), fold('fold2', [0], [0], **{key: value})])


def test_refuses_one_split_twice():
    with pytest.raises(PredictionError, match='old.parquet.*fold1.parquet.*seed 0'):
        pool_predictions([fold('fold1', [0], [0]), fold('fold1', [0], [0], path='old.parquet')])


def test_refuses_seeds_on_other_clips():
    with pytest.raises(PredictionError, match="seed 1 lacks 1 .*'fold2-0'"):
        pool_predictions([fold('fold1', [0], [0]), fold('fold2', [0], [0]),
                          fold('fold1', [0], [0], seed=1)])
    with pytest.raises(PredictionError, match='another label'):
        pool_predictions([fold('fold1', [0], [0]), fold('fold1', [1], [0], seed=1)])
    with pytest.raises(PredictionError, match='no predictions'):
        pool_predictions([])


def test_notes():
    plain = make_predictions([]).metadata
    assert notes(plain) == []
    assert notes({**plain, 'subject_disjoint': None}) == []
    found = notes({**plain, 'selection': 'literature', 'subject_disjoint': False})
    assert 'SELECTED ON THE TEST SET' in found[0] and 'subjects shared' in found[1]


def test_natural_order():
    assert sorted(['fold10', 'fold2', 'a', 'fold1'], key=natural) == [
        'a', 'fold1', 'fold2', 'fold10']


class TestCompare:

    def test_hand_counted(self):
        labels = [0, 0, 0, 0, 1, 1]
        a = pool_predictions([fold('f', labels, labels, config_name='A')])
        b = pool_predictions([fold('f', labels, [0, 1, 1, 0, 1, 0], config_name='B')])
        result = compare(a, b)
        assert (result['a'], result['b'], result['units']) == ('A', 'B', 3)
        assert result['WAR']['difference'] == pytest.approx(3 / 6)
        assert result['UAR']['difference'] == pytest.approx((2 / 4 + 1 / 2) / 2)
        # each of the three subjects favours A: 2 of 8 swaps are as extreme
        assert result['WAR']['p'] == .25 and result['WAR']['exact']
        assert result['mcnemar'] is None  # the clips of a subject are not independent

    def test_mcnemar_of_independent_clips(self):
        rows = [[make_row(f'{i}', 0, answer) for i in range(6)] for answer in (0, 1)]
        pools = [pool_predictions([make_predictions(part)]) for part in rows]
        assert compare(*pools)['mcnemar'] == pytest.approx(2 / 2**6)

    def test_seeds_are_averaged(self):
        labels = [0, 1]
        a = pool_predictions([fold('f', labels, [0, 1], 0), fold('f', labels, [0, 0], 1)])
        b = pool_predictions([fold('f', labels, [1, 0], 7)])
        assert compare(a, b)['WAR']['difference'] == .75

    def test_refuses_other_clips_or_protocols(self):
        a = pool_predictions([fold('f', [0, 1], [0, 0])])
        with pytest.raises(PredictionError, match='B lacks 1'):
            compare(a, pool_predictions([fold('f', [0], [0])]))
        with pytest.raises(PredictionError, match='protocol_hash'):
            compare(a, pool_predictions([fold('f', [0, 1], [0, 0], protocol_hash='x')]))


class TestFrames:
    """Answers per frame: scored over frames, with clips or subjects as units."""

    def files(self, wrong=(), seed=0, split='fold1', **metadata):
        """Three clips of 4, 2 and 6 frames of two subjects; ``wrong`` names clip and frame."""
        tracks = []
        for name, subject, labels in (('a', 'S1', [0, 0, 1, 2]), ('b', 'S1', [1, 1]),
                                      ('c', 'S2', [2, 2, 2, 0, 0, 1])):
            given = [(label + 1) % 3 if (name, i) in wrong else label
                     for i, label in enumerate(labels)]
            tracks.append(make_track(name, labels, given, split=split, subject=subject))
        return make_predictions(tracks, f'{split}-{seed}.parquet', seed=seed, split=split,
                                **metadata)

    def test_scores_are_over_frames_and_units_are_subjects(self):
        pool = pool_predictions([self.files({('a', 0), ('c', 5)})])
        summary = summarize(pool, 500)
        pooled = summary['pooled']
        assert pool.per_frame and summary['answers'] == 'frames'
        assert list(pooled['scores']) == ['WAR', 'UAR', 'F1', 'S']
        war, f1, s = (pooled['scores'][name]['value'] for name in ('WAR', 'F1', 'S'))
        assert war == pytest.approx(10 / 12) and s == pytest.approx(.33 * war + .67 * f1)
        assert (pooled['predictions'], pooled['frames'], pooled['clips']) == (12, 12, 3)
        assert (pooled['units'], pooled['unit']) == (2, 'subjects')
        # resamples of two subjects hold one or both of them, nothing between
        low, high = pooled['scores']['WAR']['interval']
        assert low == pytest.approx(5 / 6) and high == pytest.approx(5 / 6)
        assert [(r['recall'], r['frames']) for r in pooled['recall']] == [
            (.75, 4), (.75, 4), (1, 4)]
        assert summary['localization'] is None

    def test_interval_is_that_of_whole_clips(self):
        """Doubling the frames of every clip doubles no unit, so it narrows no interval."""
        def interval(times):
            tracks = [make_track(f'{i}', [0] * 5 * times, [int(i < 3)] * 5 * times)
                      for i in range(8)]
            part = summarize(pool_predictions([make_predictions(tracks)]), 500)['pooled']
            assert (part['units'], part['unit']) == (8, 'clips')
            return part['scores']['WAR']['interval']

        assert interval(1) == interval(2)
        rows = [make_row(f'{i}', 0, int(i < 3)) for i in range(8)]
        alike = summarize(pool_predictions([make_predictions(rows)]), 500)
        assert interval(1) == pytest.approx(alike['pooled']['scores']['WAR']['interval'])

    def test_seeds_and_splits(self):
        files = [self.files({('a', 0)}, seed, split) for seed in (0, 1)
                 for split in ('fold1', 'fold2')]
        pool = pool_predictions(files)
        assert pool.labels.shape == (24, ) and pool.predicted.shape == (2, 24)
        pooled = summarize(pool, 50)['pooled']
        assert (pooled['predictions'], pooled['frames'], pooled['clips']) == (24, 12, 3)
        assert pooled['units'] == 2 and sum(map(sum, pooled['confusion'])) == 48
        assert pool.only('fold2').labels.shape == (12, )

    def test_comparison_swaps_units_and_has_no_mcnemar(self):
        a, b = (pool_predictions([self.files(wrong, config_name=name)])
                for name, wrong in (('A', set()), ('B', {('a', 0), ('a', 1), ('c', 0)})))
        result = compare(a, b)
        assert result['WAR']['difference'] == pytest.approx(3 / 12)
        assert (result['units'], result['WAR']['differing_units']) == (2, 2)
        assert result['WAR']['p'] == .5 and result['mcnemar'] is None
        alone = [pool_predictions([make_predictions([make_track('x', [0], [given])])])
                 for given in (0, 1)]
        assert compare(*alone)['mcnemar'] is None

    def test_refuses_what_does_not_fit(self):
        clips = make_predictions([make_row('a', 0, 0, split='fold2')], 'clips.parquet')
        with pytest.raises(PredictionError, match='per clip, the other per frame'):
            pool_predictions([self.files(), clips])
        with pytest.raises(PredictionError, match='per clip, the other per frame'):
            compare(pool_predictions([self.files()]), pool_predictions([clips]))
        shifted = make_predictions([make_track('a', [0, 1], [0, 1])])
        other = make_predictions([make_track('a', [0, 1], [0, 1], frame_numbers=np.array(
            [1, 3], np.int32))], seed=1)
        with pytest.raises(PredictionError, match='another label'):
            pool_predictions([shifted, other])


def test_notes_of_a_test_on_another_corpus():
    metadata = {'selection': 'literature', 'subject_disjoint': None,
                'trained_on': {'corpus': 'ckplus'},
                'tested_on': {'corpus': 'mmi', 'rule': 'all classes of the model are answers'}}
    # the epoch was chosen on clips of the corpus that was trained on, not on those tested
    assert notes(metadata) == ['cross-corpus: trained on ckplus, tested on mmi; all classes of the '
                               'model are answers']


def test_tests_on_another_corpus_are_pooled_with_their_like():
    cross = dict(trained_on={'corpus': 'a'}, tested_on={'corpus': 'b', 'rule': 'r'})
    files = [make_predictions([make_row('x', 0, 0, split=split)], split=split, **cross)
             for split in ('fold1', 'fold2')]
    pool = pool_predictions(files)
    assert pool.metadata['trained_on'] == {'corpus': 'a'}
    assert summarize(pool, 10)['notes'] == ['cross-corpus: trained on a, tested on b; r']
    plain = make_predictions([make_row('y', 0, 0, split='fold3')], split='fold3')
    with pytest.raises(PredictionError, match='trained_on is None against'):
        pool_predictions([*files, plain])
