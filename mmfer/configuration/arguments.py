"""Does each part of a config take the arguments that the config gives it?

A typed dict (``dict(type='FANNeck', relation=True)``) is looked up in the registry that
its place in the config calls for, and its keys are held against the signature of what
would be built. Parts that pass ``**kwargs`` on to their base class are followed upwards.
"""
from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from mmaction import registry as host
from mmengine.registry import FUNCTIONS, Registry
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmfer import registry
from mmfer.errors import ConfigError

Path = tuple[str, ...]

# the last of these names on the way to a typed dict says which registry builds it
REGISTRY_OF: dict[str, Registry] = {
    'model': registry.MODELS,
    'tta_model': registry.MODELS,
    'model_wrapper_cfg': host.MODEL_WRAPPERS,
    'init_cfg': host.WEIGHT_INITIALIZERS,
    'dataset': registry.DATASETS,
    'datasets': registry.DATASETS,
    'pipeline': registry.TRANSFORMS,
    'tta_pipeline': registry.TRANSFORMS,
    'transforms': registry.TRANSFORMS,
    'sampler': registry.DATA_SAMPLERS,
    'batch_sampler': registry.DATA_SAMPLERS,
    'collate_fn': FUNCTIONS,
    'worker_init_fn': FUNCTIONS,
    'train_cfg': registry.LOOPS,
    'val_cfg': registry.LOOPS,
    'test_cfg': registry.LOOPS,
    'optim_wrapper': registry.OPTIM_WRAPPERS,
    'optimizer': host.OPTIMIZERS,
    'param_scheduler': host.PARAM_SCHEDULERS,
    'val_evaluator': registry.METRICS,
    'test_evaluator': registry.METRICS,
    'default_hooks': registry.HOOKS,
    'custom_hooks': registry.HOOKS,
    'visualizer': host.VISUALIZERS,
    'vis_backends': host.VISBACKENDS,
    'log_processor': host.LOG_PROCESSORS,
}
# what MMEngine builds where a dict has no type
DEFAULT_TYPES = {'optim_wrapper': 'OptimWrapper', 'val_cfg': 'ValLoop', 'test_cfg': 'TestLoop',
                 'log_processor': 'LogProcessor', 'visualizer': 'Visualizer'}
# arguments that MMEngine's build functions take out before they call the constructor
CONSUMED = {
    'optim_wrapper': {'optimizer', 'constructor', 'paramwise_cfg'},
    'param_scheduler': {'convert_to_iter_based'},
    'default_hooks': {'priority'},
    'custom_hooks': {'priority'},
}
# layer settings whose builders add arguments of their own; the layer reports bad ones
LAYER_SETTINGS = ('norm_cfg', 'act_cfg', 'conv_cfg', 'padding_cfg', 'upsample_cfg')
FREE_TYPES = ('torchvision.', 'timm.')
DATALOADER_EXTRAS = {'dataset', 'collate_fn', 'num_batch_per_epoch', 'worker_init_fn',
                     'disable_subprocess_warning'}
OWN_KEYS = {'annotation', 'corpora', 'joining', 'protocol', 'total_batch_size', 'compile',
            'custom_imports', 'tta_model', 'tta_pipeline', 'load_strict', 'model_wrapper_cfg',
            'sync_bn', 'find_unused_parameters', 'missing_faces'}


@cache
def parameters(built: Callable[..., Any]) -> frozenset[str] | None:
    """Names of the arguments that ``built`` takes; None where it takes any.

    ``**kwargs`` of a constructor that hands them to ``super().__init__`` stand for the
    arguments of the next class in the method resolution order.
    """
    if not inspect.isclass(built):
        return _names(built)[0] if not _names(built)[1] else None
    found: set[str] = set()
    for cls in built.__mro__:
        init = cls.__dict__.get('__init__')
        if init is None:
            continue
        if cls is object:
            break
        names, free = _names(init)
        found |= names
        if not free:
            break
        if not _forwards(init):
            return None
    return frozenset(found)


def _names(function: Callable[..., Any]) -> tuple[frozenset[str], bool]:
    values = inspect.signature(function).parameters.values()
    kinds = inspect.Parameter
    names = {p.name for p in values if p.kind in (kinds.POSITIONAL_OR_KEYWORD,
                                                   kinds.KEYWORD_ONLY)}
    return frozenset(names - {'self'}), any(p.kind is kinds.VAR_KEYWORD for p in values)


def _forwards(init: Callable[..., Any]) -> bool:
    """Whether a constructor passes its ``**kwargs`` on to another constructor."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(init)))
    except (OSError, TypeError, SyntaxError):
        return False
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr == '__init__' and any(k.arg is None for k in node.keywords)
        for node in ast.walk(tree))


def accepted(cfg: Mapping[str, Any], node: Mapping[str, Any], path: Path) -> set[str] | None:
    """Keys that the dict ``node`` at ``path`` may hold; None where any is fine.

    Raises:
        ConfigError: The dict's type is in no registry.
    """
    if not path:
        return set(inspect.signature(Runner.__init__).parameters) | OWN_KEYS | set(cfg)
    if path[-1] in LAYER_SETTINGS:
        return None
    if 'type' not in node:
        if path[-1].endswith('_dataloader'):
            return set(inspect.signature(DataLoader.__init__).parameters) | DATALOADER_EXTRAS
        if path == ('randomness', ):
            return {'seed', 'diff_rank_seed', 'deterministic'}
        if path == ('protocol', ):
            return set(node) | {'file', 'split', 'selection', 'score'}
        if path == ('joining', ):
            return {'classes', 'outside'}
        if len(path) == 3 and path[0] == 'corpora' and path[2] == 'protocol':
            return {'file', 'split'}
        if path == ('auto_scale_lr', ):
            return {'enable', 'base_batch_size'}
        if path == ('train_cfg', ) and 'by_epoch' in node:
            name = 'EpochBasedTrainLoop' if node['by_epoch'] else 'IterBasedTrainLoop'
            return _arguments(name, path) | {'by_epoch', 'type'}
        if len(path) == 1 and path[0] in DEFAULT_TYPES:
            known = _arguments(DEFAULT_TYPES[path[0]], path)
            return known | {'type'}
        return set(node)
    names = _arguments(node['type'], path)
    return None if names is None else names | {'type', '_scope_'}


def _arguments(kind: str | type, path: Path) -> Any:
    """Arguments of a registered type as a set, or None where any is fine."""
    if path[0] in ('default_hooks', 'custom_hooks') and len(path) == 2:
        place: str | None = path[0]  # hooks go by names such as param_scheduler
    else:
        place = next((p for p in reversed(path) if p in REGISTRY_OF), None)
    if isinstance(kind, str):
        if place is None or kind.startswith(FREE_TYPES):
            return None
        if kind.startswith('mmpretrain.'):
            import mmpretrain.models  # noqa: F401  (registers its types)
        built = REGISTRY_OF[place].get(kind)
        if built is None:
            raise ConfigError(_unknown_type(kind, path, REGISTRY_OF[place]))
    else:
        built = kind
    names = parameters(built)
    if names is None:
        return None
    return set(names) | CONSUMED.get(place or '', set())


def _unknown_type(kind: str, path: Path, where: Registry) -> str:
    names: set[str] = set()
    node: Registry | None = where
    while node is not None:
        names |= set(node.module_dict)
        node = node.parent
    near = get_close_matches(kind.split('.')[-1], sorted(names), n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ''
    return (f"{'.'.join(path)}: no {where.name} is registered as '{kind}'{hint} A plug-in "
            "must be named in custom_imports = dict(imports=['its.module']).")


def check_arguments(cfg: Mapping[str, Any]) -> None:
    """Refuses every argument in the runner's settings that what is built does not take.

    Only keys that MMEngine's runner reads are looked at: names that a config uses as
    building blocks (``train_pipeline``) are the author's own.

    Raises:
        ConfigError: Naming place, type, argument, and the nearest argument that exists.
    """
    for key in (*inspect.signature(Runner.__init__).parameters, 'model_wrapper_cfg',
                'tta_model', 'tta_pipeline'):
        if key in cfg and key not in ('cfg', 'self'):
            _check(cfg, cfg[key], (key, ))


def _check(cfg: Mapping[str, Any], node: Any, path: Path) -> None:
    if isinstance(node, Mapping):
        known = accepted(cfg, node, path)
        if known is not None:
            for key in node:
                if key not in known:
                    raise ConfigError(_unknown_argument(key, node, path, known))
        if path[-1] in LAYER_SETTINGS:
            return
        for key, value in node.items():
            _check(cfg, value, (*path, str(key)))
    elif isinstance(node, Sequence) and not isinstance(node, (str, bytes)):
        for i, value in enumerate(node):
            _check(cfg, value, (*path, str(i)))


def _unknown_argument(key: str, node: Mapping[str, Any], path: Path, known: set[str]) -> str:
    near = get_close_matches(str(key), sorted(known), n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ''
    names = ', '.join(sorted(known - {'type', '_scope_'}))
    return (f"{'.'.join(path)}: {node.get('type', 'this part')} takes no argument "
            f"'{key}'. {hint}It takes: {names}.")
