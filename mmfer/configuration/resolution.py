"""Spreads what a config says once (annotation, corpora, protocol, batch size) to its readers."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmengine import Config

from mmfer.configuration.arguments import parameters
from mmfer.configuration.corpora import (
    join_dataset,
    joining_rules,
    joint_members,
    resolve_split,
)
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS

SELECTIONS = ('last', 'inner', 'literature')
PARTS = {'train_dataloader': 'train', 'val_dataloader': 'validation', 'test_dataloader': 'test'}


def resolve(cfg: Config, world_size: int = 1) -> None:
    """Resolves annotation or corpora, protocol, batch size and placeholders in place.

    Running it on a resolved config changes nothing, so the config that a run leaves in
    its working directory can be given to the tools like any other.

    Args:
        cfg: A whole config.
        world_size: Processes that share a batch.

    Raises:
        ConfigError: The batch cannot be shared evenly, or the settings contradict.
    """
    if cfg.get('joining') and not cfg.get('corpora'):
        raise ConfigError('the config says how corpora are joined, but names no corpora.')
    members = joint_members(cfg) if cfg.get('corpora') else {}
    if members:
        resolve_split(cfg, members)
    protocol = cfg.get('protocol') or {}
    selection = protocol.get('selection', 'last')
    if selection not in SELECTIONS:
        raise ConfigError(f"protocol.selection is '{selection}'; it is one of {SELECTIONS}.")
    _resolve_datasets(cfg, selection, members)
    _resolve_selection(cfg, selection)
    _resolve_batch(cfg, world_size)
    seed = (cfg.get('randomness') or {}).get('seed')
    _fill_placeholders(cfg._cfg_dict, {'split': protocol.get('split'), 'seed': seed})
    _drop_empty_checkpoints(cfg.get('model'))


def _resolve_datasets(cfg: Config, selection: str, members: dict[str, dict[str, Any]]) -> None:
    annotation, protocol = cfg.get('annotation') or {}, cfg.get('protocol') or {}
    for loader, part in PARTS.items():
        for dataset in _dicts((cfg.get(loader) or {}).get('dataset')):
            known = _dataset_arguments(dataset.get('type'))
            if 'protocol_file' not in known:
                continue
            if members:
                join_dataset(dataset, members, joining_rules(cfg))
                _fill(dataset, dict(selection=selection, part=part))
                continue
            facts = {'ann_file': annotation.get('file'), 'data_root': annotation.get('root')}
            if protocol:
                facts.update(protocol_file=protocol.get('file'), split=protocol.get('split'),
                             selection=selection, part=part)
            _fill(dataset, facts)


def _fill(dataset: dict[str, Any], facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        if value is not None and dataset.get(name) is None:
            dataset[name] = value


def _dataset_arguments(kind: Any) -> frozenset[str]:
    built = DATASETS.get(kind) if isinstance(kind, str) else kind
    return (parameters(built) or frozenset()) if built is not None else frozenset()


def _resolve_selection(cfg: Config, selection: str) -> None:
    hooks = cfg.get('default_hooks') or {}
    checkpoint = hooks.get('checkpoint')
    if selection == 'last' and cfg.get('protocol'):
        for name in ('val_dataloader', 'val_cfg', 'val_evaluator'):
            cfg[name] = None
        if checkpoint and checkpoint.get('save_best'):
            raise ConfigError(
                "default_hooks.checkpoint.save_best is set, but protocol.selection='last' "
                "has no validation part: take selection='inner', or unset save_best.")
        if any('ReduceOnPlateau' in str(node.get('type'))
               for node in _dicts(cfg.get('param_scheduler'))):
            raise ConfigError(
                "param_scheduler waits for a plateau of the validation, but "
                "protocol.selection='last' has no validation part: take selection='inner', or "
                'a schedule that is fixed beforehand.')
    elif cfg.get('protocol'):
        missing = [n for n in ('val_dataloader', 'val_cfg', 'val_evaluator') if not cfg.get(n)]
        if missing and cfg.get('train_cfg'):
            raise ConfigError(f"protocol.selection='{selection}' picks the best checkpoint on a "
                              f"validation part, but the config has no {', '.join(missing)}.")
        if checkpoint and not checkpoint.get('save_best'):
            checkpoint.update(save_best=cfg.protocol.get('score', 'WAR'), rule='greater')


def _resolve_batch(cfg: Config, world_size: int) -> None:
    total, loader = cfg.get('total_batch_size'), cfg.get('train_dataloader')
    if total is None or not loader:
        return
    if total % world_size:
        raise ConfigError(
            f'total_batch_size={total} cannot be shared by {world_size} processes: take a '
            f'number of processes that divides it, or another total_batch_size.')
    loader['batch_size'] = total // world_size


def _dicts(node: Any) -> Iterator[dict[str, Any]]:
    """All dicts in ``node``, itself included."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for value in node:
            yield from _dicts(value)


def _fill_placeholders(root: dict[str, Any], values: dict[str, Any]) -> None:
    for node in _dicts(root):
        for key in ('load_from', 'checkpoint'):
            text = node.get(key)
            if not isinstance(text, str):
                continue
            for name, value in values.items():
                if '{' + name + '}' in text and value is None:
                    raise ConfigError(f"{key}='{text}' holds {{{name}}}, but the config sets "
                                      f'no {name}.')
                text = text.replace('{' + name + '}', str(value))
            node[key] = text


def _drop_empty_checkpoints(model: Any) -> None:
    """Takes out ``init_cfg=dict(type='Pretrained', checkpoint=None)``.

    Configs of pre-trained methods carry it, so that one option sets the weights. That the
    weights are random then is said by ``tools/train.py``.
    """
    for node in list(_dicts(model)):
        init = node.get('init_cfg')
        if isinstance(init, dict) and 'checkpoint' in init and init['checkpoint'] is None:
            del node['init_cfg']
