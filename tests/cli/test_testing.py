"""What is refused before a checkpoint is tested."""
import pytest
from mmengine import Config

from mmfer.cli.testing import set_dump
from mmfer.errors import ConfigError

FAN = 'configs/fan/fan_r18_ckplus.py'


def test_checkpoint_of_another_split_is_refused(trained, run, options, tmp_path):
    done = run('tools/test.py', FAN, trained[0] / 'epoch_2.pth', '--work-dir', tmp_path,
               '--cfg-options', *options, 'protocol.split=fold2', code=1)
    assert 'trained on another split' in done.stderr


def test_checkpoint_of_another_model_is_refused(trained, run, options, tmp_path):
    done = run('tools/test.py', 'configs/fan/fan-self_r18_ckplus.py',
               trained[0] / 'epoch_2.pth', '--work-dir', tmp_path, '--cfg-options', *options,
               code=1)
    assert 'CheckpointError' in done.stderr


def test_dump_goes_to_the_metric_that_writes_predictions():
    cfg = Config(dict(test_evaluator=[dict(type='AccMetric'), dict(type='ExpressionMetric')]))
    facts = dict(seed=3)
    set_dump(cfg, 'out/p.parquet', facts)
    other, metric = cfg.test_evaluator
    assert (metric.dump, metric.metadata) == ('out/p.parquet', facts)
    assert 'dump' not in other
    single = Config(dict(test_evaluator=dict(type='ExpressionMetric')))
    set_dump(single, 'p.parquet', {})
    assert single.test_evaluator.dump == 'p.parquet'


@pytest.mark.parametrize(('kind', 'file', 'words'), [
    ('ExpressionMetric', 'p.pkl', r'name it \*.parquet'),
    ('AccMetric', 'p.parquet', 'no ExpressionMetric'),
])
def test_dump_that_nothing_would_write(kind, file, words):
    with pytest.raises(ConfigError, match=words):
        set_dump(Config(dict(test_evaluator=dict(type=kind))), file, {})
