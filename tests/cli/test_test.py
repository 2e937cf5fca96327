"""tools/test.py on a tiny corpus, as a user calls it."""
import torch

from mmfer.cli.test import build_parser, prepare
from mmfer.evaluation import read_predictions

FAN = 'configs/fan/fan_r18_ckplus.py'


def test_test_tool_repeats_the_predictions(trained, run, options, tmp_path):
    work, _ = trained
    run('tools/test.py', FAN, work / 'epoch_2.pth', '--work-dir', tmp_path, '--dump',
        tmp_path / 'again.parquet', '--cfg-options', *options)
    before = read_predictions(work / 'predictions.parquet')
    after = read_predictions(tmp_path / 'again.parquet')
    assert after.metadata['seed'] == 3  # known from the checkpoint
    assert after.metadata['config_hash'] == before.metadata['config_hash']
    for a, b in zip(before.rows, after.rows, strict=True):
        assert a.clip == b.clip
        assert a.scores.tolist() == b.scores.tolist()


def test_test_on_two_processes(trained_on_two, run, options, tmp_path):
    done = run('tools/dist_test.sh', FAN, trained_on_two / 'epoch_2.pth', 2, '--work-dir', tmp_path,
               '--dump', tmp_path / 'p.parquet', '--cfg-options', *options,
               'default_hooks.ema.type=EMAHook')
    assert done.stdout.count('6 test clips: WAR') == 1
    assert len(read_predictions(tmp_path / 'p.parquet').rows) == 6


def test_flags_reach_the_config_and_nothing_of_training_does(options, tmp_path):
    checkpoint = tmp_path / 'a.pth'
    torch.save(dict(state_dict={}, meta=dict(seed=1, mmfer=dict(seed=3))), checkpoint)

    def prepared(*flags):
        return prepare(build_parser().parse_args(
            [FAN, str(checkpoint), *flags, '--cfg-options', *options, 'load_from=pre.pth']))

    cfg = prepared()
    assert cfg.randomness.seed == 3
    assert 'fp16' not in cfg.test_cfg
    assert cfg.train_dataloader is cfg.optim_wrapper is cfg.load_from is None
    assert prepared('--seed', '0').randomness.seed == 0
    assert prepared('--amp').test_cfg.fp16 is True
