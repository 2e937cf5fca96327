"""From a config file to a checked, resolved config, and a config's identity."""
from __future__ import annotations

import copy
import hashlib
import inspect
import json
import os
from collections.abc import Mapping
from typing import Any

from mmengine import Config
from mmengine.runner import Runner

from mmfer.configuration.arguments import check_arguments
from mmfer.configuration.corpora import joining_rules, of_one_corpus
from mmfer.configuration.missing_faces import add_policy
from mmfer.configuration.options import merge_options
from mmfer.configuration.resolution import resolve
from mmfer.errors import ConfigError

DEFAULT_SEED = 0
# what changes no number: where things lie, how fast they run, what is logged
_NO_IDENTITY = {'work_dir', 'launcher', 'resume', 'log_level', 'visualizer', 'log_processor',
                'env_cfg', 'default_hooks', 'randomness', 'experiment_name', 'cfg', 'self',
                'model_wrapper_cfg'}
_NO_IDENTITY_INSIDE = {
    'ann_file', 'data_root', 'protocol_file', 'split', 'num_workers', 'persistent_workers',
    'pin_memory', 'prefetch_factor', 'dump', 'metadata', 'selection', 'part'}


def load_config(path: str | os.PathLike[str], cfg_options: Mapping[str, Any] | None = None,
                world_size: int = 1, seed: int | None = None) -> Config:
    """Reads a config, applies options, resolves and checks it.

    The result carries two keys more: ``config_name`` and ``config_hash``, which are
    written into predictions.

    Args:
        path: A config file.
        cfg_options: Dotted keys and their values; unknown keys are refused.
        world_size: Processes that share ``total_batch_size``.
        seed: Overrides the config's ``randomness.seed`` (default 0).

    Raises:
        ConfigError: File, key, type or argument does not exist, or settings contradict.
    """
    try:
        cfg = Config.fromfile(path)
    except (OSError, SyntaxError, KeyError) as error:
        raise ConfigError(f"config '{os.fspath(path)}' cannot be read: {error}") from error
    merge_options(cfg, cfg_options)
    randomness = dict(cfg.get('randomness') or {})
    if seed is not None:
        randomness['seed'] = seed
    elif randomness.get('seed') is None:
        randomness['seed'] = DEFAULT_SEED
    cfg.randomness = randomness
    name = os.path.splitext(os.path.basename(path))[0]
    add_policy(cfg)
    cfg.config_hash = config_hash(cfg)
    cfg.config_name = name
    resolve(cfg, world_size)
    check_arguments(cfg)
    return cfg


def config_hash(cfg: Config) -> str:
    """sha256 of everything in a config that can change a number.

    Equal for every split, seed, folder, number of processes and workers of one
    experiment, so runs that may be pooled share it.
    """
    kept = {key: copy.deepcopy(cfg[key]) for key in inspect.signature(Runner).parameters
            if key in cfg and key not in _NO_IDENTITY}
    protocol = cfg.get('protocol') or {}
    selection = protocol.get('selection', 'last')
    if selection == 'last':
        for key in ('val_dataloader', 'val_cfg', 'val_evaluator'):
            kept.pop(key, None)
    if cfg.get('total_batch_size') is not None and kept.get('train_dataloader'):
        kept['train_dataloader'].pop('batch_size', None)
    if selection != 'last' and protocol.get('score'):
        kept['score'] = protocol['score']
    kept.update(total_batch_size=cfg.get('total_batch_size'), selection=selection)
    if cfg.get('corpora'):
        kept['corpora'] = joining_rules(cfg)
    canonical = json.dumps(_stripped(kept), sort_keys=True, default=repr)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _stripped(node: Any) -> Any:
    if isinstance(node, Mapping):
        empty = node.get('type') == 'Pretrained' and node.get('checkpoint') is None
        if node.get('type') == 'JointDataset':  # as before it was resolved
            node = of_one_corpus(node)
        return None if empty else {
            str(k): _stripped(v) for k, v in node.items()
            if k not in _NO_IDENTITY_INSIDE and _stripped(v) is not None}
    if isinstance(node, (list, tuple)):
        return [_stripped(v) for v in node]
    return node
