"""Tells losses how often each class occurs in the training part."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.datasets.class_counts import class_counts, class_shares
from mmfer.models.losses import ClassWeightedLoss
from mmfer.registry import HOOKS


@HOOKS.register_module()
class ClassWeightHook(Hook):
    """Weighs losses with ``class_weight='balanced'`` or ``'effective'``, once, before training.

    The counts are those of the training dataset alone, of the split that is trained:
    nothing of the test part enters. A loss with ``soft_labels`` gets the sums of the
    annotators' shares. Without such a loss it does nothing.
    """

    def before_train(self, runner: Runner) -> None:
        """Counts the training part where a loss asks for it."""
        losses = [module for module in runner.model.modules()
                  if isinstance(module, ClassWeightedLoss) and module.from_counts]
        if not losses:
            return
        dataset = runner.train_dataloader.dataset
        num_classes = len(dataset.metainfo['classes'])
        for soft in {loss.soft_labels for loss in losses}:
            counts = (class_shares if soft else class_counts)(dataset, num_classes).tolist()
            runner.logger.info(f'{"votes" if soft else "clips or frames"} per class in training: '
                               f'{counts}')
            for loss in losses:
                if loss.soft_labels == soft:
                    loss.set_counts(counts)
