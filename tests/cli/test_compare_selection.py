"""tools/cross_validate.py --compare-selection on a tiny corpus, and what it prints."""
import json
import re

import pytest

from mmfer.cli import evaluate
from mmfer.cli.compare_selection import collect, format_result, plan_selections
from mmfer.cli.cross_validate import build_parser
from mmfer.cli.runs import Run, is_finished, plan
from mmfer.errors import ConfigError, PredictionError, ProtocolError
from mmfer.evaluation.predictions import write_predictions
from mmfer.evaluation.selection_record import SelectionRecord, Validation, result_path
from mmfer.protocols import read_protocol, write_protocol
from mmfer.testing.predictions import make_predictions, make_row

SCORE_FUSION = 'configs/fan/score-fusion_r18_ckplus.py'
SPLITS = ['--splits', 'fold1', 'fold2']


def arguments(options, work, *flags, extra=()):
    return build_parser().parse_args([
        SCORE_FUSION, *flags, '--work-dir', str(work), '--compare-selection', '--cfg-options',
        *options, *extra])


@pytest.fixture(scope='module')
def finished(run, options, tmp_path_factory):
    """Working directory of two splits, and what was printed."""
    work = tmp_path_factory.mktemp('compare')
    done = run('tools/cross_validate.py', SCORE_FUSION, '--compare-selection', *SPLITS,
               '--work-dir', work, '--jobs', 2, '--cfg-options', *options)
    return work, done.stdout


def test_prints_three_figures_and_their_gaps(finished, options):
    work, printed = finished
    lines = printed.splitlines()
    table = {way: next(line for line in lines if re.match(rf'{way}:? .*\[', line))
             for way in ('last', 'inner', 'literature')}
    assert table['literature'].startswith('literature: SELECTED ON THE TEST SET')
    assert 'SELECTED ON THE TEST SET' not in table['last'] + table['inner']
    assert 'on the train part only' in printed and 'Pooled over 12 clips, 4 subjects' in printed
    for pair in ('literature against inner', 'literature against last', 'inner against last'):
        tested = [re.split('  +', line)[1] for line in lines if line.startswith(f'{pair}  ')]
        assert tested == ['WAR', 'UAR']
    result = collect(plan_selections(arguments(options, work, *SPLITS)), 100)
    for entry in result['runs']:
        chosen = entry['chosen']
        assert chosen['literature'].test >= max(chosen[way].test for way in ('last', 'inner'))
    wars = {way: summary['pooled']['scores']['WAR']['value']
            for way, summary in result['selections'].items()}
    assert wars['literature'] == max(wars.values())
    assert all(f'{wars[way]:.3f} [' in table[way] for way in wars)


def test_finished_runs_are_skipped_and_others_refused(finished, options):
    work, _ = finished
    runs = plan_selections(arguments(options, work, *SPLITS))
    assert all(is_finished(run) for run in runs)
    changed = plan_selections(arguments(options, work, *SPLITS, extra=['total_batch_size=4']))
    with pytest.raises(PredictionError, match='selection_last.*config_hash is .*--overwrite'):
        is_finished(changed[0])
    assert not is_finished(changed[0], overwrite=True)


def test_a_run_that_lacks_one_result_is_not_finished(finished, options, tmp_path):
    work, _ = finished
    one = plan_selections(arguments(options, work, *SPLITS))[0]
    path = result_path(one.folder, 'inner')
    kept = path.read_bytes()
    path.unlink()
    try:
        assert not is_finished(one)
    finally:
        path.write_bytes(kept)


def test_plain_runs_do_not_go_on_with_its_checkpoints(finished, options):
    """They have no best checkpoint of the epochs before."""
    work, _ = finished
    plain = plan(build_parser().parse_args([
        SCORE_FUSION, *SPLITS, '--work-dir', str(work), '--cfg-options', *options,
        'protocol.selection=inner']))[0]
    with pytest.raises(PredictionError, match='compare_selection is True, now None'):
        is_finished(plain)


def test_evaluate_pools_the_files_of_one_way(finished, capsys):
    work, _ = finished
    files = {way: [str(work / f'seed0/{split}/selection_{way}') for split in ('fold1', 'fold2')]
             for way in ('inner', 'literature')}
    assert evaluate.main([*files['inner'], *files['literature'],
                          '--resamples', '50']) == 0
    printed = capsys.readouterr().out
    assert 'SELECTED ON THE TEST SET' in printed and '(train part only)' in printed
    mixed = [f'both={path}' for path in (*files['literature'], *files['inner'])]
    assert evaluate.main(mixed) == 1
    assert 'does not belong to' in capsys.readouterr().err


def test_planted_scores_give_the_known_figures(tmp_path):
    """Six clips: four right at the end, three in the inner epoch, five in the literature one."""
    facts = {'config_name': 'fan', 'config_hash': 'c', 'selection': 'inner',
             'compare_selection': True}
    runs = []
    for seed in (0, 1):
        folder = tmp_path / f'seed{seed}' / 'fold1'
        own = {**facts, 'seed': seed, 'split': 'fold1'}
        record = SelectionRecord(folder, own, 'WAR')
        for epoch, (selection, right) in enumerate([(0.1, 1), (0.6, 3), (0.5, 5), (0.2, 4)], 1):
            rows = [make_row(f'c{i}', i % 3, (i % 3 + (i >= right)) % 3) for i in range(6)]
            write_predictions(record.predictions(epoch), make_predictions(rows, **own))
            record.add(Validation(epoch, epoch, selection, right / 6), epoch)
        record.finish(4)
        runs.append(Run(seed, 'fold1', folder, own, 'fan.py'))
    result = collect(runs, 100)
    wars = {way: summary['pooled']['scores']['WAR']['value']
            for way, summary in result['selections'].items()}
    assert wars == pytest.approx({'last': 4 / 6, 'inner': 3 / 6, 'literature': 5 / 6})
    gaps = {(gap['a'], gap['b']): gap['WAR']['difference'] for gap in result['gaps']}
    assert gaps == pytest.approx({('literature', 'inner'): 2 / 6, ('literature', 'last'): 1 / 6,
                                  ('inner', 'last'): -1 / 6})
    text = format_result(result)
    assert 'seed 1, fold1  0.667 (epoch 4)  0.500 (epoch 2)  0.833 (epoch 3)' in text
    assert 'seed(s) 0, 1' in text


@pytest.mark.slow
def test_two_processes_record_once(run, options, tmp_path):
    done = run('tools/cross_validate.py', SCORE_FUSION, '--compare-selection', '--splits', 'fold1',
               '--gpus', 2, '--work-dir', tmp_path, '--cfg-options', *options)
    assert 'Pooled over 6 clips, 2 subjects' in done.stdout
    record = json.loads((tmp_path / 'seed0/fold1/selections.json').read_text())
    assert [entry['epoch'] for entry in record['validations']] == [1, 2]


def test_what_cannot_be_compared(corpus, options, tmp_path):
    with pytest.raises(ConfigError, match='--compare-selection compares all'):
        plan_selections(arguments(options, tmp_path, extra=['protocol.selection=inner']))
    with pytest.raises(ProtocolError, match='fold9'):
        plan_selections(arguments(options, tmp_path, '--splits', 'fold9'))
    content = json.loads((corpus / 'protocol.json').read_text())
    content['splits'][1]['train'] += content['splits'][1].pop('selection')
    content['splits'][1]['selection'] = []
    bare = tmp_path / 'protocol.json'
    bare.write_text(json.dumps(content))
    write_protocol(bare, read_protocol(bare))
    with pytest.raises(ProtocolError, match="split 'fold2' has no selection part"):
        plan_selections(arguments(options, tmp_path, extra=[f'protocol.file={bare}']))


def test_default_folder_is_one_of_its_own(options):
    args = build_parser().parse_args([SCORE_FUSION, '--compare-selection', '--cfg-options',
                                      *options])
    runs = plan_selections(args)
    assert str(runs[0].folder) == 'work_dirs/score-fusion_r18_ckplus_compare-selection/seed0/fold1'
    assert {str(path.relative_to(runs[0].folder)) for path in runs[0].results} == {
        f'selection_{way}/predictions.parquet' for way in ('last', 'inner', 'literature')}
