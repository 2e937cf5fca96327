"""What a run records of itself."""
import json
from types import SimpleNamespace

import pytest

from mmfer.cli import costs
from mmfer.cli.costs import CostHook, peak_host_bytes, read_costs, write_costs
from mmfer.errors import PredictionError
from mmfer.evaluation import read_predictions

FACTS = {'config_hash': 'c', 'split': 'fold1', 'seed': 3, 'annotation_hash': 'a'}


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    state = SimpleNamespace(now=100.)
    monkeypatch.setattr(costs.time, 'monotonic', lambda: state.now)
    return state


def test_validation_is_no_training(clock):
    hook, runner = CostHook(), SimpleNamespace(_resume=False)
    hook.before_train(runner)
    clock.now += 5
    hook.before_val(runner)
    clock.now += 100
    hook.after_val(runner)
    clock.now += 2
    hook.after_train(runner)
    clock.now += 50
    hook.before_test(runner)
    clock.now += 3
    hook.after_test(runner)
    found = hook.costs(FACTS, 12)
    assert (found['train_s'], found['test_s'], found['test_clips']) == (7, 3, 12)
    assert set(found) == set(costs.KEYS)


def test_seconds_of_a_resumed_run_add_up(clock):
    first, meta = CostHook(), {}
    first.before_train(SimpleNamespace(_resume=False))
    clock.now += 5
    first.before_save_checkpoint(None, {'meta': meta})
    clock.now += 1000  # lost by a kill
    second, runner = CostHook(), SimpleNamespace(_resume=True)
    second.after_load_checkpoint(runner, {'meta': meta})
    second.before_train(runner)
    clock.now += 2
    second.after_train(runner)
    assert second.train_s == 7
    second.after_load_checkpoint(runner, {'meta': {}})  # the one to be tested
    assert second.costs(FACTS, 1)['train_s'] == 7


def test_pre_trained_weights_bring_no_seconds(clock):
    hook, runner = CostHook(), SimpleNamespace(_resume=False)
    hook.after_load_checkpoint(runner, {'meta': {'mmfer_train_s': 50.}})
    hook.before_train(runner)
    clock.now += 1
    hook.after_train(runner)
    assert hook.train_s == 1


def test_memory_is_of_this_process():
    held = peak_host_bytes()
    assert held is None or 20e6 < held < 200e9


def test_costs_belong_to_their_predictions(tmp_path):
    predictions = tmp_path / 'predictions.parquet'
    assert read_costs(predictions, FACTS) is None
    written = CostHook().costs(FACTS, 12)
    write_costs(predictions, written)
    assert read_costs(predictions, FACTS) == json.loads(json.dumps(written))
    assert read_costs(predictions, {**FACTS, 'seed': 4}) is None
    (tmp_path / 'run.json').write_text('{}')
    with pytest.raises(PredictionError, match='run.json'):
        read_costs(predictions, FACTS)


def test_a_run_records_itself(trained):
    work, _ = trained
    metadata = read_predictions(work / 'predictions.parquet').metadata
    found = read_costs(work / 'predictions.parquet', metadata)
    assert found['train_s'] > 0 and found['test_s'] > 0
    assert found['test_clips'] == 6 and found['processes'] == 1
