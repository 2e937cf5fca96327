"""Training without a GPU."""
from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

from mmfer.compat.patching import Overlay, mentions, rebind
from mmfer.errors import ConfigError


def _no_accelerator() -> bool:
    """Whether MMEngine would train on the CPU here."""
    from mmengine.device import get_device
    return get_device() in ('cpu', 'mps')


def cpu_launcher(module: ModuleType) -> None:
    """``init_dist`` selects a GPU and NCCL even where there is none.

    Without an accelerator the selection does nothing and ``nccl`` becomes ``gloo``. Skipped
    where there is one, and where the host asks first.
    """
    host_init = module.init_dist
    if mentions(module._init_dist_pytorch, 'cuda.is_available'):
        return

    @functools.wraps(host_init)
    def init_dist(launcher: str, backend: str = 'nccl', init_backend: str = 'torch',
                  **kwargs: Any) -> None:
        if _no_accelerator():
            torch = sys.modules['torch']
            cuda = Overlay(torch.cuda, set_device=lambda device: None, device_count=lambda: 1)
            module.torch = Overlay(torch, cuda=cuda)  # type: ignore[attr-defined]
            backend = 'gloo' if backend == 'nccl' else backend
        host_init(launcher, backend, init_backend, **kwargs)

    rebind(module, 'init_dist', init_dist)


def cpu_data_parallel(module: ModuleType) -> None:
    """The runner gives ``MMDistributedDataParallel`` a GPU's number for a model on the CPU.

    For a module without parameters on a GPU ``device_ids`` is dropped. A host that does not
    pass it is not affected.
    """
    wrapper = module.MMDistributedDataParallel
    host_init = wrapper.__init__

    @functools.wraps(host_init)
    def init(self: Any, module: Any, *args: Any, **kwargs: Any) -> None:
        if all(p.device.type == 'cpu' for p in module.parameters()):
            kwargs.update(device_ids=None, output_device=None)
        host_init(self, module, *args, **kwargs)

    wrapper.__init__ = init


def cpu_amp(module: ModuleType) -> None:
    """``AmpOptimWrapper`` refuses CPUs, where bfloat16 autocast works; its scaler is outdated.

    On a CPU it autocasts to bfloat16 and scales nothing, which bfloat16 does not need; on a
    GPU it uses ``torch.amp.GradScaler`` in place of the deprecated ``torch.cuda.amp`` one.
    Skipped where the host has no such check.
    """
    wrapper = module.AmpOptimWrapper
    host_init, host_load = wrapper.__init__, wrapper.load_state_dict
    if not mentions(host_init, 'is only available training'):
        return
    import torch
    if hasattr(torch.amp, 'GradScaler') and torch.cuda.is_available():
        module.GradScaler = functools.partial(torch.amp.GradScaler, 'cuda')  # type: ignore

    @functools.wraps(host_init)
    def init(self: Any, loss_scale: Any = 'dynamic', dtype: Any = None,
             use_fsdp: bool = False, **kwargs: Any) -> None:
        if not _no_accelerator():
            host_init(self, loss_scale, dtype, use_fsdp, **kwargs)
            return
        if dtype not in (None, 'bfloat16', torch.bfloat16):
            raise ConfigError(f'optim_wrapper.dtype is {dtype}; on a CPU AmpOptimWrapper takes '
                              f"dtype='bfloat16' only.")
        super(wrapper, self).__init__(**kwargs)
        self._scale_update_param = None
        self.loss_scaler = torch.amp.GradScaler('cpu', enabled=False)
        self.cast_dtype = torch.bfloat16

    @functools.wraps(host_load)
    def load_state_dict(self: Any, state_dict: dict) -> None:
        if not state_dict.get('loss_scaler', True):
            # saved on a CPU: there is no scale to take over
            state_dict = {k: v for k, v in state_dict.items() if k != 'loss_scaler'}
        host_load(self, state_dict)

    wrapper.__init__ = init
    wrapper.load_state_dict = load_state_dict
