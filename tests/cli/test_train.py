"""tools/train.py on a tiny corpus, as a user calls it."""
import pytest
import torch

from mmfer.cli.train import build_parser, prepare
from mmfer.errors import ConfigError
from mmfer.evaluation import read_predictions

FAN = 'configs/fan/fan_r18_ckplus.py'


def test_leaves_checkpoint_log_and_predictions(trained):
    work, printed = trained
    assert (work / 'epoch_2.pth').is_file()
    assert not (work / 'epoch_1.pth').exists()  # max_keep_ckpts=1
    assert (work / 'last_checkpoint').read_text() == str(work / 'epoch_2.pth')
    assert 'seed 3, split fold1, selection last' in printed
    assert '6 test clips: WAR' in printed


def test_checkpoint_loads_without_unpickling_code(trained):
    checkpoint = torch.load(trained[0] / 'epoch_2.pth', weights_only=True)
    assert checkpoint['meta']['mmfer']['split'] == 'fold1'
    assert checkpoint['meta']['mmfer']['seed'] == 3


def test_predictions_say_where_they_come_from(trained, corpus):
    predictions = read_predictions(trained[0] / 'predictions.parquet')
    assert len(predictions.rows) == 6
    assert {row.subject for row in predictions.rows} == {'S000', 'S005'}
    assert predictions.metadata['seed'] == 3
    assert predictions.metadata['config_name'] == 'fan_r18_ckplus'
    assert predictions.metadata['checkpoint'].endswith('epoch_2.pth')
    assert all(row.frames == row.clip for row in predictions.rows)


def prepared(options, *flags):
    from mmengine import DictAction  # noqa: F401
    return prepare(build_parser().parse_args([FAN, *flags, '--cfg-options', *options]))


def test_flags_reach_the_config(options, tmp_path):
    cfg = prepared(options, '--work-dir', str(tmp_path), '--amp', '--auto-scale-lr', '--seed', '7',
                   '--deterministic')
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.auto_scale_lr.enable
    assert cfg.randomness.seed == 7
    assert cfg.randomness.deterministic
    assert cfg.work_dir == str(tmp_path)


def test_seed_is_fixed_by_default_and_names_the_folder(options):
    cfg = prepared(options)
    assert cfg.randomness.seed == 0
    assert cfg.work_dir == 'work_dirs/fan_r18_ckplus/seed0/fold1'


def test_no_validate_must_have_something_to_switch_off(options):
    with pytest.raises(ConfigError, match='nothing to switch off'):
        prepared(options, '--no-validate')
    cfg = prepared([*options, 'protocol.selection=inner'], '--no-validate')
    assert cfg.val_cfg is None
    assert 'save_best' not in cfg.default_hooks.checkpoint


def test_resume_without_checkpoint_keeps_load_from(options, tmp_path):
    cfg = prepared([*options, 'load_from=weights.pth'], '--resume', '--work-dir', str(tmp_path))
    assert cfg.load_from == 'weights.pth'
    assert not cfg.resume


def test_resume_from_missing_file_is_an_error(options):
    with pytest.raises(ConfigError, match='no file'):
        prepared(options, '--resume', 'missing.pth')


def test_flag_and_option_for_one_key_clash(options):
    with pytest.raises(ConfigError, match='set it once'):
        prepared([*options, 'optim_wrapper.type=OptimWrapper'], '--amp')


def test_wrong_number_of_classes_is_refused(run, options, tmp_path):
    done = run('tools/train.py', FAN, '--work-dir', tmp_path, '--cfg-options', *options,
               'model.cls_head.num_classes=6', code=1)
    assert 'num_classes=7' in done.stderr


@pytest.mark.parametrize('selection', ['inner', 'literature'])
def test_selection_tests_the_best_checkpoint(run, options, tmp_path, selection):
    done = run('tools/train.py', FAN, '--work-dir', tmp_path, '--dump', tmp_path / 'p.parquet',
               '--amp', '--cfg-options', *options, f'protocol.selection={selection}')
    predictions = read_predictions(tmp_path / 'p.parquet')
    assert '/best_WAR_epoch_' in predictions.metadata['checkpoint']
    assert predictions.metadata['selection'] == selection
    assert ('SELECTED ON THE TEST SET' in done.stdout) == (selection == 'literature')


def test_features_of_the_host_work_on_two_processes(trained_on_two):
    assert list(trained_on_two.glob('*/vis_data/events.out.tfevents.*'))
    checkpoint = torch.load(trained_on_two / 'epoch_2.pth', weights_only=True)
    assert 'ema_state_dict' in checkpoint
    assert 'train/grad_norm' in checkpoint['message_hub']['log_scalars']


def test_compile(run, options, tmp_path):
    run('tools/train.py', FAN, '--work-dir', tmp_path, '--cfg-options', *options,
        'compile.backend=eager', 'train_cfg.max_epochs=1')
    assert (tmp_path / 'epoch_1.pth').is_file()


def test_two_processes_must_share_the_batch(run, options, tmp_path):
    done = run('tools/dist_train.sh', FAN, 3, '--work-dir', tmp_path, '--cfg-options', *options,
               code=1)
    assert 'cannot be shared by 3 processes' in done.stderr
