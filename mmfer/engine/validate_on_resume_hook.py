"""The validation that a kill cut off."""
from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from mmfer.registry import HOOKS

_DONE = 'validated_at'


@HOOKS.register_module()
class ValidateOnResumeHook(Hook):
    """Repeats the validation of the checkpoint that training resumes from, if it was due.

    MMEngine saves a checkpoint before it validates, and goes on with the next epoch when it
    resumes. A run killed in between would never validate that epoch, and could miss its best
    checkpoint. Whether a checkpoint was validated is known only when it was saved again for
    being the best; in all other cases validating once more changes nothing but costs one
    pass. Needs ``AtomicCheckpointHook`` or MMEngine's own beside it.
    """

    # after the checkpoint hook, which must be ready to save
    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Validates if the checkpoint's turn was missed."""
        if self._is_due(runner):
            runner.logger.info('Repeating the validation of the checkpoint resumed from.')
            runner.val_loop.run()

    def before_val_epoch(self, runner: Runner) -> None:
        """Notes where the run is validated; what is saved from here on says so."""
        runner.message_hub.update_info(_DONE, runner.iter)

    def _is_due(self, runner: Runner) -> bool:
        """Whether the loop would have validated where the checkpoint was saved."""
        loop = runner.train_loop
        if runner.iter == 0 or runner.val_loop is None:
            return False
        by_epoch = isinstance(loop, EpochBasedTrainLoop)
        now, end = (loop.epoch, loop.max_epochs) if by_epoch else (loop.iter, loop.max_iters)
        loop._decide_current_val_interval()
        if now < loop.val_begin or (now % loop.val_interval and now != end):
            return False
        return runner.message_hub.runtime_info.get(_DONE) != runner.iter
