"""tools/fuse.py on files and folders."""
import pytest

from mmfer.cli.fuse import main
from mmfer.cli.methods import load_pool
from mmfer.evaluation import read_predictions, write_predictions
from mmfer.testing.predictions import make_predictions, make_row


@pytest.fixture
def folders(tmp_path):
    """Two methods, each on two splits with two seeds."""
    for name, given in (('x', 0), ('y', 1)):
        for seed in (0, 1):
            for split in ('fold1', 'fold2'):
                write_predictions(
                    tmp_path / name / f'seed{seed}' / split / 'predictions.parquet',
                    make_predictions([make_row('a', 0, given, split=split)], config_name=name,
                                     seed=seed, split=split))
    return tmp_path


def test_folders_are_fused_run_by_run(folders, capsys):
    assert main([str(folders / 'x'), str(folders / 'y'), '--out', str(folders / 'z'),
                 '--weights', '2', '1']) == 0
    printed = capsys.readouterr().out
    assert printed.count('predictions.parquet') == 4 and 'without attention' in printed
    pool = load_pool([str(folders / 'z')])
    assert pool.seeds == (0, 1) and pool.splits == ('fold1', 'fold2')
    assert pool.rows[0][0].scores.round(4).tolist() == pytest.approx([.5667, .3333, .1])


def test_files(folders, run):
    files = [folders / name / 'seed0/fold1/predictions.parquet' for name in 'xy']
    done = run('tools/fuse.py', *files, '--out', folders / 'f.parquet', '--method', 'geometric')
    assert str(folders / 'f.parquet') in done.stdout
    found = read_predictions(folders / 'f.parquet')
    assert found.rows[0].scores[0] == found.rows[0].scores[1]


def test_what_cannot_be_fused(folders, capsys):
    x, y, out = (str(folders / name) for name in ('x', 'y', 'z'))
    file = str(folders / 'x/seed0/fold1/predictions.parquet')
    for words, message in (
            ([x, file, '--out', out], 'either files or folders'),
            ([file, file, '--out', out], r'*.parquet'),
            ([x, y, '--out', x], 'would overwrite'),
            ([x, str(folders / 'y/seed0'), '--out', out], 'do not hold the same runs'),
            ([x, str(folders), '--out', out], 'both of split')):
        assert main(words) == 1
        assert message in capsys.readouterr().err
    assert not (folders / 'z').exists()
