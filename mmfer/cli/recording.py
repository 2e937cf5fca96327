"""Scoring the test part at each validation of a training, without the training noticing."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.dist import barrier, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from mmfer.cli.testing import set_dump
from mmfer.errors import CheckpointError, ConfigError
from mmfer.evaluation import ExpressionMetric
from mmfer.evaluation.folds import notes
from mmfer.evaluation.selection_record import SelectionRecord, Validation

COMPARED = 'compare_selection'
"""Key of the facts of a run whose ways of selecting are compared."""
_META = 'mmfer_validations'


def record_in(cfg: Config, facts: dict[str, Any]) -> SelectionRecord:
    """The record of a run, whose test metric is made to write predictions.

    Raises:
        ConfigError: No metric of the test writes predictions.
    """
    record = SelectionRecord(Path(cfg.work_dir), facts, cfg.protocol.get('score', 'WAR'))
    set_dump(cfg, str(record.predictions(0)), facts)
    return record


class RecordSelectionsHook(Hook):
    """Tests after each validation and records both scores; chooses when training has ended.

    Nothing of the test comes back into training: schedules and hooks see the validation's
    scores alone, which are those of the selection part, and random numbers are a function of
    seed and iteration. So the weights are those of a run with ``protocol.selection='inner'``.

    A resumed run goes on with the record, if that has all validations before the checkpoint.
    """

    priority = 'LOWEST'  # after averaged weights were swapped back

    def __init__(self, record: SelectionRecord) -> None:
        self.record = record
        self._saved = 0

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Notes in the checkpoint how many validations came before it."""
        self._saved = checkpoint['meta']['iter']
        checkpoint['meta'][_META] = self._recorded_before(self._saved)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Checks that the record has the validations before a checkpoint to resume from.

        Raises:
            CheckpointError: It has not.
        """
        if not runner._resume:
            return
        meta = checkpoint.get('meta') or {}
        recorded = self._recorded_before(meta.get('iter', 0))
        if meta.get(_META) != recorded:
            raise CheckpointError(
                f'the checkpoint to resume from had {meta.get(_META, "no record of")} validations '
                f'before it, {self.record.path} has {recorded}: the best of all epochs cannot be '
                'told. Train again in another folder.')
        self._saved = meta['iter']

    def _recorded_before(self, iteration: int) -> int:
        return sum(known.iteration < iteration for known in self.record.read())

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Scores the test part with the same weights, and records both scores."""
        loop = runner.test_loop
        metric = next(metric for metric in loop.evaluator.metrics
                      if isinstance(metric, ExpressionMetric))
        metric.dump = self.record.predictions(runner.iter)
        scores = [self._score(found) for found in (metrics or {}, loop.run())]
        by_epoch = isinstance(runner.train_loop, EpochBasedTrainLoop)
        if is_main_process():
            self.record.add(
                Validation(runner.iter, runner.epoch if by_epoch else None, *scores), self._saved)
        barrier()  # the next checkpoint says how many validations are recorded

    def _score(self, metrics: dict[str, float]) -> float:
        if self.record.score not in metrics:
            raise ConfigError(f"protocol.score is '{self.record.score}', which is not among the "
                              f'scores: {", ".join(metrics)}.')
        return float(metrics[self.record.score])

    def after_train(self, runner: Runner) -> None:
        """Writes the predictions of each way of selecting, and prints what it chose."""
        if is_main_process():
            score = self.record.score
            for selection, chosen in self.record.finish(runner.iter).items():
                print(f'{selection}: {chosen.name}, {score} {chosen.selection:.4f} on the '
                      f'selection part, {chosen.test:.4f} on the test part')
                for note in notes({**self.record.facts, 'selection': selection}):
                    print(f'    {note}')
        barrier()
