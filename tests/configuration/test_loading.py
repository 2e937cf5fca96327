"""Reading a config, and the identity of its experiment."""
from pathlib import Path

import pytest
from mmengine import Config

from mmfer.configuration import config_hash, load_config
from mmfer.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FAN = ROOT / 'configs/fan/fan_r18_ckplus.py'


def test_unreadable_config():
    with pytest.raises(ConfigError, match='cannot be read'):
        load_config('missing.py')


def test_hash_is_of_the_experiment():
    base = load_config(FAN).config_hash
    for key, value in (('protocol.split', 'fold2'), ('annotation.root', '/elsewhere'),
                       ('work_dir', 'x'), ('train_dataloader.num_workers', 0)):
        assert load_config(FAN, {key: value}).config_hash == base, key
    assert load_config(FAN, seed=4, world_size=2).config_hash == base
    for key, value in (('model.neck.relation', False), ('total_batch_size', 24),
                       ('protocol.selection', 'inner'), ('optim_wrapper.optimizer.lr', 1.0),
                       ('test_dataloader.dataset.first_frames', 1),
                       ('model.backbone.init_cfg.checkpoint', 'x.pth')):
        assert load_config(FAN, {key: value}).config_hash != base, key


def test_hash_is_of_what_the_runner_reads():
    assert config_hash(Config(dict(a=dict(b=1)))) == config_hash(Config(dict(a=dict(b=2))))
