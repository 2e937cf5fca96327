"""Slices and calibration through ``tools/evaluate.py``, and every command of their page."""
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import evaluate, plot
from mmfer.evaluation.predictions import write_predictions
from mmfer.testing.predictions import make_predictions, make_row

ROOT = Path(__file__).parents[2]
CLASSES = ['anger', 'fear', 'happiness']


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two methods on 36 clips of twelve people, and the annotation file."""
    rng = np.random.default_rng(0)
    rows = [dict(clip=f'c{i:02d}', frames=f'c{i:02d}', num_frames=4 + i, label=i % 3,
                 subject=f's{i // 3}', sex='fm'[i // 18], age=10 + i // 3 * 5)
            for i in range(36)]
    for row in rows[:12]:
        row['frame_numbers'] = list(range(1, row['num_frames'])) + [row['num_frames'] * 2]
    path = tmp_path / 'data' / 'my' / 'annotations.json'
    write_annotations(path, make_metainfo('x', CLASSES, rows), rows)
    digest = read_annotations(path).hash
    for name in ('fan', 'score-fusion'):
        answers = [make_row(row['clip'], row['label'], int(rng.integers(3)) if i % 2 else
                            row['label'], subject=row['subject']) for i, row in enumerate(rows)]
        write_predictions(tmp_path / 'work_dirs' / name / 'predictions.parquet', make_predictions(
            answers, config_name=name, annotation_hash=digest))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(page):
    blocks = re.findall(r'```shell\n(.*?)```', (ROOT / 'docs' / page).read_text(), re.DOTALL)
    return '\n'.join(blocks).replace('\\\n', ' ').splitlines()


@pytest.mark.parametrize('command', commands('calibration_and_slices.md'))
def test_commands_of_the_page(runs, capsys, command):
    python, tool, *words = shlex.split(command)
    assert python == 'python'
    main = {'tools/evaluate.py': evaluate.main, 'tools/plot.py': plot.main}[tool]
    if main is evaluate.main:
        words += ['--resamples', '200']
    assert main(words) == 0
    text = capsys.readouterr().out
    if '--calibration' in words:
        assert 'expected calibration error' in text and '36 clips, 12 subjects' in text
    if 'sex' in words:
        assert 'By sex' in text and 'By age, cut at the edges given' in text
        assert 'By clip_length, cut at quantiles' in text
    if 'coverage' in words:
        assert '| coverage' in text and 'By coverage' in text
    if tool == 'tools/plot.py':
        assert (runs / 'figures' / 'reliability.png').is_file()


def test_numbers_of_both_methods_in_the_file(runs, capsys):
    assert evaluate.main([
        'work_dirs/fan', 'work_dirs/score-fusion', '--annotations',
        'data/my/annotations.json', '--resamples', '50', '--json', 'out.json', '--calibration',
        '--by', 'sex', 'subject']) == 0
    text = capsys.readouterr().out
    assert text.count('By sex') == text.count('Brier score') == 2
    summaries = json.loads((runs / 'out.json').read_text())['summaries']
    for summary in summaries:
        sex, subject = summary['slices']
        assert [part['slice'] for part in sex['slices']] == ['f', 'm']
        assert [part['clips'] for part in sex['slices']] == [18, 18]
        hits = sum(part['scores']['WAR']['value'] * part['clips'] for part in subject['slices'])
        assert hits / 36 == pytest.approx(summary['pooled']['scores']['WAR']['value'])
        over = summary['calibration']['scores']['overconfidence']['value']
        assert over == pytest.approx(.8 - summary['pooled']['scores']['WAR']['value'])
    assert summaries[0]['slices'] != summaries[1]['slices']


def test_without_the_options_nothing_is_added(runs, capsys):
    assert evaluate.main(['work_dirs/fan', '--resamples', '20', '--json', 'out.json']) == 0
    summary, = json.loads(Path('out.json').read_text())['summaries']
    assert not {'slices', 'calibration'} & summary.keys()
    assert 'calibration' not in capsys.readouterr().out


@pytest.mark.parametrize('words, message', [
    (['--by', 'sex'], '--by and --annotations go together'),
    (['--annotations', 'data/my/annotations.json'], '--by and --annotations go together'),
    (['--bins', '3'], '--bins is for --by'),
    (['--confidence-bins', '3'], '--confidence-bins is for --calibration'),
    (['--binning', 'mass'], '--binning is for --calibration'),
    (['--calibration', '--confidence-bins', '0'], 'at least 1'),
    (['--annotations', 'x', '--by', 'sex', '--bins', '1'], 'at least 2'),
])
def test_options_without_use_are_refused(runs, capsys, words, message):
    with pytest.raises(SystemExit):
        evaluate.main(['work_dirs/fan', *words])
    assert message in capsys.readouterr().err


def test_unusable_input_is_named(runs, capsys):
    words = ['work_dirs/fan', '--annotations', 'data/my/annotations.json', '--by']
    assert evaluate.main([*words, 'race']) == 1
    assert "no column 'race' to slice by; there are age, clip_length" in capsys.readouterr().err
    assert evaluate.main([*words, 'sex=1,2']) == 1
    assert "holds 'f'" in capsys.readouterr().err
    read = read_annotations('data/my/annotations.json')
    write_annotations('other.json', read.metainfo, read.rows[1:])
    assert evaluate.main(['work_dirs/fan', '--annotations', 'other.json', '--by', 'sex']) == 1
    assert 'other.json: its hash is' in capsys.readouterr().err


def test_latex_has_the_slices_and_csv_refuses_them(runs, capsys):
    words = ['work_dirs/fan', '--annotations', 'data/my/annotations.json', '--by', 'clip_length',
             '--calibration', '--resamples', '20']
    assert evaluate.main([*words, '--latex']) == 0
    text = capsys.readouterr().out
    assert r'clip\_length' in text and text.count(r'\toprule') >= 4 and 'Brier' in text
    with pytest.raises(SystemExit):
        evaluate.main([*words, '--csv'])
    assert '--csv holds scores and comparisons' in capsys.readouterr().err
