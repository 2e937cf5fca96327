"""Writing checkpoints: plain content, whole files."""
from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from mmfer.compat.patching import mentions, rebind


def plain_checkpoints(module: ModuleType) -> None:
    """Checkpoints hold objects that ``weights_only=True`` refuses, so none can be resumed.

    Report: mmengine#1655. Every runner gets :class:`mmfer.engine.PlainCheckpointHook`, also
    under configs of other packages. Skipped where a config has a default hook
    ``plain_checkpoint``.
    """
    runner = module.Runner
    host_register = runner.register_default_hooks

    @functools.wraps(host_register)
    def register_default_hooks(self: Any, hooks: dict | None = None) -> None:
        from mmfer.engine import PlainCheckpointHook
        host_register(self, {'plain_checkpoint': PlainCheckpointHook(), **(hooks or {})})

    runner.register_default_hooks = register_default_hooks


def atomic_saving(module: ModuleType) -> None:
    """``save_checkpoint`` writes in place: a kill leaves half a file under the final name.

    Local files are written beside, flushed to disk and renamed. Other back ends, and a host
    that renames by itself, are left alone.
    """
    host_save = module.save_checkpoint
    if mentions(host_save, 'os.replace'):
        return

    @functools.wraps(host_save)
    def save_checkpoint(checkpoint: dict, filename: str, file_client_args: dict | None = None,
                        backend_args: dict | None = None) -> None:
        if '://' in str(filename) or file_client_args or backend_args:
            host_save(checkpoint, filename, file_client_args, backend_args)
            return
        import torch

        from mmfer.fileio import atomic_write
        with atomic_write(filename) as temporary, open(temporary, 'wb') as f:
            torch.save(checkpoint, f)

    rebind(module, 'save_checkpoint', save_checkpoint)
