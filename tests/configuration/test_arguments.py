"""Arguments in a config file against what would be built of it."""
from pathlib import Path

import pytest
from mmengine import Config

from mmfer.configuration import check_arguments, load_config
from mmfer.configuration.arguments import parameters
from mmfer.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
FAN = ROOT / 'configs/fan/fan_r18_ckplus.py'


def test_bad_argument_in_a_file_is_found(tmp_path):
    path = tmp_path / 'bad.py'
    path.write_text(f"_base_ = '{FAN}'\n"
                    "optim_wrapper = dict(optimizer=dict(momentun=0.9))\n")
    with pytest.raises(ConfigError, match="optim_wrapper.optimizer: SGD takes.*'momentum'"):
        load_config(path)


def test_building_blocks_may_have_any_name(tmp_path):
    path = tmp_path / 'good.py'
    path.write_text(f"_base_ = '{FAN}'\nmy_own_name = dict(type='Nothing', x=1)\n")
    assert load_config(path).my_own_name.x == 1


def test_parameters_follow_forwarded_kwargs():
    class Base:
        def __init__(self, a, b=1):
            self.ab = a, b

    class Forwards(Base):
        def __init__(self, c, **kwargs):
            super().__init__(**kwargs)

    class Free(Base):
        def __init__(self, c, **kwargs):
            super().__init__(1)
            self.rest = kwargs

    assert parameters(Forwards) == {'a', 'b', 'c'}
    assert parameters(Free) is None


def test_every_option_of_a_list_is_checked():
    cfg = Config(dict(custom_hooks=[dict(type='LoggerHook', interval=5, priority='LOW')]))
    check_arguments(cfg)
    cfg.custom_hooks.append(dict(type='LoggerHook', intervall=1))
    with pytest.raises(ConfigError, match="custom_hooks.1: LoggerHook.*'interval'"):
        check_arguments(cfg)


def test_wandb_backend_is_accepted_by_the_check():
    cfg = load_config(FAN, {'visualizer.vis_backends.0.type': 'WandbVisBackend',
                            'visualizer.vis_backends.0.init_kwargs.project': 'fan'})
    assert cfg.visualizer.vis_backends[0].init_kwargs.project == 'fan'
