import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from mmfer.cli.evaluate import main
from mmfer.evaluation import FacelessClip
from mmfer.evaluation.predictions import write_predictions
from mmfer.testing.predictions import make_predictions, make_row

ROOT = Path(__file__).parents[2]
LABELS = [0, 0, 1, 1, 2, 2]
# clips of AFEW's validation part by class: 383, of which the public lists have 381
AFEW = {'Angry': 64, 'Disgust': 40, 'Fear': 46, 'Happy': 63, 'Neutral': 63, 'Sad': 61,
        'Surprise': 46}


def write_run(folder, given=LABELS, splits=('fold1', 'fold2'), **metadata):
    for split in splits:
        rows = [make_row(f'{split}-{i}', label, answer, split=split, subject=f'{split}-{i // 2}')
                for i, (label, answer) in enumerate(zip(LABELS, given))]
        write_predictions(folder / split / 'predictions.parquet',
                          make_predictions(rows, split=split, **metadata))
    return str(folder)


def write_afew(folder, both, apart):
    """Two methods with 194 and 195 of 381 right, as FAN reports, ``both`` of them in common."""
    labels = [index for index, count in enumerate(AFEW.values()) for _ in range(count)][:381]
    right = {'self': set(range(both + apart)),
             'relation': set(range(both)) | set(range(300, 301 + apart))}
    for name, clips in right.items():
        rows = [make_row(f'{i:03d}', label, label if i in clips else (label + 1) % 7, 7)
                for i, label in enumerate(labels)]
        write_predictions(folder / f'{name}.parquet', make_predictions(
            rows, classes=list(AFEW), config_name=None))
    return [str(folder / f'{name}.parquet') for name in right]


def check_afew(text, path, apart):
    assert (f'relation against self: the difference in WAR is 1 clip of 381 (0.26 points), not '
            f'significant at 0.05 (p = 1.0000, McNemar, exact; {apart + 1} right in relation only, '
            f'{apart} in self only).') in text
    assert 'One clip is worth 0.262 points of WAR (100 / 381)' in text
    numbers = json.loads(path.read_text())
    values = [summary['pooled']['scores']['WAR']['value'] for summary in numbers['summaries']]
    assert values == [194 / 381, 195 / 381]
    [comparison] = numbers['comparisons']
    assert comparison['WAR']['answers'] == 1 and comparison['WAR']['p'] == 1
    assert comparison['UAR']['p'] > .5 and comparison['unit'] == 'clips'


def test_one_clip_of_afew_is_no_difference(tmp_path):
    files = write_afew(tmp_path, both=174, apart=20)
    result = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'evaluate.py', *files, '--json', 'out.json'],
        capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    check_afew(result.stdout, tmp_path / 'out.json', 20)


def test_one_clip_of_afew_where_all_others_agree(tmp_path, capsys):
    files = write_afew(tmp_path, both=194, apart=0)
    assert main([*files, '--json', str(tmp_path / 'out.json')]) == 0
    check_afew(capsys.readouterr().out, tmp_path / 'out.json', 0)


def test_one_method_is_compared_with_none(tmp_path, capsys):
    out = tmp_path / 'out.json'
    assert main([write_run(tmp_path / 'a', [0, 1, 1, 1, 2, 0]), '--json', str(out)]) == 0
    text, numbers = capsys.readouterr().out, json.loads(out.read_text())
    assert '12 clips, 6 subjects' in text and 'Paired' not in text
    assert numbers['summaries'][0]['pooled']['scores']['WAR']['value'] == pytest.approx(8 / 12)
    assert numbers['comparisons'] == []


def test_each_further_method_is_tested_against_the_first(tmp_path, capsys):
    runs = [write_run(tmp_path / name, given, config_name=name)
            for name, given in (('a', LABELS), ('b', [1] * 6), ('c', [0, 0, 1, 1, 2, 0]))]
    out = tmp_path / 'out.json'
    assert main([*runs, '--json', str(out)]) == 0
    text = capsys.readouterr().out
    assert 'b against a' in text and 'c against a' in text and 'p (Holm)' in text
    assert 'c against b' not in text
    first, second = json.loads(out.read_text())['comparisons']
    assert first['WAR']['difference'] == pytest.approx(-4 / 6)
    # the four subjects of anger and happiness: both signs of all four are as extreme
    assert first['WAR']['p'] == pytest.approx(2 / 2**4)
    assert first['WAR']['p_holm'] == pytest.approx(2 * 2 / 2**4)
    assert second['WAR']['p'] == pytest.approx(.5)


def test_equal_seeds_give_equal_text(tmp_path, capsys):
    run = write_run(tmp_path / 'a', [0, 1, 1, 1, 2, 0])
    texts = []
    for seed in ('0', '0', '1'):
        assert main([run, '--seed', seed, '--resamples', '50', '--markdown']) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]
    assert '| pooled' in texts[0]


def test_few_subjects_are_warned_of(tmp_path, capsys):
    assert main([write_run(tmp_path / 'a', [0, 1, 1, 1, 2, 0]), '--resamples', '50']) == 0
    text = capsys.readouterr().out
    assert ('!! interval over fewer than 30 units: expect it to be too narrow: '
            'pooled (6 subjects); fold1 (3 subjects); fold2 (3 subjects)') in text


def test_every_form_holds_scores_tests_and_notes(tmp_path, capsys):
    runs = [write_run(tmp_path / name, given, config_name=f'{name}_1', selection='literature')
            for name, given in (('a', LABELS), ('b', [1] * 6))]
    texts = {}
    for form in ('markdown', 'latex', 'csv'):
        assert main([*runs, f'--{form}', '--resamples', '50']) == 0
        texts[form] = capsys.readouterr().out
        assert 'SELECTED ON THE TEST SET' in texts[form]
    assert '| b_1 against a_1 |' in texts['markdown']
    latex = texts['latex']
    assert latex.count(r'\begin{tabular}') == latex.count(r'\end{tabular}') == 5
    assert latex.count(r'\toprule') == latex.count(r'\midrule') == latex.count(r'\bottomrule') == 5
    assert r'b\_1 against a\_1' in latex and 'b_1' not in latex and r' $\pm$ ' in latex
    for table in latex.split(r'\toprule')[1:]:
        rows = table.split(r'\bottomrule')[0].split(r'\midrule')
        cells = {line.count('&') for part in rows for line in part.strip().split('\n')}
        assert len(cells) == 1  # as many cells in each row
    rows = list(csv.DictReader(io.StringIO(texts['csv'])))
    assert {row['method'] for row in rows} == {'a_1', 'b_1'}
    assert [row['quantity'] for row in rows if row['against'] == 'a_1'] == ['WAR', 'UAR']
    with pytest.raises(SystemExit):
        main([*runs, '--latex', '--csv'])


def test_clips_without_a_face(tmp_path, capsys):
    """371 clips with a face, of which 200 are right, and 12 without one."""
    rows = [make_row(f'{i:03d}', i % 3, i % 3 if i < 200 else (i + 1) % 3) for i in range(371)]
    faceless = [FacelessClip(f'n{i}', 'fold1', i % 3) for i in range(12)]
    write_predictions(tmp_path / 'a.parquet', make_predictions(rows, faceless=faceless))
    assert main([str(tmp_path / 'a.parquet')]) == 0
    lines = capsys.readouterr().out.split('\n')
    titles = [line for line in lines if line.startswith('Scores over')]
    assert titles[0].startswith('Scores over 371 clips with a face [')
    assert titles[1].startswith('Scores over all 383 clips (12 without a face count as missed) [')
    values = [line.split()[1] for line in lines if line.startswith('pooled  ')]
    assert values == [f'{200 / 371:.3f}', f'{200 / 383:.3f}']


def test_unusable_input_is_named(tmp_path, capsys):
    assert main([str(tmp_path / 'absent')]) == 1
    assert 'absent: no such file' in capsys.readouterr().err
    a = write_run(tmp_path / 'a', config_name='a', config_hash='h')
    b = write_run(tmp_path / 'b', config_name='a', config_hash='h')
    assert main([a, b]) == 1
    assert "both hold split 'fold1' with seed 0; give one of them" in capsys.readouterr().err
    for option in ('--resamples', '--seed'):
        with pytest.raises(SystemExit):
            main([a, option, '-1'])


def test_one_corpus_of_several(tmp_path, capsys):
    names = [dict(name=name, annotation_hash=f'of {name}', protocol_hash='p') for name in 'ab']
    rows = [make_row(f'{name}/{i}', 0, given, subject=f'{name}/S{i}')
            for name, given in (('a', 0), ('b', 1)) for i in range(2 if name == 'a' else 3)]
    joint, alone, out = (tmp_path / name for name in ('joint.parquet', 'b.parquet', 'b.json'))
    write_predictions(joint, make_predictions(rows, split='fold1', corpora=names))
    write_predictions(alone, make_predictions(
        [make_row(f'{i}', 0, 0, subject=f'S{i}') for i in range(3)], split='fold1',
        annotation_hash='of b'))
    pair = [f'joint={joint}', f'alone={alone}']
    assert main([*pair, '--corpus', 'b', '--json', str(out)]) == 0
    result = json.loads(out.read_text())
    pooled = result['summaries'][0]['pooled']
    assert (pooled['clips'], pooled['scores']['WAR']['value']) == (3, 0)
    assert result['comparisons'][0]['WAR']['difference'] == 1
    assert main([*pair, '--corpus', 'a']) == 1
    assert 'annotation_hash' in capsys.readouterr().err
    assert main([str(joint), '--corpus', 'c']) == 1
    assert "'c'; there are: a, b" in capsys.readouterr().err
    assert main([str(alone), '--corpus', 'b']) == 1
    assert 'none of the files is of several corpora' in capsys.readouterr().err
