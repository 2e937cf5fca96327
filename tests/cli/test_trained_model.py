"""A model with its weights, from the arguments of a command."""
import argparse

import pytest
import torch

from mmfer.cli.provenance import KEY
from mmfer.cli.trained_model import add_model_arguments, load_trained_model
from mmfer.errors import CheckpointError, ConfigError

FAN = 'configs/fan/fan_r18_unified.py'


def parse(words):
    parser = argparse.ArgumentParser()
    add_model_arguments(parser)
    return parser.parse_args(words)


def write_facts(path, **facts):
    """Writes into a checkpoint what it was trained on."""
    checkpoint = torch.load(path)
    checkpoint['meta'] = {KEY: facts}
    torch.save(checkpoint, path)


def test_weights_device_and_facts(untrained):
    args = parse(untrained(FAN))
    write_facts(args.checkpoint, seed=7)
    torch.manual_seed(1)  # other first weights than the checkpoint's
    trained = load_trained_model(args)
    saved = torch.load(args.checkpoint)['state_dict']
    state = trained.model.state_dict()
    assert state.keys() == saved.keys()
    assert all(torch.equal(state[name], value) for name, value in saved.items())
    assert not any(part.training for part in trained.model.modules())
    assert {value.device.type for value in state.values()} == {'cpu'}
    assert trained.facts['checkpoint'] == args.checkpoint and trained.facts['seed'] == 7
    assert trained.facts['config_hash'] == trained.cfg.config_hash
    assert trained.cfg.randomness.seed == 0


def test_seed_of_the_config_where_the_checkpoint_tells_none(untrained):
    assert load_trained_model(parse(untrained(FAN, 'randomness.seed=5'))).facts['seed'] == 5


def test_options_of_a_command_come_last(untrained):
    args = parse(untrained(FAN, 'test_dataloader.dataset.part=test'))
    trained = load_trained_model(args, {'test_dataloader.dataset.part': 'train'})
    assert trained.cfg.test_dataloader.dataset.part == 'train'


def test_what_does_not_fit_is_refused(untrained):
    words = untrained(FAN)
    args = parse(words)
    args.device = 'none'
    with pytest.raises(ConfigError, match='--device none'):
        load_trained_model(args)
    with pytest.raises(CheckpointError, match='keys'):
        load_trained_model(parse([*words, 'model.neck.relation=False']))
    write_facts(args.checkpoint, split='fold2')
    with pytest.raises(CheckpointError, match='another split'):
        load_trained_model(parse(words))
