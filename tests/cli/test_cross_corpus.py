"""One method on several corpora: what is planned and, whole (slow), the table."""
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from mmengine import Config

from mmfer.cli.compare import build_parser, main
from mmfer.cli.cross_corpus import (
    JOINT,
    check_cross_arguments,
    left_out_lines,
    plan_runs,
    read_corpora,
)
from mmfer.configuration import load_config
from mmfer.errors import AnnotationError, ConfigError
from mmfer.evaluation import read_predictions

FAN = 'configs/fan/fan_r18_ckplus.py'
COMMON = ('anger', 'happiness', 'surprise')


@pytest.fixture(scope='module')
def described(two_corpora, tmp_path_factory):
    """Config files that describe the two corpora."""
    folder = tmp_path_factory.mktemp('described')
    paths = []
    for root in two_corpora:
        path = folder / f'{root.name}.py'
        path.write_text(
            f"annotation = dict(file='{root}/annotations.json', root='{root}/frames')\n"
            f"protocol = dict(file='{root}/protocol.json', split='fold2')\n")
        paths.append(str(path))
    return paths


@pytest.fixture(scope='module')
def words(options, described, tmp_path_factory):
    work = tmp_path_factory.mktemp('cross')
    small = [option for option in options if not option.startswith(('annotation', 'protocol'))]

    def words(*flags, corpora=described):
        return [FAN, '--cross-corpus', *corpora, '--work-dir', str(work), '--resamples', '50',
                *flags, '--cfg-options', *small]

    words.work = work
    return words


def planned(words, *flags):
    args = build_parser().parse_args(words(*flags))
    check_cross_arguments(args)
    return plan_runs(args, read_corpora(args.cross_corpus), COMMON)


def test_runs_of_each_row(words, two_corpora):
    rows = planned(words, '--splits', 'fold1', 'fold3', '--seeds', '0', '1', '--joint')
    assert list(rows) == ['one', 'two', JOINT]
    assert [(run.seed, run.split) for run in rows['two']] == [
        (0, 'fold1'), (0, 'fold3'), (1, 'fold1'), (1, 'fold3')]
    assert rows['two'][0].folder == words.work / 'two/seed0/fold1'
    cfg = load_config(rows['two'][0].config)
    assert cfg.annotation.file == str(two_corpora[1] / 'annotations.json')
    assert cfg.config_name == 'fan_r18_ckplus_two' and cfg.model.cls_head.num_classes == 3
    for part in ('train', 'test'):
        dataset = cfg[f'{part}_dataloader'].dataset
        assert (tuple(dataset.classes), dataset.outside) == (COMMON, 'drop')
    joint = load_config(rows[JOINT][0].config)
    assert list(joint.train_dataloader.dataset.split) == ['one', 'two']
    assert joint.train_dataloader.dataset.classes == list(COMMON)


def test_one_split_of_each(words):
    rows = planned(words, '--one-split', '--joint')
    assert [[run.split for run in runs] for runs in rows.values()] == [
        ['fold2'], ['fold2'], ['fold2']]


def test_what_is_left_out(described):
    assert left_out_lines(read_corpora(described), COMMON) == [
        'one: 8 clips of contempt left out', 'two: 8 clips of neutral left out']


@pytest.mark.parametrize(('flags', 'message'), [
    (['--one-split', '--splits', 'fold1'], 'exclude'), (['--protocol', 'p.json'], '--protocol'),
])
def test_flags_that_contradict(flags, message, words, capsys):
    assert main(words(*flags)) == 1
    assert message in capsys.readouterr().err


def test_settings_that_the_table_makes_itself(words, capsys):
    assert main([*words(), 'protocol.file=p.json']) == 1
    assert '--cross-corpus and --classes set it' in capsys.readouterr().err
    assert main([*words(), 'test_dataloader.dataset.classes=[anger]']) == 1
    assert main([FAN, FAN, '--cross-corpus', 'a.py']) == 1
    assert 'give one config' in capsys.readouterr().err
    assert main([FAN, '--joint']) == 1
    assert '--joint needs --cross-corpus' in capsys.readouterr().err
    assert main(words('--classes', 'anger', 'calm')) == 1
    assert "'calm', which none of the corpora has" in capsys.readouterr().err


def test_descriptions_of_corpora(described, tmp_path):
    with pytest.raises(ConfigError, match='at least two'):
        read_corpora(described[:1])
    with pytest.raises(ConfigError, match="called 'one'"):
        read_corpora([described[0], described[0]])
    with pytest.raises(ConfigError, match='names no annotation'):
        read_corpora([described[0], FAN.replace('fan/fan_r18_ckplus', '_base_/models/fan_r18')])
    with pytest.raises(ConfigError, match='cannot be read'):
        read_corpora(['missing.py'])
    copy = tmp_path / 'copy.py'
    copy.write_text(Path(described[0]).read_text())
    with pytest.raises(AnnotationError, match='one annotation file'):
        read_corpora([described[0], str(copy)])


def test_splits_that_differ(words, two_corpora, described, tmp_path):
    content = json.loads((two_corpora[1] / 'protocol.json').read_text())
    content['splits'] = content['splits'][:3]
    (tmp_path / 'three.json').write_text(json.dumps(content))
    path = tmp_path / 'two.py'
    path.write_text(Path(described[1]).read_text().replace(
        f'{two_corpora[1]}/protocol.json', f'{tmp_path}/three.json'))
    args = build_parser().parse_args(words('--joint', corpora=[described[0], str(path)]))
    with pytest.raises(ConfigError, match='other splits.*--one-split'):
        plan_runs(args, read_corpora(args.cross_corpus), COMMON)
    args.joint = False
    rows = plan_runs(args, read_corpora(args.cross_corpus), COMMON)
    assert [len(runs) for runs in rows.values()] == [5, 3]


@pytest.mark.slow
def test_the_table(words, run, two_corpora):
    """Two trainings and their joint one, each on one split; a second call repeats nothing."""
    flags = ['--splits', 'fold1', '--joint', '--jobs', '2', '--json', words.work / 'c.json',
             '--markdown', words.work / 'c.md']
    command = [*map(str, ['tools/compare.py', *words(*flags)]), 'train_cfg.max_epochs=12',
               'default_hooks.checkpoint.interval=12']
    first = run(*command).stdout
    result = json.loads((words.work / 'c.json').read_text())
    assert result['classes'] == list(COMMON) and len(result['cells']) == 6
    by_cell = {(one['trained'], one['tested']): one for one in result['cells']}
    for column in ('one', 'two'):
        clips = {by_cell[row, column]['clips'] for row in ('one', 'two', JOINT)}
        own = read_predictions(words.work / column / 'seed0/fold1/predictions.parquet')
        assert clips == {len(own.rows)}
    other = read_predictions(words.work / 'one/seed0/fold1/on_two.parquet')
    assert other.classes == COMMON and len(other.rows) == 22
    assert other.metadata['trained_on']['corpus'] == 'one'
    cfg = Config.fromfile(words.work / 'two' / 'fan_r18_ckplus_two.py')
    assert cfg.annotation.file == str(two_corpora[1] / 'annotations.json')
    assert '3 runs, 0 of them finished' in first and '2 tests on other corpora, 0' in first
    assert '| all-corpora' in (words.work / 'c.md').read_text()
    again = run(*command).stdout
    assert '3 runs, 3 of them finished' in again and '2 tests on other corpora, 2' in again
    tables = [text[text.index('one: 8 clips'):] for text in (first, again)]
    assert tables[0] == tables[1]
    # a checkpoint that is newer than its answers has them made again
    newer = words.work / 'one/seed0/fold1/epoch_12.pth'
    os.utime(newer)
    third = run(*command).stdout
    assert '2 tests on other corpora, 1 of them' in third
