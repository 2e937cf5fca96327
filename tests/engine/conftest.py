import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope='session')
def toy():
    """The module with the toy run, which is a program as well."""
    spec = importlib.util.spec_from_file_location('toy_run', Path(__file__).with_name('toy_run.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def train(toy, tmp_path):
    """Trains in ``tmp_path / folder`` and gives the outcome, or None for a killed run."""
    def run(folder, **options):
        runner = toy.build(tmp_path / folder, **options)
        try:
            runner.train()
        except toy.Killed:
            return None
        return toy.outcome(runner)
    return run


@pytest.fixture
def assert_same():
    """Compares two outcomes bit for bit."""
    def compare(first, second):
        import torch
        assert torch.equal(first['losses'], second['losses'])
        for key, value in first['state'].items():
            assert torch.equal(value, second['state'][key]), key
        for number, state in first['optimizer'].items():
            for name, value in state.items():
                assert torch.equal(torch.as_tensor(value),
                                   torch.as_tensor(second['optimizer'][number][name])), name
    return compare
