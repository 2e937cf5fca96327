"""Tells losses how often each class occurs in the training part."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.class_counts import class_counts
from mmfer.models.losses import ClassWeightedLoss
from mmfer.registry import HOOKS


@HOOKS.register_module()
class ClassWeightHook(Hook):
    """Weighs losses with ``class_weight='balanced'`` or ``'effective'``, once, before training.

    The counts are those of the training dataset alone, of the split that is trained:
    nothing of the test part enters. Without such a loss it does nothing.
    """

    def before_train(self, runner: Runner) -> None:
        """Counts the training part where a loss asks for it."""
        losses = [module for module in runner.model.modules()
                  if isinstance(module, ClassWeightedLoss) and module.from_counts]
        if not losses:
            return
        dataset = runner.train_dataloader.dataset
        counts = class_counts(dataset, len(dataset.metainfo['classes']))
        runner.logger.info(f'clips or frames per class in training: {counts.tolist()}')
        for loss in losses:
            loss.set_counts(counts.tolist())
