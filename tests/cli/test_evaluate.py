import json
import subprocess
import sys
from pathlib import Path

import pytest

from mmfer.cli.evaluate import main
from mmfer.evaluation.predictions import write_predictions
from mmfer.testing.predictions import make_predictions, make_row

ROOT = Path(__file__).parents[2]
LABELS = [0, 0, 1, 1, 2, 2]


def write_run(folder, given=LABELS, splits=('fold1', 'fold2'), **metadata):
    for split in splits:
        rows = [make_row(f'{split}-{i}', label, answer, split=split, subject=f'{split}-{i // 2}')
                for i, (label, answer) in enumerate(zip(LABELS, given))]
        write_predictions(folder / split / 'predictions.parquet',
                          make_predictions(rows, split=split, **metadata))
    return str(folder)


def test_tool_runs(tmp_path):
    run = write_run(tmp_path / 'a', [0, 1, 1, 1, 2, 0])
    result = subprocess.run([sys.executable, ROOT / 'tools' / 'evaluate.py', run, '--json',
                             tmp_path / 'out.json'], capture_output=True, text=True,
                            cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert 'pooled' in result.stdout and '12 clips, 6 subjects' in result.stdout
    numbers = json.loads((tmp_path / 'out.json').read_text())
    assert numbers['summaries'][0]['pooled']['scores']['WAR']['value'] == pytest.approx(8 / 12)
    assert numbers['comparisons'] == []


def test_against_rivals(tmp_path, capsys):
    runs = [write_run(tmp_path / name, given, config_name=name)
            for name, given in (('a', LABELS), ('b', [1] * 6), ('c', [0, 0, 1, 1, 2, 0]))]
    out = tmp_path / 'out.json'
    assert main([runs[0], '--against', runs[1], '--against', runs[2], '--json', str(out)]) == 0
    text = capsys.readouterr().out
    assert 'a against b' in text and 'a against c' in text and 'p (Holm)' in text
    first, second = json.loads(out.read_text())['comparisons']
    assert first['WAR']['difference'] == pytest.approx(4 / 6)
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


def test_unusable_input_is_named(tmp_path, capsys):
    assert main([str(tmp_path / 'absent')]) == 1
    assert 'absent: no such file' in capsys.readouterr().err
    a, b = (write_run(tmp_path / name, config_name=name) for name in 'ab')
    assert main([a, b]) == 1
    assert "config_name is 'b' against 'a'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([a, '--resamples', '0'])


def test_one_corpus_of_several(tmp_path, capsys):
    rows = [make_row(f'{name}/{i}', 0, given, subject=f'{name}/S{i}')
            for name, given in (('a', 0), ('b', 1)) for i in range(2 if name == 'a' else 3)]
    path = tmp_path / 'predictions.parquet'
    write_predictions(path, make_predictions(rows, split='fold1',
                                             corpora=[dict(name='a'), dict(name='b')]))
    assert main([str(path), '--corpus', 'b', '--json', str(tmp_path / 'b.json')]) == 0
    pooled = json.loads((tmp_path / 'b.json').read_text())['summaries'][0]['pooled']
    assert (pooled['clips'], pooled['scores']['WAR']['value']) == (3, 0)
    assert main([str(path), '--corpus', 'c']) == 1
    assert "'c'; there are: a, b" in capsys.readouterr().err
