import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.cli.methods import load_pool
from mmfer.cli.plot import choose_clips, main
from mmfer.evaluation.features import Features, write_features
from mmfer.evaluation.predictions import write_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track

ROOT = Path(__file__).parents[2]
WEIGHTS = np.array([.1, .2, .3, .4], np.float32)


@pytest.fixture
def run(tmp_path):
    """Five clips of three classes with frames and predictions."""
    rows = []
    for index, (label, given) in enumerate([(0, 0), (0, 1), (1, 0), (2, 2), (2, 2)]):
        folder = tmp_path / 'data' / f'c{index}'
        folder.mkdir(parents=True)
        for number in range(1, 5):
            cv2.imwrite(str(folder / f'{number:03d}.png'),
                        np.full((20, 20, 3), number * 40, np.uint8))
        rows.append(make_row(f'c{index}', label, given, apex=(3, 4), attention={
            'frame_weights': WEIGHTS, 'self_weights': WEIGHTS * 2, 'relation_weights': WEIGHTS,
            'clip_scores': np.array([.4, .6], np.float32),
            'frame_scores': np.full((4, 3), 1 / 3, np.float32),
            'spatial_maps': np.full((4, 2, 3, 3), 1 / 9, np.float32)}))
    rows[4].scores[:] = [.05, .05, .9]
    write_predictions(tmp_path / 'fan.parquet', make_predictions(
        rows, config_name='fan', data_root=str(tmp_path / 'data'), selection='literature'))
    write_predictions(tmp_path / 'self.parquet', make_predictions(
        rows[:4], config_name='fan-self', data_root=str(tmp_path / 'data')))
    return tmp_path


def test_tool_draws_attention(run):
    result = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'plot.py', 'attention', run / 'fan.parquet', '--root',
         run / 'data', '--out', run / 'out'], capture_output=True, text=True, cwd=run)
    assert result.returncode == 0, result.stderr
    written = [run / 'out' / f'attention.{suffix}' for suffix in ('png', 'svg')]
    assert result.stdout.split() == [str(path) for path in written]
    height = cv2.imread(str(written[0])).shape[0]
    assert height > 3 * 150  # three clips, one per class
    assert 'SELECTED ON THE TEST SET' in written[1].read_text()  # beside its outlines


@pytest.mark.parametrize('figure, name, words', [
    ('spatial', 'spatial_attention', ['head 2', '11%']),
    ('scores', 'frame_scores', ['importance', '0.33']),
    ('activation', 'emotional_activation', ['selected clip', '0.60']),
])
def test_figures_of_clips(run, capsys, figure, name, words):
    assert main([figure, str(run / 'fan.parquet'), '--out', str(run / 'out'), '--max-frames', '3',
                 '--clips', 'c0', 'c3']) == 0
    png, svg = map(Path, capsys.readouterr().out.split())
    assert png == run / 'out' / f'{name}.png' and cv2.imread(str(png)) is not None
    text = svg.read_text()
    for word in ['3 of 4 frames shown', 'SELECTED ON THE TEST SET', *words]:
        assert word in text
    # a method without such weights gets a message, not a figure
    write_predictions(run / 'plain.parquet', make_predictions(
        [make_row('c0', 0, 0)], data_root=str(run / 'data')))
    assert main([figure, str(run / 'plain.parquet'), '--out', str(run / 'none')]) == 1
    assert 'no attention at all' in capsys.readouterr().err and not (run / 'none').exists()


def test_confusion_side_by_side(run, capsys):
    args = ['confusion', str(run / 'fan.parquet'), '--out', str(run / 'out')]
    assert main([*args, '--against', str(run / 'self.parquet'), '--against',
                 str(run / 'fan.parquet')]) == 0
    text = (run / 'out' / 'confusion_matrix.svg').read_text()
    assert text.count('<!-- fan -->') == 2 and 'fan-self' in text
    write_predictions(run / 'other.parquet', make_predictions(
        [make_row('c0', 0, 0, num_classes=2)], classes=['yes', 'no'], config_name='other'))
    assert main([*args, '--against', str(run / 'other.parquet')]) == 1
    assert 'other: its classes' in capsys.readouterr().err


class TestReliability:

    def test_side_by_side(self, run, capsys):
        """Equal input gives equal bytes."""
        written = []
        for name in ('one', 'two'):
            assert main(['reliability', str(run / 'fan.parquet'), '--against',
                         str(run / 'self.parquet'), '--out', str(run / name)]) == 0
            written.append([Path(path).read_bytes() for path in capsys.readouterr().out.split()])
        assert written[0] == written[1]
        text = (run / 'one' / 'reliability.svg').read_text()
        for words in ('fan', 'fan-self', 'ECE 0.2', '15 bins of equal width', '5 clips',
                      '4 clips', 'SELECTED ON THE TEST SET'):
            assert words in text

    def test_other_bins(self, run):
        args = ['reliability', str(run / 'fan.parquet'), '--out', str(run / 'out')]
        assert main([*args, '--bins', '4', '--binning', 'mass']) == 0
        assert 'bins of equal mass' in (run / 'out' / 'reliability.svg').read_text()
        with pytest.raises(SystemExit):
            main([*args, '--bins', '0'])

    def test_frames_and_logits(self, tmp_path, capsys):
        track = make_track('a', [0, 1, 2], [0, 1, 1], subject='s')
        path = str(tmp_path / 'frames.parquet')
        write_predictions(path, make_predictions([track]))
        args = ['reliability', path, '--out', str(tmp_path)]
        assert main(args) == 0
        assert '3 frames of 1 clips, 1 subjects' in (tmp_path / 'reliability.svg').read_text()
        track.scores[:] = [3., -1., 0.]
        write_predictions(path, make_predictions([track]))
        assert main(args) == 1
        assert "clip 'a' of split 'fold1': scores: no probabilities" in capsys.readouterr().err


class TestTSNE:

    @pytest.fixture
    def features(self, tmp_path):
        labels = np.array([0, 1, 2, -1] * 4)
        values = np.random.default_rng(0).normal(size=(16, 5)).astype(np.float32)
        many = ('clip', ) * 16
        for name, classes in (('a', ['x', 'y', 'z']), ('b', ['x', 'y', 'w'])):
            write_features(tmp_path / f'{name}.parquet', Features(
                dict(classes=classes, level='frame', config_name=f'config {name}'), many,
                (None, ) * 16, ('fold1', ) * 16, labels, values, np.arange(1, 17)))
        return tmp_path

    def test_panels(self, features, capsys):
        files = [str(features / 'a.parquet')] * 2
        out = ['--out', str(features / 'out')]
        assert main(['tsne', *files, *out]) == 0
        svg = capsys.readouterr().out.split()[1]
        text = Path(svg).read_text()
        assert text.count('config a') == 2 and '12 frames, 5 channels' in text
        assert main(['tsne', *files, *out, '--titles', 'one', 'two', '--seed', '1']) == 0
        assert 'two' in Path(svg).read_text() != text

    def test_unusable_input_is_named(self, features, capsys):
        out = ['--out', str(features / 'out')]
        both = [str(features / f'{name}.parquet') for name in 'ab']
        assert main(['tsne', *both, *out]) == 1
        assert 'b.parquet: its classes' in capsys.readouterr().err
        for wrong in (['--titles', 'one'], ['--perplexity', '0']):
            with pytest.raises(SystemExit):
                main(['tsne', *both, *out, *wrong])


def test_confusion(run, capsys):
    assert main(['confusion', str(run / 'fan.parquet'), '--out', str(run / 'out')]) == 0
    png, svg = capsys.readouterr().out.split()
    assert cv2.imread(png) is not None
    text = Path(svg).read_text()
    assert 'SELECTED ON THE TEST SET' in text and '5 clips' in text and 'WAR 0.600' in text


def test_default_clips_are_the_surest_correct_ones(run):
    pool = load_pool([run / 'fan.parquet'])
    assert [row.clip for row in choose_clips(pool, None, None)] == ['c0', 'c2', 'c4']
    assert [row.clip for row in choose_clips(pool, None, 5)] == ['c0', 'c2', 'c4', 'c1', 'c3']
    assert [row.clip for row in choose_clips(pool, None, 1)] == ['c0']
    assert [row.clip for row in choose_clips(pool, ['c3', 'c1'], None)] == ['c3', 'c1']


def test_against(run, capsys):
    # the root is known from the predictions
    args = ['attention', str(run / 'fan.parquet'), '--against', str(run / 'self.parquet'),
            '--out', str(run / 'out'), '--max-frames', '2', '--clips']
    assert main([*args, 'c0']) == 0
    text = (run / 'out' / 'attention.svg').read_text()
    assert 'weights, fan-self' in text and 'final weights, fan' in text and '2 of 4' in text
    assert main([*args, 'c4']) == 1
    assert "'c4'" in capsys.readouterr().err


def test_of_several_seeds_the_first_is_drawn_and_named(run):
    row = make_row('a', 0, 0, frames='c0', attention={'frame_weights': WEIGHTS})
    paths = [str(run / f'seed{seed}.parquet') for seed in (3, 2)]
    for seed, path in zip((3, 2), paths):
        write_predictions(path, make_predictions([row], seed=seed, data_root=str(run / 'data')))
    assert main(['attention', *paths, '--out', str(run / 'out')]) == 0
    assert ', seed 2' in (run / 'out' / 'attention.svg').read_text()


def test_unusable_input_is_named(run, capsys):
    args = ['attention', str(run / 'fan.parquet'), '--out', str(run / 'out')]
    assert main([*args, '--clips', 'other']) == 1
    assert "'other' is not in the predictions" in capsys.readouterr().err
    assert main([*args, '--root', str(run / 'elsewhere')]) == 1
    assert '001.png' in capsys.readouterr().err
    for wrong in (['--num', '0'], ['--max-frames', '1'], ['--num', '2', '--clips', 'c0']):
        with pytest.raises(SystemExit):
            main([*args, *wrong])
    assert not (run / 'out').exists()


def test_no_root(run, capsys):
    write_predictions(run / 'rootless.parquet', make_predictions(
        [make_row('a', 0, 0, attention={'frame_weights': WEIGHTS})]))
    assert main(['attention', str(run / 'rootless.parquet'), '--out', str(run / 'out')]) == 1
    assert '--root' in capsys.readouterr().err


def test_answers_per_frame_have_a_confusion_matrix_alone(tmp_path, capsys):
    path = tmp_path / 'frames.parquet'
    write_predictions(path, make_predictions(
        [make_track('a', [0, 0, 1], [0, 0, 1]), make_track('b', [1, 2], [1, 0])],
        data_root=str(tmp_path)))
    assert main(['confusion', str(path), '--out', str(tmp_path)]) == 0
    assert '5 frames of 2 clips' in (tmp_path / 'confusion_matrix.svg').read_text()
    assert main(['attention', str(path), '--out', str(tmp_path)]) == 1
    assert 'answers per frame, which have no attention' in capsys.readouterr().err
