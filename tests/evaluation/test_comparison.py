import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation import FacelessClip, compare, pool_predictions, with_holm
from mmfer.testing.predictions import make_predictions, make_row, make_track


class TestCompare:

    def test_hand_counted(self, fold):
        labels = [0, 0, 0, 0, 1, 1]
        a = pool_predictions([fold('f', labels, labels, config_name='A')])
        b = pool_predictions([fold('f', labels, [0, 1, 1, 0, 1, 0], config_name='B')])
        result = compare(a, b)
        assert (result['a'], result['b'], result['units']) == ('A', 'B', 3)
        assert result['WAR']['difference'] == pytest.approx(3 / 6)
        assert result['UAR']['difference'] == pytest.approx((2 / 4 + 1 / 2) / 2)
        # each of the three subjects favours A: 2 of 8 swaps are as extreme
        assert result['WAR']['p'] == .25 and result['WAR']['exact']
        # the clips of a subject are not independent
        assert result['WAR']['test'] == result['UAR']['test'] == 'permutation'
        assert result['WAR']['answers'] == 3 and (result['only_a'], result['only_b']) == (3, 0)
        assert (result['answers'], result['predictions']) == ('clips', 6)

    def test_independent_clips_have_mcnemars_test(self, pool_of):
        result = compare(pool_of([0] * 8, [0] * 6 + [1, 1]), pool_of([0] * 8, [1] * 7 + [0]))
        assert result['WAR']['test'] == 'McNemar' and result['WAR']['exact']
        assert (result['only_a'], result['only_b']) == (6, 1)
        assert result['WAR']['p'] == pytest.approx(2 * (1 + 7) / 2**7)
        assert result['UAR']['test'] == 'permutation'

    def test_one_clip_a_subject_is_independent(self):
        pools = [pool_predictions([make_predictions(
            [make_row(f'{i}', 0, answer, subject=f's{i}') for i in range(6)])])
            for answer in (0, 1)]
        assert compare(*pools)['WAR']['test'] == 'McNemar'
        assert compare(*pools)['WAR']['p'] == pytest.approx(2 / 2**6)

    def test_clips_that_several_splits_test_are_not_independent(self):
        pools = [pool_predictions([make_predictions([make_row('a', 0, given, split=split)], split)
                                   for split in ('split1', 'split2')]) for given in (0, 1)]
        result = compare(*pools)
        assert (result['WAR']['test'], result['answers']) == ('permutation', 'predictions')
        assert (result['units'], result['predictions'], result['WAR']['answers']) == (1, 2, 2)

    def test_seeds_are_averaged(self, fold):
        labels = [0, 1]
        a = pool_predictions([fold('f', labels, [0, 1], 0), fold('f', labels, [0, 0], 1)])
        b = pool_predictions([fold('f', labels, [1, 0], 7)])
        result = compare(a, b)
        assert result['WAR']['difference'] == .75 and result['WAR']['answers'] == 1.5
        assert result['only_a'] is None and result['WAR']['test'] == 'permutation'

    def test_refuses_other_clips_or_protocols(self, fold):
        a = pool_predictions([fold('f', [0, 1], [0, 0])])
        with pytest.raises(PredictionError, match='plain lacks 1'):
            compare(a, pool_predictions([fold('f', [0], [0])]))
        with pytest.raises(PredictionError, match='protocol_hash'):
            compare(a, pool_predictions([fold('f', [0, 1], [0, 0], protocol_hash='x')]))


class TestFrames:

    def test_comparison_swaps_units_and_has_no_mcnemar(self, framed):
        a, b = (pool_predictions([framed(wrong, config_name=name)])
                for name, wrong in (('A', set()), ('B', {('a', 0), ('a', 1), ('c', 0)})))
        result = compare(a, b)
        assert result['WAR']['difference'] == pytest.approx(3 / 12)
        assert (result['units'], result['WAR']['differing_units']) == (2, 2)
        assert result['WAR']['p'] == .5 and result['WAR']['test'] == 'permutation'
        alone = [pool_predictions([make_predictions([make_track('x', [0], [given])])])
                 for given in (0, 1)]
        assert compare(*alone)['WAR']['test'] == 'permutation'
        assert (result['answers'], result['predictions']) == ('frames', 12)


class TestFaceless:

    def test_the_same_clips_without_a_face_are_left_out(self, pool_of):
        faceless = [FacelessClip('n', 'fold1', 0)]
        pools = [pool_of([0, 0, 1], given, faceless) for given in ([0, 0, 1], [0, 1, 1])]
        result = compare(*pools)
        assert (result['over'], result['predictions']) == ('clips with a face', 3)
        assert result['WAR']['difference'] == pytest.approx(1 / 3)
        # a file that does not list them answers for the same clips
        assert compare(pools[0], pool_of([0, 0, 1], [0, 1, 1]))['predictions'] == 3

    def test_other_clips_without_a_face_count_as_missed(self, pool_of):
        """A finds a face in all six clips, B in four of them."""
        labels = [0, 0, 1, 1, 2, 2]
        a = pool_of(labels, [0, 1, 1, 1, 2, 0])
        b = pool_of(labels, [None, 0, 1, 1, None, 2], [
            FacelessClip('0000', 'fold1', 0), FacelessClip('0004', 'fold1', 2)])
        result = compare(a, b)
        assert result['over'] == 'all clips' and result['predictions'] == 6
        assert (result['missed_a'], result['missed_b']) == (0, 2)
        # right: A 0, 2, 3, 4; B 1, 2, 3, 5
        assert result['WAR']['difference'] == 0 and result['WAR']['p'] == 1
        assert (result['only_a'], result['only_b']) == (2, 2)
        reverse = compare(b, a)
        assert (reverse['only_a'], reverse['missed_a']) == (2, 2)

    def test_a_clip_that_one_side_does_not_know_is_refused(self, pool_of):
        a, b = pool_of([0, 1], [0, 1], config_name='A'), pool_of([0, 1], [0, None],
                                                                 config_name='B')
        with pytest.raises(PredictionError, match="B lacks 1 .*'0001'"):
            compare(a, b)
        c = pool_of([0, 1], [0, None], [FacelessClip('0001', 'fold1', 0)])
        with pytest.raises(PredictionError, match="'0001' has another label"):
            compare(a, c)


def test_holm_is_over_all_comparisons(pool_of):
    first = pool_of([0] * 8, [1] * 8)
    found = with_holm([compare(pool_of([0] * 8, [0] * hits + [1] * (8 - hits)), first)
                       for hits in (8, 7, 0)])
    # exact: 2 / 2^8, 2 / 2^7 and 1, times 3, 2 and 1
    assert [entry['WAR']['p_holm'] for entry in found] == pytest.approx(
        [3 * 2 / 2**8, 2 * 2 / 2**7, 1])
