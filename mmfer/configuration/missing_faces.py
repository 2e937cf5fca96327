"""``missing_faces``: one setting of a config for what becomes of frames without a face."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine import Config

from mmfer.datasets.transforms.missing_faces import POLICIES, MissingFaces
from mmfer.errors import ConfigError

__all__ = ['add_policy']

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
_NAME = MissingFaces.__name__


def add_policy(cfg: Config) -> None:
    """Begins every pipeline of a config with the policy that ``missing_faces`` names.

    Nothing happens where it is not set, or None; running it again changes nothing.

    Raises:
        ConfigError: There is no such policy, or a pipeline has another one.
    """
    policy = cfg.get('missing_faces')
    if policy is None:
        return
    if policy not in POLICIES:
        raise ConfigError(f'missing_faces is {policy!r}; it is one of {", ".join(POLICIES)}')
    for loader in _LOADERS:
        for dataset in _datasets((cfg.get(loader) or {}).get('dataset')):
            dataset['pipeline'] = _with_policy(dataset['pipeline'], policy, loader)
    if cfg.get('tta_pipeline'):
        cfg.tta_pipeline = _with_policy(cfg.tta_pipeline, policy, 'tta_pipeline')


def _with_policy(pipeline: Sequence[dict[str, Any]], policy: str, where: str) -> list[Any]:
    given = [step for step in pipeline if step.get('type') in (_NAME, f'mmfer.{_NAME}')]
    if not given:
        return [dict(type=_NAME, policy=policy), *pipeline]
    if given[0].get('policy') != policy:
        raise ConfigError(f'missing_faces is {policy!r}, but {where} has {_NAME} with policy '
                          f'{given[0].get("policy")!r}; keep one of them')
    return list(pipeline)


def _datasets(node: Any) -> list[dict[str, Any]]:
    """Those with a pipeline, wrapped ones too."""
    if isinstance(node, dict):
        own = [node] if node.get('pipeline') else []
        return own + [found for key, value in node.items() if key != 'pipeline'
                      for found in _datasets(value)]
    return [found for one in node for found in _datasets(one)] if isinstance(
        node, (list, tuple)) else []
