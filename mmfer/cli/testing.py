"""Testing a checkpoint in a built runner; shared by ``train`` and ``test``."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from mmfer.checkpoints import load_checkpoint_file
from mmfer.cli.provenance import check_provenance
from mmfer.errors import ConfigError
from mmfer.evaluation import ExpressionMetric
from mmfer.evaluation.folds import notes


def set_dump(cfg: Config, dump: str, facts: dict[str, Any]) -> None:
    """Makes the test metric write predictions to ``dump``.

    Raises:
        ConfigError: The file name is not Parquet's, or no metric writes predictions.
    """
    if Path(dump).suffix != '.parquet':
        raise ConfigError(f"--dump '{dump}': predictions are Parquet files; name it *.parquet.")
    metrics = [m for m in _evaluators(cfg.get('test_evaluator'))
               if m.get('type') == 'ExpressionMetric']
    if not metrics:
        raise ConfigError('--dump: no ExpressionMetric in test_evaluator, which writes '
                          'the predictions.')
    metrics[0].update(dump=dump, metadata=dict(facts))


def _evaluators(evaluator: Any) -> Iterator[dict[str, Any]]:
    yield from evaluator if isinstance(evaluator, (list, tuple)) else [evaluator or {}]


def test_checkpoint(runner: Runner, path: str, facts: dict[str, Any]) -> dict[str, float]:
    """Loads a checkpoint strictly into the runner's model and tests it.

    Raises:
        CheckpointError: It is unsafe, belongs to another split, or its keys are not
            exactly the model's.
    """
    checkpoint = load_checkpoint_file(path)
    check_provenance(checkpoint, facts, path)
    # loaded by runner.test(): hooks such as EMAHook must be set up before
    runner._load_from, runner._resume, runner._has_loaded = path, False, False
    # built here, so that the metrics can be told which checkpoint they see
    runner._test_loop = runner.build_test_loop(runner._test_loop)
    for metric in runner.test_loop.evaluator.metrics:
        if isinstance(metric, ExpressionMetric):
            metric.metadata = {**metric.metadata, 'checkpoint': str(path),
                               **left_out(getattr(runner.test_dataloader.dataset, 'metainfo', {}))}
    scores = runner.test()
    if is_main_process():
        text = ', '.join(f'{name} {value:.4f}' for name, value in scores.items())
        print(f'{_tested(runner)}: {text}')
        for note in notes(facts):
            print(note)
    return scores


def left_out(metainfo: Mapping[str, Any]) -> dict[str, Any]:
    """``left_out`` of a dataset's metainfo by corpus; {} where nothing was left out."""
    found = metainfo.get('left_out') or {}
    if 'members' not in metainfo:
        found = {metainfo.get('corpus'): found}
    return {'left_out': found} if any(found.values()) else {}


def _tested(runner: Runner) -> str:
    """What was scored: ``6 test clips``, or ``1200 test frames of 6 clips``."""
    counted = next((metric.counted for metric in runner.test_loop.evaluator.metrics
                    if isinstance(metric, ExpressionMetric)), {})
    clips = counted.get('clips', len(runner.test_dataloader.dataset))
    without = f' ({counted["faceless"]} more have no face)' if counted.get('faceless') else ''
    if 'coverage' in counted:
        without += f', coverage {counted["coverage"]:.3f}'
    if 'frames' in counted:
        missed = (f' ({counted["missed_frames"]} more have no face)'
                  if counted.get('missed_frames') else '')
        return f'{counted["frames"]} test frames{missed} of {clips} clips{without}'
    return f'{clips} test clips{without}'
