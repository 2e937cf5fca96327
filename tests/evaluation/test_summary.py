import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation import FacelessClip, format_summary, pool_predictions, summarize
from mmfer.evaluation.functional import SCORES
from mmfer.evaluation.missed_frames import MissedFrames
from mmfer.evaluation.predictions import Predictions
from mmfer.evaluation.tidy import format_csv
from mmfer.testing.predictions import make_predictions, make_row, make_track


def test_splits_and_pool_have_their_own_denominators(fold):
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


def test_seeds_are_averaged_and_add_no_clips(fold):
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


def test_localisation_is_averaged_over_seeds_and_clips(fold):
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


def test_each_split_and_each_seed():
    """Two splits and two seeds: spread over splits of means over seeds, and the other way."""
    right = {('f1', 0): [1, 1, 1, 1], ('f1', 1): [1, 1, 0, 0], ('f2', 0): [1, 0], ('f2', 1): [0, 0]}
    files = [make_predictions(
        [make_row(f'{split}-{i}', i % 2, i % 2 if hit else 2, split=split)
         for i, hit in enumerate(hits)], split, seed=seed)
        for (split, seed), hits in right.items()]
    summary = summarize(pool_predictions(files), 200)
    assert [s['scores']['WAR']['value'] for s in summary['splits']] == [.75, .25]
    assert summary['over_splits']['WAR'] == {
        'mean': .5, 'std': pytest.approx(np.std([.75, .25], ddof=1)), 'n': 2}
    pooled = [5 / 6, 2 / 6]
    assert summary['over_seeds']['WAR'] == {
        'mean': pytest.approx(np.mean(pooled)), 'std': pytest.approx(np.std(pooled, ddof=1)),
        'n': 2}
    assert summary['pooled']['scores']['WAR']['value'] == pytest.approx(np.mean(pooled))
    assert summary['pooled']['predictions'] == 6  # seeds are no clips


class TestFrames:
    """Answers per frame: scored over frames, with clips or subjects as units."""

    def test_scores_are_over_frames_and_units_are_subjects(self, framed):
        pool = pool_predictions([framed({('a', 0), ('c', 5)})])
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

    def test_seeds_and_splits(self, framed):
        files = [framed({('a', 0)}, seed, split) for seed in (0, 1)
                 for split in ('fold1', 'fold2')]
        pool = pool_predictions(files)
        assert pool.labels.shape == (24, ) and pool.predicted.shape == (2, 24)
        pooled = summarize(pool, 50)['pooled']
        assert (pooled['predictions'], pooled['frames'], pooled['clips']) == (24, 12, 3)
        assert pooled['units'] == 2 and sum(map(sum, pooled['confusion'])) == 48
        assert pool.only('fold2').labels.shape == (12, )


class TestFaceless:

    faceless = [FacelessClip('n0', 'fold1', 0), FacelessClip('n1', 'fold1', 2)]

    def test_missed_clips_by_hand(self, pool_of):
        # 3 of 4 clips with a face are right: 2 of 2 anger, 1 of 2 fear; one more anger and the
        # only happiness are missed
        summary = summarize(pool_of([0, 0, 1, 1], [0, 0, 1, 0], self.faceless), 200)
        seen, whole = summary['pooled'], summary['all_clips']['pooled']
        assert (seen['clips'], whole['clips'], summary['faceless']) == (4, 6, 2)
        assert seen['scores']['WAR']['value'] == pytest.approx(3 / 4)
        assert seen['scores']['UAR']['value'] == pytest.approx((1 + 1 / 2) / 2)
        assert whole['scores']['WAR']['value'] == pytest.approx(3 / 6)
        assert whole['scores']['UAR']['value'] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
        # anger: 2 hits, 1 false alarm, 1 miss; fear: 1 hit, 1 miss; happiness: 1 miss
        assert whole['scores']['F1']['value'] == pytest.approx((4 / 6 + 2 / 3 + 0) / 3)
        assert whole['confusion'] == [[2, 0, 0, 1], [1, 1, 0, 0], [0, 0, 0, 1]]
        assert seen['confusion'] == [[2, 0, 0], [1, 1, 0], [0, 0, 0]]
        assert [(r['recall'], r['clips']) for r in whole['recall']] == [
            (pytest.approx(2 / 3), 3), (.5, 2), (0, 1)]
        assert whole['units'] == 6

    def test_are_as_wrong_as_any_wrong_answer(self):
        """WAR and UAR over all clips are those of a model that answers wrongly there."""
        rng = np.random.default_rng(0)
        labels, given = rng.integers(3, size=(2, 60))
        rows = [make_row(f'{i:02d}', label, answer, subject=f's{i // 3}')
                for i, (label, answer) in enumerate(zip(labels, given))]
        lost = [FacelessClip(row.clip, 'fold1', row.label, row.subject) for row in rows[::5]]
        kept = [row for i, row in enumerate(rows) if i % 5]
        found = summarize(pool_predictions([make_predictions(kept, faceless=lost)]), 500)
        wrong = [make_row(row.clip, row.label, (row.label + 1) % 3, subject=row.subject)
                 if i % 5 == 0 else row for i, row in enumerate(rows)]
        expected = summarize(pool_predictions([make_predictions(wrong)]), 500)
        for name in ('WAR', 'UAR'):
            score, other = (s['pooled']['scores'][name]
                            for s in (found['all_clips'], expected))
            assert score['value'] == pytest.approx(other['value'])
            assert score['interval'] == pytest.approx(other['interval'])

    def test_over_splits_and_seeds(self):
        files = [make_predictions(
            [make_row(f'{split}-{i}', i % 2, (i + seed) % 2, split=split) for i in range(4)],
            split, seed=seed, faceless=[FacelessClip(f'{split}-x', split, 0)] * (split == 'f1'))
            for split in ('f1', 'f2') for seed in (0, 1)]
        whole = summarize(pool_predictions(files), 200)['all_clips']
        assert [(s['split'], s['clips']) for s in whole['splits']] == [('f1', 5), ('f2', 4)]
        assert [s['scores']['WAR']['value'] for s in whole['splits']] == [.4, .5]
        assert whole['over_splits']['WAR']['mean'] == pytest.approx(.45)
        assert whole['over_seeds']['WAR']['std'] == pytest.approx(np.std([8 / 9, 0], ddof=1))
        assert whole['pooled']['scores']['WAR']['value'] == pytest.approx(4 / 9)

    def test_none(self, pool_of):
        summary = summarize(pool_of([0, 1], [0, 1]), 50)
        assert summary['all_clips'] is None and summary['faceless'] == 0

    def test_frames_have_none_to_count(self):
        summary = summarize(pool_predictions([make_predictions(
            [make_track('a', [0, 1], [0, 1])], faceless=self.faceless)]), 50)
        assert summary['all_clips'] is None and summary['faceless'] == 2


def test_what_one_clip_is_worth(pool_of):
    worth = summarize(pool_of([0, 0, 0, 1], [0, 0, 1, 1]), 50)['pooled']['worth']
    assert worth == {'WAR': .25, 'UAR': {'anger': pytest.approx(1 / 6), 'fear': .5}}


def test_warnings_of_every_score(pool_of):
    few = summarize(pool_of([0, 1] * 14, [0, 1] * 13 + [1, 0]), 200)['pooled']['scores']
    assert all(score['warnings'] == ['few_units'] for score in few.values())
    labels = np.arange(100) % 3
    high = summarize(pool_of(labels, [1, *labels[1:]]), 200)['pooled']['scores']
    assert all(high[name]['warnings'] == ['near_bound'] for name in SCORES)
    fair = summarize(pool_of(labels, np.where(np.arange(100) % 4, labels, 0)), 200)
    assert all(not score['warnings'] for score in fair['pooled']['scores'].values())


class TestFramesWithoutAFace:
    """Four frames have an answer, three of them right; three more are missed."""

    files = [Predictions(one.metadata, (), one.path, one.tracks, missed=(
        MissedFrames('a', 'fold1', (1, 0, 0), 's1'), MissedFrames('c', 'fold1', (0, 0, 2))))
        for one in [make_predictions([make_track('a', [0, 1], [0, 1], subject='s1'),
                                      make_track('b', [1, 1], [1, 0])])]]

    def test_by_hand(self):
        summary = summarize(pool_predictions(self.files), 200)
        seen, whole = summary['pooled'], summary['all_clips']['pooled']
        assert (seen['frames'], seen['clips'], seen['units']) == (4, 2, 2)
        assert (whole['frames'], whole['clips'], whole['units']) == (7, 3, 3)
        assert summary['missed_frames'] == 3 and summary['faceless'] == 0
        assert seen['scores']['WAR']['value'] == 3 / 4
        assert whole['scores']['WAR']['value'] == pytest.approx(3 / 7)
        assert whole['scores']['UAR']['value'] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
        assert whole['confusion'] == [[1, 0, 0, 1], [1, 2, 0, 0], [0, 0, 0, 2]]
        assert seen['confusion'] == [[1, 0, 0], [1, 2, 0], [0, 0, 0]]
        assert [row['frames'] for row in whole['recall']] == [2, 3, 2]
        text = format_summary(summary)
        assert 'Scores over 4 frames with a face' in text
        assert 'Scores over all 7 frames (3 without a face count as missed)' in text
        assert {row.split(',')[2] for row in format_csv([summary]).splitlines()[1:]} == {
            'frames', 'all frames'}

    def test_seeds_must_agree(self):
        other = make_predictions([make_track('a', [0, 1], [0, 1], subject='s1'),
                                  make_track('b', [1, 1], [1, 0])], seed=1)
        with pytest.raises(PredictionError, match='lacks 2'):
            pool_predictions([*self.files, other])

    def test_one_split(self):
        pool = pool_predictions(self.files)
        assert len(pool.only('fold1').missed) == 2 and pool.only('other').missed == ()


def test_coverage_is_the_mean_of_the_tested_clips():
    files = [make_predictions([make_row(clip, 0, 0, split=split)], seed=seed, coverage=coverage)
             for clip, split, coverage in (('a', 'fold1', {'mean': .5, 'clips': 3}),
                                           ('b', 'fold2', {'mean': .9, 'clips': 1}))
             for seed in (0, 1)]
    summary = summarize(pool_predictions(files), 50)
    assert summary['coverage'] == {'mean': pytest.approx(.6), 'clips': 4}
    assert ('Coverage: the face was found or tracked on 60.0% of the frames of a video (mean of 4 '
            'tested clips).') in format_summary(summary)
    assert summarize(pool_predictions([make_predictions([make_row('a', 0, 0)])]), 50)[
        'coverage'] is None
