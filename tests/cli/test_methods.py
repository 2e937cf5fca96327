import pytest

from mmfer.cli.methods import load_methods, load_pool
from mmfer.errors import PredictionError
from mmfer.evaluation import FacelessClip
from mmfer.evaluation.predictions import write_predictions
from mmfer.testing.predictions import make_predictions, make_row


@pytest.fixture
def write(tmp_path):
    """Writes predictions of two clips of a split below the working folder."""
    def made(name, split='fold1', seed=0, **metadata):
        path = tmp_path / name / 'predictions.parquet'
        rows = [make_row(f'{split}-{i}', i, i, split=split) for i in range(2)]
        write_predictions(path, make_predictions(rows, split=split, seed=seed, **metadata))
        return str(path)
    return made


def test_files_of_one_config_are_one_method_wherever_they_are(write, tmp_path):
    a1, b1, a2, b2 = (write(f'{method}{i}', f'fold{i}', config_name=method, config_hash=method * 3)
                      for i in (1, 2) for method in 'ab')
    pools = load_methods([b1, a1, a2, b2])
    assert [(pool.name, pool.splits) for pool in pools] == [
        ('b', ('fold1', 'fold2')), ('a', ('fold1', 'fold2'))]
    # the same in a folder, whose files are taken in their order
    assert [pool.name for pool in load_methods([str(tmp_path)])] == ['a', 'b']


def test_one_config_with_other_settings_is_another_method(write):
    paths = [write(name, config_name='fan', config_hash=name) for name in 'xy']
    pools = load_methods(paths)
    assert [pool.name for pool in pools] == [f'fan ({path})' for path in paths]


def test_files_of_other_programs_are_one_method_an_argument(write, tmp_path):
    paths = [write(f'{method}/{i}', f'fold{i}', config_name=None) for method in 'ab'
             for i in (1, 2)]
    pools = load_methods([str(tmp_path / 'a'), str(tmp_path / 'b')])
    assert [(pool.name, pool.splits) for pool in pools] == [
        ('a', ('fold1', 'fold2')), ('b', ('fold1', 'fold2'))]
    # every file is called predictions, so they are told apart by their paths
    assert [pool.name for pool in load_methods(paths)] == [f'predictions ({p})' for p in paths]


def test_names_group_and_title(write):
    paths = [write(f'{i}', f'fold{i % 2}', config_name='fan', config_hash='h') for i in range(4)]
    arguments = [f'{name}={path}' for name, path in
                 zip(('last', 'last', 'best = 2', 'best = 2'), paths)]
    with pytest.raises(PredictionError, match="both hold split 'fold0' with seed 0"):
        load_methods(paths)
    arguments = [f'{name}={path}' for name, path in zip(('last', 'last', 'best', 'best'), paths)]
    assert [(pool.name, pool.splits) for pool in load_methods(arguments)] == [
        ('last', ('fold0', 'fold1')), ('best', ('fold0', 'fold1'))]


def test_a_path_with_an_equals_sign_is_a_path(write):
    path = write('lr=0.1', config_name='fan')
    assert [pool.name for pool in load_methods([path])] == ['fan']
    assert load_methods([f'mine={path}'])[0].name == 'mine'


@pytest.mark.parametrize('argument,words', [
    ('=x', 'write NAME=PATH'), ('x=', 'write NAME=PATH'), ('a=absent', 'absent: no such file'),
])
def test_unusable_arguments(argument, words):
    with pytest.raises(PredictionError, match=words):
        load_methods([argument])


def test_a_file_in_two_methods_is_refused(write):
    path = write('a')
    with pytest.raises(PredictionError, match='named twice'):
        load_methods([f'a={path}', f'b={path}'])


def test_one_corpus_of_several(tmp_path):
    path = tmp_path / 'p.parquet'
    rows = [make_row('a/1', 0, 0), make_row('b/1', 1, 1, subject='b/S'), make_row('b/2', 1, 0)]
    lost = [FacelessClip('a/3', 'fold1', 0), FacelessClip('b/3', 'fold1', 2, 'b/S')]
    write_predictions(path, make_predictions(
        rows, faceless=lost, corpora=[dict(name='a'), dict(name='b')]))
    [pool] = load_methods([str(path)], 'b')
    assert pool.keys == [('fold1', '1'), ('fold1', '2')]
    assert pool.faceless == (FacelessClip('3', 'fold1', 2, 'S'), )


def test_one_pool_of_files_and_folders(write, tmp_path):
    write('a/1', 'fold1'), write('a/2', 'fold2')
    assert load_pool([tmp_path / 'a']).splits == ('fold1', 'fold2')
