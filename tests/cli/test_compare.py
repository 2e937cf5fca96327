"""tools/compare.py on a tiny corpus: one table, reused runs, what does not compare."""
import json
import shutil
from pathlib import Path

import pytest

from mmfer.cli.compare import (
    build_parser,
    check_comparable,
    collect,
    format_result,
    main,
    plan_methods,
)
from mmfer.cli.runs import is_finished
from mmfer.errors import ConfigError, PredictionError
from mmfer.evaluation import pool_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track

CONFIGS = ['configs/fan/score-fusion_r18_ckplus.py', 'configs/fan/fan_r18_ckplus.py']


def words(work, options, *flags):
    return [*CONFIGS, '--splits', 'fold1', '--work-dir', str(work), '--resamples', '50', *flags,
            '--cfg-options', *options, 'train_cfg.max_epochs=1']


@pytest.fixture(scope='module')
def compared(run, options, tmp_path_factory):
    """Working directory of two methods on one split, and what was printed."""
    work = tmp_path_factory.mktemp('compared')
    done = run('tools/compare.py', *words(work, options, '--jobs', 2, '--json', work / 'c.json',
                                          '--markdown', work / 'c.md'))
    return work, done.stdout


def test_one_table(compared):
    work, printed = compared
    result = json.loads((work / 'c.json').read_text())
    assert [entry['name'] for entry in result['methods']] == [
        'score-fusion_r18_ckplus', 'fan_r18_ckplus']
    fusion, fan = result['methods']
    # base_channels=4: alpha and beta have 32 + 1 and 64 + 1, the head 64 * 7 + 7 for 32 * 7 + 7
    parameters = [m['clip']['complexity']['parameters'] for m in (fusion, fan)]
    assert parameters[1] - parameters[0] == 33 + 65 + 32 * 7
    for entry in (fusion, fan):
        assert entry['spent']['train_s'] > 0
        assert entry['spent']['memory'] in ('host', 'device')
        assert entry['summary']['localization']['hit_rate']['chance'] > 0
        line = next(line for line in printed.splitlines() if line.startswith(entry['name'] + ' '))
        assert ' - ' not in line and ' MiB ' in line
    compared, = result['comparisons']
    assert (compared['a'], compared['b']) == ('fan_r18_ckplus', 'score-fusion_r18_ckplus')
    assert compared['UAR']['p_holm'] == compared['UAR']['p']
    assert 'hit rate' in printed and 'fan_r18_ckplus against score-fusion_r18_ckplus' in printed
    assert '| score-fusion_r18_ckplus |' in (work / 'c.md').read_text()


def test_finished_runs_are_reused(compared, options, capsys):
    work, printed = compared
    assert main(words(work, options)) == 0
    again = capsys.readouterr().out
    assert '2 runs, 2 of them finished before' in again
    assert again[again.index('\n\n'):] == printed[printed.index('\n\n'):]


def test_runs_that_recorded_nothing_have_no_times(compared, options, tmp_path):
    work, _ = compared
    shutil.copytree(work, tmp_path / 'old')
    for path in (tmp_path / 'old').glob('fan_*/**/run.json'):
        path.unlink()
    methods = plan_methods(build_parser().parse_args(words(tmp_path / 'old', options)))
    result = collect(methods, 50)
    assert [entry['spent']['train_s'] is None for entry in result['methods']] == [False, True]
    assert ' -  ' in format_result(result)


def test_options_and_protocol_reach_every_method(corpus, options, tmp_path):
    other = tmp_path / 'other.json'
    protocol = json.loads((corpus / 'protocol.json').read_text())
    protocol['name'] = 'other'
    other.write_text(json.dumps(protocol))
    given = [option for option in options if not option.startswith('protocol.file')]
    args = build_parser().parse_args(words(tmp_path, given, '--protocol', str(other),
                                           '--seeds', '1', '2'))
    methods = plan_methods(args)
    assert {run.facts['protocol_name'] for m in methods for run in m.runs} == {'other'}
    assert [run.seed for run in methods[1].runs] == [1, 2]
    assert methods[1].runs[0].folder == tmp_path / 'fan_r18_ckplus/seed1/fold1'
    assert not any(is_finished(run) for method in methods for run in method.runs)
    args = build_parser().parse_args(words(tmp_path, options, '--protocol', str(other)))
    with pytest.raises(ConfigError, match='by --protocol and by --cfg-options'):
        plan_methods(args)


def test_other_selections_are_refused(options, tmp_path):
    config = tmp_path / 'inner.py'
    config.write_text(f"_base_ = '{Path(CONFIGS[1]).absolute()}'\n"
                      "protocol = dict(selection='inner')\n")
    args = build_parser().parse_args(words(tmp_path, options))
    args.configs = [CONFIGS[0], str(config)]
    with pytest.raises(ConfigError, match='another protocol.selection than'):
        plan_methods(args)
    args.configs = [CONFIGS[0], CONFIGS[0]]
    with pytest.raises(ConfigError, match='named twice'):
        plan_methods(args)


def test_answers_for_frames_and_for_clips_do_not_compare():
    clips = pool_predictions([make_predictions([make_row('a', 0, 0)])])
    frames = pool_predictions([make_predictions([make_track('a', [0, 1], [0, 0])])])
    with pytest.raises(PredictionError, match='answers for frames'):
        check_comparable([clips, frames])
    check_comparable([frames, frames])
