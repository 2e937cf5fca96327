"""Reading checkpoints: nothing in them runs, and they match in full."""
from __future__ import annotations

import functools
import inspect
import logging
import os.path as osp
import pickle
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from mmfer.compat.patching import Overlay, mentions, rebind
from mmfer.errors import CheckpointError


def safe_loading(module: ModuleType) -> None:
    """Checkpoints are read as the environment and torch's defaults say, so they may run code.

    ``TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD`` switches the protection of ``torch.load`` off, and
    downloads go through ``torch.hub``, whose default is off. All of MMEngine's loads become
    explicit. Skipped where the host passes ``weights_only=True`` itself.
    """
    if mentions(module.load_from_local, 'weights_only=True'):
        return
    from mmfer.checkpoints import safe_load
    module.torch = Overlay(module.torch, load=safe_load)  # type: ignore[attr-defined]
    host_load_url = module.load_url

    def load_url(*args: Any, **kwargs: Any) -> Any:
        try:
            return host_load_url(*args, **{**kwargs, 'weights_only': True})
        except pickle.UnpicklingError as error:
            raise CheckpointError(
                f'{args[0] if args else kwargs.get("url")} was refused and nothing in it was '
                f'run: it holds more than tensors and plain values, and reading such objects '
                f'can run code hidden in the file.') from error

    module.load_url = load_url  # type: ignore[attr-defined]


def strict_loading(module: ModuleType) -> None:
    """``load_checkpoint`` is content when no key matches, and partial matches pass quietly.

    It becomes strict by default; an explicit ``strict=False`` takes what matches with a
    counted warning, and refuses only when nothing matches. Skipped where the host's default
    is strict.
    """
    if inspect.signature(module.load_checkpoint).parameters['strict'].default:
        return
    from mmfer.checkpoints import load_state, state_dict_of
    host_load = module.load_checkpoint

    def load_to_model(model: Any, checkpoint: dict, strict: bool = True,
                      logger: Any = None, revise_keys: Sequence = ()) -> dict:
        state = state_dict_of(checkpoint)
        for pattern, replacement in revise_keys:
            revised = OrderedDict((re.sub(pattern, replacement, k), v) for k, v in state.items())
            if hasattr(state, '_metadata'):
                revised._metadata = state._metadata  # type: ignore[attr-defined]
            state = revised
        load_state(model, state, strict)
        return checkpoint

    @functools.wraps(host_load)
    def load_checkpoint(model: Any, filename: str, map_location: Any = None,
                        strict: bool = True, *args: Any, **kwargs: Any) -> dict:
        return host_load(model, filename, map_location, strict, *args, **kwargs)

    rebind(module, '_load_checkpoint_to_model', load_to_model)
    rebind(module, 'load_checkpoint', load_checkpoint)


def strict_runner(module: ModuleType) -> None:
    """``Runner.load_checkpoint`` is lax as well, and resuming runs a checkpoint's config text.

    Strict, unless training begins from ``load_from`` with a top-level ``load_strict = False``
    in the config. ``Runner.resume`` executes ``meta['config']`` of the file as Python; that
    entry, which MMEngine itself does not write, is refused. Skipped where the host's default
    is strict.
    """
    runner = module.Runner
    if inspect.signature(runner.load_checkpoint).parameters['strict'].default:
        return
    host_load = runner.load_checkpoint

    @functools.wraps(host_load)
    def load_checkpoint(self: Any, filename: str, map_location: Any = 'cpu',
                        strict: bool | None = None,
                        revise_keys: Sequence = ((r'^module\.', ''),)) -> dict:
        if strict is None:
            # in Runner.test() and .val() the training loop is still a dictionary
            training = hasattr(self._train_loop, 'run') and not self._resume
            strict = not training or self.cfg.get('load_strict', True)
        try:
            checkpoint = host_load(self, filename, map_location, strict, revise_keys)
        except CheckpointError as error:
            if str(filename) in str(error):
                raise
            raise CheckpointError(f'{filename}: {error}') from error
        if 'config' in checkpoint.get('meta', {}):
            raise CheckpointError(f'{filename} was refused: it holds configuration text in '
                                  f"meta['config'], which resuming would run as code.")
        return checkpoint

    runner.load_checkpoint = load_checkpoint


def strict_pretrained(module: ModuleType) -> None:
    """``init_cfg=dict(type='Pretrained')`` passes over missing and extra keys.

    All keys must match, below ``prefix`` where one is given; the log says how many did.
    Skipped where the host does not say ``strict=False``.
    """
    initialiser = module.PretrainedInit
    if not mentions(initialiser.__call__, 'strict=False'):
        return

    def call(self: Any, target: Any) -> None:
        from mmengine.runner.checkpoint import _load_checkpoint

        from mmfer.checkpoints import load_weights
        checkpoint = _load_checkpoint(self.checkpoint, map_location=self.map_location)
        try:
            matched = load_weights(target, checkpoint, self.prefix)
        except CheckpointError as error:
            raise CheckpointError(f'{self.checkpoint}: {error}') from error
        module.print_log(f'{self.checkpoint}: all {matched} keys of {type(target).__name__} '
                         'matched', logger='current')
        if hasattr(target, '_params_init_info'):
            module.update_init_info(target, init_info=self._get_init_info())

    initialiser.__call__ = call


def latest_checkpoint(module: ModuleType) -> None:
    """``resume`` takes what ``last_checkpoint`` names, even if it is gone or cut short.

    The newest complete checkpoint of the folder takes its place, with a warning. Skipped
    where the host looks at the file.
    """
    host_find = module.find_latest_checkpoint
    if mentions(host_find, 'isfile'):
        return

    @functools.wraps(host_find)
    def find_latest_checkpoint(path: str) -> str | None:
        from mmfer.checkpoints import is_complete
        named = host_find(path)
        if named is not None and is_complete(named):
            return named
        folders = {Path(path), *([Path(named).parent] if named else [])}
        found = [file for folder in folders for file in folder.glob('*.pth')
                 if not file.name.startswith(('.', 'best_'))]
        for file in sorted(found, key=lambda f: f.stat().st_mtime_ns, reverse=True):
            if is_complete(file):
                module.print_log(f'{osp.join(path, "last_checkpoint")} names no complete '
                                 f'checkpoint ({named}); resuming from {file}.',
                                 logger='current', level=logging.WARNING)
                return str(file)
        if named is not None:
            module.print_log(f'{named} is missing or incomplete, and {path} holds no other '
                             f'checkpoint; training begins anew.',
                             logger='current', level=logging.WARNING)
        return None

    rebind(module, 'find_latest_checkpoint', find_latest_checkpoint)


def config_in_checkpoint(module: ModuleType) -> None:
    """``BaseInferencer(None, weights)`` runs configuration text found inside a checkpoint.

    Refused; the caller gives the config. Skipped where the host does not do so.
    """
    inferencer = module.BaseInferencer
    host_init = inferencer._init_model
    if not mentions(host_init, 'fromstring'):
        return

    @functools.wraps(host_init)
    def init_model(self: Any, cfg: Any, weights: str | None,
                   device: str = 'cpu') -> Any:
        if not cfg:
            raise CheckpointError(f'No config was given for {weights}. The text that the file '
                                  f'itself holds is not used, because a config is code and '
                                  f'would run. Pass the config as `model`.')
        return host_init(self, cfg, weights, device)

    inferencer._init_model = init_model
