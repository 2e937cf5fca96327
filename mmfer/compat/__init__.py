"""Defects of the host packages, each mended by one function.

:func:`apply` runs at ``import mmfer``. Nothing is imported for it: each change waits for
its module (:func:`mmfer.compat.patching.after_import`). Every function says what is wrong,
where that was reported if it was, and when it leaves the host alone.
"""
from __future__ import annotations

from mmfer.compat import devices, loading, packages, saving, vision_ops
from mmfer.compat.patching import after_import

__all__ = ['apply']

_applied = False


def apply() -> None:
    """Mends the hosts; a second call does nothing."""
    global _applied
    if _applied:
        return
    _applied = True
    packages.missing_drn()
    after_import('mmengine.utils.package_utils', packages.package_lookup)
    after_import('mmengine.config.utils', packages.config_inheritance)
    after_import('mmengine.runner.checkpoint', loading.safe_loading)
    after_import('mmengine.runner.checkpoint', loading.strict_loading)
    after_import('mmengine.runner.checkpoint', saving.atomic_saving)
    after_import('mmengine.runner.checkpoint', loading.latest_checkpoint)
    after_import('mmengine.runner.runner', loading.strict_runner)
    after_import('mmengine.runner.runner', saving.plain_checkpoints)
    after_import('mmengine.model.weight_init', loading.strict_pretrained)
    after_import('mmengine.infer.infer', loading.config_in_checkpoint)
    after_import('mmengine.dist.utils', devices.cpu_launcher)
    after_import('mmengine.model.wrappers.distributed', devices.cpu_data_parallel)
    after_import('mmengine.optim.optimizer.amp_optimizer_wrapper', devices.cpu_amp)
    for name in packages.NUMPY_1_USERS:
        after_import(name, packages.numpy_names)
    after_import('torchvision.extension', vision_ops.missing_ops)
