"""What a config says once reaches every part that reads it."""
from pathlib import Path

import pytest

from mmfer.configuration import load_config
from mmfer.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FAN = ROOT / 'configs/fan/fan_r18_ckplus.py'


def test_batch_is_shared_or_refused():
    assert load_config(FAN, world_size=8).train_dataloader.batch_size == 6
    with pytest.raises(ConfigError, match='shared by 5'):
        load_config(FAN, world_size=5)


def test_datasets_are_told_annotation_and_protocol():
    cfg = load_config(FAN, {'protocol.split': 'fold4', 'protocol.selection': 'inner'})
    for loader, part in (('train', 'train'), ('val', 'validation'), ('test', 'test')):
        dataset = cfg[f'{loader}_dataloader'].dataset
        assert dataset.part == part
        assert dataset.split == 'fold4'
        assert dataset.selection == 'inner'
        assert dataset.ann_file == 'data/ckplus/annotations.json'
        assert dataset.protocol_file == 'data/ckplus/protocol_10fold.json'
    assert cfg.default_hooks.checkpoint.save_best == 'WAR'


def test_score_that_selects():
    path = ROOT / 'configs/cbam_blstm/r101_cbam_blstm_affwild2.py'
    cfg = load_config(path, {'protocol.selection': 'literature'})
    assert cfg.default_hooks.checkpoint.save_best == 'S'
    other = load_config(path, {'protocol.selection': 'literature', 'protocol.score': 'WAR'})
    assert other.default_hooks.checkpoint.save_best == 'WAR'
    assert other.config_hash != cfg.config_hash
    # nothing is selected: the score changes nothing
    last = load_config(path)
    assert 'save_best' not in last.default_hooks.checkpoint
    assert last.config_hash == load_config(path, {'protocol.score': 'WAR'}).config_hash


def test_nested_datasets_are_told_too(tmp_path):
    path = tmp_path / 'nested.py'
    path.write_text(
        f"_base_ = '{FAN}'\n"
        "train_dataloader = dict(dataset=dict(_delete_=True, type='RepeatDataset', times=2,\n"
        "    dataset=dict(type='ExpressionDataset', pipeline=[])))\n")
    assert load_config(path).train_dataloader.dataset.dataset.split == 'fold1'


def test_selection_last_has_no_validation():
    cfg = load_config(FAN)
    assert cfg.val_dataloader is cfg.val_cfg is cfg.val_evaluator is None
    with pytest.raises(ConfigError, match='save_best'):
        load_config(FAN, {'default_hooks.checkpoint.save_best': 'WAR'})
    with pytest.raises(ConfigError, match='one of'):
        load_config(FAN, {'protocol.selection': 'best'})


def test_a_schedule_that_watches_the_validation_needs_one(tmp_path):
    path = tmp_path / 'plateau.py'
    path.write_text(f"_base_ = '{FAN}'\n"
                    "param_scheduler = [dict(type='ReduceOnPlateauLR', monitor='NLL')]\n")
    with pytest.raises(ConfigError, match='plateau.*inner'):
        load_config(path)
    assert load_config(path, {'protocol.selection': 'inner'}).val_cfg is not None


def test_placeholders():
    cfg = load_config(FAN, {'model.backbone.init_cfg.checkpoint': 'pre/{split}/{seed}.pth',
                            'load_from': '{split}.pth'}, seed=5)
    assert cfg.model.backbone.init_cfg.checkpoint == 'pre/fold1/5.pth'
    assert cfg.load_from == 'fold1.pth'
    with pytest.raises(ConfigError, match='no split'):
        load_config(FAN, {'load_from': '{split}.pth', 'protocol.split': None})


def test_a_resolved_config_can_be_loaded_again(tmp_path):
    cfg = load_config(FAN, {'model.neck.dropout': 0.5})
    cfg.dump(tmp_path / 'dumped.py')
    again = load_config(tmp_path / 'dumped.py')
    assert again.config_hash == cfg.config_hash
    assert again.train_dataloader == cfg.train_dataloader
