import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation import FacelessClip, summarize
from mmfer.evaluation.comparison import compare
from mmfer.evaluation.folds import natural, notes, pool_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track


@pytest.mark.parametrize('key,value', [
    ('classes', ['fear', 'anger', 'happiness']), ('config_name', 'other'), ('config_hash', 'x'),
    ('annotation_hash', 'x'), ('protocol_hash', 'x'), ('selection', 'inner'),
])
def test_refuses_files_that_do_not_belong_together(fold, key, value):
    with pytest.raises(PredictionError, match=f'fold2.*fold1.*{key}'):
        pool_predictions([fold('fold1', [0], [0]), fold('fold2', [0], [0], **{key: value})])


def test_refuses_one_split_twice(fold):
    with pytest.raises(PredictionError, match='old.parquet.*fold1.parquet.*seed 0'):
        pool_predictions([fold('fold1', [0], [0]), fold('fold1', [0], [0], path='old.parquet')])


def test_refuses_seeds_on_other_clips(fold):
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


def test_refuses_what_does_not_fit(framed):
    clips = make_predictions([make_row('a', 0, 0, split='fold2')], 'clips.parquet')
    with pytest.raises(PredictionError, match='per clip, the other per frame'):
        pool_predictions([framed(), clips])
    with pytest.raises(PredictionError, match='per clip, the other per frame'):
        compare(pool_predictions([framed()]), pool_predictions([clips]))
    shifted = make_predictions([make_track('a', [0, 1], [0, 1])])
    other = make_predictions([make_track('a', [0, 1], [0, 1], frame_numbers=np.array(
        [1, 3], np.int32))], seed=1)
    with pytest.raises(PredictionError, match='another label'):
        pool_predictions([shifted, other])


def test_names():
    plain = pool_predictions([make_predictions([make_row('a', 0, 0)])])
    assert plain.name == 'plain'
    unnamed = make_predictions([make_row('a', 0, 0)], config_name=None)
    assert pool_predictions([unnamed]).name == 'predictions'


class TestFaceless:

    def test_count_only_over_all_clips(self, pool_of):
        pool = pool_of([0, 1], [0, 0], [FacelessClip('n', 'fold1', 2, None)])
        assert pool.labels.tolist() == [0, 1] and pool.unit_confusions.shape == (1, 2, 3, 3)
        whole = pool.over_all_clips()
        assert whole.labels.tolist() == [0, 1, 2] and whole.predicted.tolist() == [[0, 0, 3]]
        assert whole.keys[-1] == ('fold1', 'n') and whole.units.count == 3
        assert whole.unit_confusions.shape == (1, 3, 3, 4)
        assert whole.only('fold1').labels.tolist() == [0, 1, 2]

    def test_seeds_must_agree(self):
        files = [make_predictions([make_row('a', 0, 0)], seed=seed,
                                  faceless=[FacelessClip(clip, 'fold1', 0)])
                 for seed, clip in enumerate('xy')]
        with pytest.raises(PredictionError, match="seed 1 lacks 1 .*'x'"):
            pool_predictions(files)

    def test_frames_have_none(self, framed):
        with pytest.raises(PredictionError, match='no frames'):
            pool_predictions([framed()]).over_all_clips()


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
