"""Training by iterations that resumes at once."""
from __future__ import annotations

from typing import Any

from mmengine.runner import IterBasedTrainLoop
from mmengine.runner.loops import _InfiniteDataloaderIterator

from mmfer.errors import ConfigError
from mmfer.registry import LOOPS


@LOOPS.register_module()
class StreamTrainLoop(IterBasedTrainLoop):
    """``IterBasedTrainLoop`` with the same arguments that does not replay the past.

    MMEngine's loads and drops every batch that was trained before it resumes
    (mmengine#1520). Here the sampler jumps: it has ``start_at(n)``, where ``n`` counts the
    samples that all processes together have used.

    Use with ``train_cfg = dict(type='StreamTrainLoop', max_iters=...)`` and a
    ``StreamSampler`` in ``train_dataloader``.

    Raises:
        ConfigError: The sampler cannot jump.
    """

    dataloader_iterator: Any

    def run(self) -> None:
        """Trains from the current iteration to ``max_iters``."""
        if self._iter == 0:
            return super().run()
        sampler = self.dataloader.sampler
        if not hasattr(sampler, 'start_at'):
            raise ConfigError(f'StreamTrainLoop cannot resume with {type(sampler).__name__}: '
                              f'set train_dataloader.sampler.type to StreamSampler.')
        sampler.start_at(self._iter * self.dataloader.batch_size * self.runner.world_size)
        # an iterator made before the jump may hold batches of the start
        del self.dataloader_iterator
        self.dataloader_iterator = _InfiniteDataloaderIterator(self.dataloader)
        return self._run_from_here()

    def _run_from_here(self) -> None:
        """As the host's ``run``, without its replay of past batches."""
        runner = self.runner
        runner.call_hook('before_train')
        runner.call_hook('before_train_epoch')
        while self._iter < self._max_iters and not self.stop_training:
            runner.model.train()
            self.run_iter(next(self.dataloader_iterator))
            self._decide_current_val_interval()
            if (runner.val_loop is not None and self._iter >= self.val_begin
                    and (self._iter % self.val_interval == 0 or self._iter == self._max_iters)):
                runner.val_loop.run()
        runner.call_hook('after_train_epoch')
        runner.call_hook('after_train')
        return runner.model
