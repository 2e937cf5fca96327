"""Arguments, launchers and error reports that the commands share."""
import argparse
import os
from pathlib import Path

import pytest
import torch.distributed
from mmengine import Config

from mmfer.cli.common import (
    add_config_arguments,
    add_launcher_arguments,
    load_for,
    readable,
    reports_errors,
    run_dir,
    world_size,
)
from mmfer.errors import ConfigError, MediaError

FAN = 'configs/fan/fan_r18_ckplus.py'


@pytest.mark.parametrize('error', [ConfigError, MediaError])
def test_bad_input_is_one_message_and_status_1(error, capsys):
    @reports_errors
    def main():
        raise error('a.png is empty: copy it again.')

    assert main() == 1
    assert capsys.readouterr() == ('', f'{error.__name__}: a.png is empty: copy it again.\n')


@pytest.mark.parametrize('fails', [False, True])
def test_the_group_of_processes_ends_after_what_wraps_the_model(fails, tmp_path):
    order = []

    class Wrapper:
        def __init__(self):
            self.itself = self  # as a runner and its parts refer to each other

        def __del__(self):
            order.append(torch.distributed.is_initialized())

    @reports_errors
    def main():
        torch.distributed.init_process_group('gloo', f'file://{tmp_path}/rendezvous',
                                             world_size=1, rank=0)
        Wrapper()
        if fails:
            raise ConfigError('bad')
        return 0

    assert main() == int(fails)
    assert order == [True]
    assert not torch.distributed.is_initialized()


def test_defects_and_results_pass_through():
    @reports_errors
    def main(number, *, fail=False):
        """What it does."""
        if fail:
            raise ValueError('a defect')
        return number

    assert main(3) == 3
    assert (main.__name__, main.__doc__) == ('main', 'What it does.')
    with pytest.raises(ValueError, match='a defect'):
        main(3, fail=True)


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_config_arguments(parser)
    add_launcher_arguments(parser)
    parser.set_defaults(seed=None, work_dir=None)
    return parser.parse_args([FAN, *words])


@pytest.mark.parametrize(('word', 'value'), [
    ('a.b=3', 3), ('a.b=0.5', 0.5), ('a.b=False', False), ('a.b=None', None),
    ('a.b=fold2', 'fold2'), ('a.b=(32,16)', (32, 16)), ('a.b=[1,x]', [1, 'x']),
    ('a.b=pre=1.pth', 'pre=1.pth'),
])
def test_cfg_options_are_typed(word, value):
    options = parsed('--cfg-options', word).cfg_options
    assert options == {'a.b': value}
    assert type(options['a.b']) is type(value)


def test_no_cfg_options_are_none_of_an_earlier_call():
    parsed('--cfg-options', 'a=1')
    assert parsed().cfg_options == {}


@pytest.mark.parametrize(('launcher', 'name'), [
    ('pytorch', 'WORLD_SIZE'), ('slurm', 'SLURM_NTASKS'), ('mpi', 'OMPI_COMM_WORLD_SIZE')])
def test_world_size_is_the_launchers(launcher, name, monkeypatch):
    for other in ('WORLD_SIZE', 'SLURM_NTASKS', 'OMPI_COMM_WORLD_SIZE'):
        monkeypatch.delenv(other, raising=False)
    with pytest.raises(ConfigError, match=f'--launcher {launcher} needs {name}'):
        world_size(launcher)
    monkeypatch.setenv(name, '4')
    assert world_size(launcher) == 4
    assert world_size('none') == 1


@pytest.mark.parametrize('flag', ['--local_rank', '--local-rank'])
def test_rank_that_is_passed_as_a_flag(flag, monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', 'undone after the test')
    del os.environ['LOCAL_RANK']
    monkeypatch.setenv('WORLD_SIZE', '2')
    cfg = load_for(parsed('--launcher', 'pytorch', flag, '1'), {})
    assert os.environ['LOCAL_RANK'] == '1'
    assert cfg.launcher == 'pytorch'
    assert cfg.train_dataloader.batch_size == cfg.total_batch_size // 2


def test_folder_of_a_run_without_splits():
    cfg = Config(dict(randomness=dict(seed=2)))
    assert run_dir(Path('a'), cfg) == Path('a/seed2')


def test_names_that_are_no_utf_8_can_be_written():
    assert readable(os.fsdecode(b'a/caf\xe9.mp4')) == 'a/caf\ufffd.mp4'
    assert readable(Path('a/ä.mp4')) == 'a/ä.mp4'
