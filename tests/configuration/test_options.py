"""Which options a config takes, and what the refusal of the others says."""
from pathlib import Path

import pytest
from mmengine import Config

from mmfer.configuration import dotted_keys, load_config, merge_options
from mmfer.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FAN = ROOT / 'configs/fan/fan_r18_ckplus.py'


@pytest.mark.parametrize(('key', 'value'), [
    ('model.neck.relation', False),
    ('train_dataloader.dataset.pipeline.0.num_segments', 5),
    ('param_scheduler.0.gamma', 0.5),
    ('model.neck.dropout', 0.5),  # not in the config, but FANNeck takes it
    ('model.backbone.base_channels', 8),
    ('optim_wrapper.accumulative_counts', 2),
    ('optim_wrapper.clip_grad.max_norm', 1.0),
    ('test_dataloader.dataset.first_frames', 1),
    ('randomness.diff_rank_seed', True),
    ('protocol.score', 'UAR'),
    ('model_wrapper_cfg.type', 'MMDistributedDataParallel'),
    ('train_dataloader.prefetch_factor', 4),
])
def test_options_that_exist_or_are_taken(key, value):
    cfg = load_config(FAN, {key: value})
    node = cfg
    for part in key.split('.'):
        node = node[int(part)] if part.isdigit() else node[part]
    assert node == value


@pytest.mark.parametrize(('key', 'nearest'), [
    ('model.nekc.relation', 'model.neck.relation'),
    ('totl_batch_size', 'total_batch_size'),
    ('train_dataloader.batchsize', 'train_dataloader'),
    ('protocol.splt', 'protocol.split'),
    ('randomness.sed', 'randomness.seed'),
    ('param_scheduler.3.gamma', 'list of 1'),
    ('total_batch_size.x', 'the value 48'),
])
def test_unknown_options_name_the_nearest(key, nearest):
    with pytest.raises(ConfigError, match=nearest):
        load_config(FAN, {key: 1})


@pytest.mark.parametrize(('key', 'words'), [
    ('model.neck.relatoin', "no key 'relatoin'"),
    ('model.neck.type', 'no model is registered'),
    ('default_hooks.logger.intervall', "no key 'intervall'"),
])
def test_arguments_that_the_type_does_not_take(key, words):
    with pytest.raises(ConfigError, match=words):
        load_config(FAN, {key: 'FANNekc'})


def test_hooks_may_be_added_but_not_misspelt():
    cfg = load_config(FAN, {'default_hooks.ema.type': 'EMAHook', 'default_hooks.ema.momentum': 1.0})
    assert cfg.default_hooks.ema == dict(type='EMAHook', momentum=1.0)
    with pytest.raises(ConfigError, match="no key 'chekpoint'.*'default_hooks.checkpoint"):
        load_config(FAN, {'default_hooks.chekpoint.interval': 2})


def test_no_options_change_nothing():
    cfg = Config(dict(a=dict(b=1)))
    merge_options(cfg, {})
    assert cfg.a.b == 1


def test_dotted_keys_name_every_level_and_list_position():
    assert dotted_keys(dict(a=[dict(b=1), (2, )], c='de')) == [
        'a', 'a.0', 'a.0.b', 'a.1', 'a.1.0', 'c']
