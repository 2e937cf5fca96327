"""Checkpoints that a kill at any moment leaves loadable."""
from __future__ import annotations

import logging
import os.path as osp
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process, master_only
from mmengine.hooks import CheckpointHook
from mmengine.logging import print_log
from mmengine.runner import Runner

from mmfer.fileio import atomic_write
from mmfer.registry import HOOKS


class _KeepUntil:
    """A file back end that notes what to remove instead of removing it."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.outdated: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self.outdated.append(path)


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """``CheckpointHook`` with the same arguments that never leaves a run without a checkpoint.

    MMEngine's removes the old checkpoint before it writes the new one. Here each file, the
    best ones and ``last_checkpoint`` too, appears whole under its name (written beside,
    flushed to disk, renamed), and outdated ones go only once the new one is in place and
    ``last_checkpoint`` names it. So with ``max_keep_ckpts=1`` two checkpoints exist for a
    moment. What a kill left half-written, or outdated but not yet removed, is cleaned up
    when training starts again.

    Use with ``default_hooks = dict(checkpoint=dict(type='AtomicCheckpointHook', ...))``.
    """

    file_backend: Any
    keep_ckpt_ids: deque[int]
    _warned = False

    def before_train(self, runner: Runner) -> None:
        """Finds the folder and removes what a killed run left behind in it."""
        super().before_train(runner)
        self._remove_leftovers(runner)
        last = runner.message_hub.runtime_info.get('last_ckpt')
        if last is not None and Path(self.out_dir, Path(last).name).is_file():
            # a resumed run goes on with this one: a better score is noted in it as well
            self.last_ckpt = str(Path(self.out_dir, Path(last).name))

    @master_only
    def _remove_leftovers(self, runner: Runner) -> None:
        """Removes the temporary files of writes that were cut short."""
        for folder in {Path(self.out_dir), Path(runner.work_dir)}:
            for pattern in ('.*.pth.*.tmp', '.last_checkpoint.*.tmp'):
                for leftover in folder.glob(pattern):
                    leftover.unlink(missing_ok=True)
                    runner.logger.info(f'Removed {leftover}, which was not written to its end.')

    @contextmanager
    def _removing_last(self) -> Iterator[None]:
        """Delays the removal of files to the end of the block."""
        backend = self.file_backend
        delayed = _KeepUntil(backend)
        self.file_backend = delayed
        try:
            yield
        finally:
            self.file_backend = backend
        for path in delayed.outdated:
            if backend.isfile(path):
                backend.remove(path)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Saves, then names the new checkpoint, then removes outdated ones."""
        self._warn_of_lost_gradients(runner)
        kept: list[int] = []
        if self.max_keep_ckpts > 0:
            kept = [s for s in self.keep_ckpt_ids if s != step] + [step]
            # The checkpoint lists the outdated ones too: a run that is killed before they
            # are gone removes them when it resumes from this one.
            runner.message_hub.update_info('keep_ckpt_ids', kept)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = self.file_backend.join_path(self.out_dir, name)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir, name, self.file_client_args, save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler, meta=meta, by_epoch=self.by_epoch,
            backend_args=self.backend_args, **self.args)
        if is_main_process():
            with atomic_write(osp.join(runner.work_dir, 'last_checkpoint')) as temporary:
                temporary.write_text(str(self.last_ckpt), encoding='utf-8')
        if self.max_keep_ckpts > 0:
            self.keep_ckpt_ids = deque(kept[-self.max_keep_ckpts:], self.max_keep_ckpts)
            if is_main_process():
                for outdated in kept[:-self.max_keep_ckpts]:
                    path = self.file_backend.join_path(self.out_dir,
                                                       self.filename_tmpl.format(outdated))
                    if self.file_backend.isfile(path):
                        self.file_backend.remove(path)

    def _warn_of_lost_gradients(self, runner: Runner) -> None:
        """Warns, once, that gradients accumulated for the next step are not in checkpoints."""
        wrapper = runner.optim_wrapper
        pending = getattr(wrapper, '_inner_count', 0) % getattr(wrapper, '_accumulative_counts', 1)
        if pending and not self._warned and wrapper._inner_count < wrapper._max_counts:
            self._warned = True
            print_log(f'Checkpoints are saved with {pending} batches accumulated towards a step '
                      f'(accumulative_counts={wrapper._accumulative_counts}); a resumed run '
                      f'starts that step anew, and so differs from an uninterrupted one.',
                      logger='current', level=logging.WARNING)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        """Saves a new best checkpoint, and removes the previous one only then."""
        with self._removing_last():
            super()._save_best_checkpoint(runner, metrics)
