"""The processes that runs are executed in."""
from mmfer.cli.cross_validate import build_parser
from mmfer.cli.executing import _clear, command
from mmfer.cli.runs import plan

SCORE_FUSION = 'configs/fan/score-fusion_r18_ckplus.py'


def test_seeds_and_processes_reach_the_command(options, tmp_path):
    args = build_parser().parse_args(
        [SCORE_FUSION, '--seeds', '1', '2', '--splits', 'fold4', '--gpus', '2', '--work-dir',
         str(tmp_path), '--cfg-options', *options])
    runs = plan(args)
    assert [(run.seed, run.split) for run in runs] == [(1, 'fold4'), (2, 'fold4')]
    words = command(runs[1], args, ['a=b'])
    assert words[words.index('--nproc_per_node') + 1] == '2'
    assert words[words.index('--seed') + 1] == '2'
    assert words[-2:] == ['protocol.split=fold4', 'a=b']
    assert '--launcher' in words


def test_what_another_run_has_left_goes(options, tmp_path):
    args = build_parser().parse_args([SCORE_FUSION, '--splits', 'fold1', '--work-dir',
                                      str(tmp_path), '--cfg-options', *options])
    one, = plan(args)
    left = ['predictions.parquet', 'run.json', 'last_checkpoint', 'epoch_3.pth',
            'selections.json', 'validations/iter_00000001.parquet',
            'selection_inner/predictions.parquet']
    for name in (*left, 'log.txt'):
        path = one.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b'')
    _clear(one)
    assert [path.name for path in one.folder.rglob('*') if path.is_file()] == ['log.txt']
