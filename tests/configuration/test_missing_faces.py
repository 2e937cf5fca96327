from pathlib import Path

import pytest

from mmfer.configuration import load_config
from mmfer.configuration.augmentation import augment
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS

ROOT = Path(__file__).resolve().parents[2]
FAN = ROOT / 'configs/fan/fan_r18_ckplus.py'
TTA = ROOT / 'configs/fan/fan_r18_unified_tta.py'
STEP = dict(type='MissingFaces', policy='mask')
LOADERS = ('train_dataloader', 'test_dataloader')


def test_one_setting_reaches_every_pipeline(tmp_path):
    plain, masked = load_config(FAN), load_config(FAN, {'missing_faces': 'mask'})
    for loader in LOADERS:
        assert masked[loader].dataset.pipeline == [STEP, *plain[loader].dataset.pipeline]
    assert masked.config_hash != plain.config_hash
    other = load_config(FAN, {'missing_faces': 'drop'})
    assert other.config_hash not in (plain.config_hash, masked.config_hash)
    inner = load_config(FAN, {'missing_faces': 'mask', 'protocol.selection': 'inner'})
    assert inner.val_dataloader.dataset.pipeline[0] == STEP
    masked.dump(tmp_path / 'dumped.py')
    again = load_config(tmp_path / 'dumped.py')
    assert again.config_hash == masked.config_hash
    assert again.test_dataloader == masked.test_dataloader


def test_a_line_in_a_config(tmp_path):
    path = tmp_path / 'masked.py'
    path.write_text(f"_base_ = '{FAN}'\nmissing_faces = 'mask'\n")
    assert load_config(path).train_dataloader.dataset.pipeline[0] == STEP


def test_nothing_changes_without_it():
    plain = load_config(FAN)
    assert all(step.type != 'MissingFaces' for step in plain.test_dataloader.dataset.pipeline)
    assert load_config(FAN, {'missing_faces': None}).config_hash == plain.config_hash


@pytest.mark.parametrize('config', [FAN, TTA])
def test_views_of_test_time_augmentation(config):
    """Also where they begin before the sampler: the dataset has to know how many frames."""
    cfg = load_config(config, {'missing_faces': 'mask'})
    augment(cfg)
    dataset = DATASETS.build({**cfg.test_dataloader.dataset, '_scope_': 'mmfer',
                              'lazy_init': True})
    assert dataset.missing_faces.policy == 'mask'


def test_what_contradicts_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="'guess'; it is one of drop, interpolate"):
        load_config(FAN, {'missing_faces': 'guess'})
    path = tmp_path / 'both.py'
    path.write_text(f"_base_ = '{FAN}'\nmissing_faces = 'mask'\n"
                    "train_dataloader = dict(dataset=dict(pipeline=[dict(type='MissingFaces', "
                    "policy='drop')]))\n")
    with pytest.raises(ConfigError, match="train_dataloader has MissingFaces with policy 'drop'"):
        load_config(path)
